//! What the provider signs with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A key of either kind.
#[derive(Debug)]
pub(crate) struct Keys {
    number: u32,
    rsa: RsaKeyPair,
    curve: EcdsaKeyPair,
}

impl Keys {
    /// The keys that are made as the so-manieth.
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key is made"),
            curve: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key is made"),
        }
    }

    /// The keys after these.
    pub(crate) fn next(&self) -> Self {
        Self::new(self.number + 1)
    }

    pub(crate) fn id(&self, algorithm: &str) -> String {
        format!("{algorithm}-{}", self.number)
    }

    /// The document of the public halves.
    pub(crate) fn document(&self) -> Value {
        let public = self.rsa.public_key();
        let point = self.curve.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        json!({"keys": [
            {
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id("RS256"),
                "n": text(public.modulus().big_endian_without_leading_zero()),
                "e": text(public.exponent().big_endian_without_leading_zero()),
            },
            {
                "kty": "EC", "use": "sig", "alg": "ES256", "kid": self.id("ES256"), "crv": "P-256",
                "x": text(x), "y": text(y),
            },
        ]})
    }

    /// The public half of the RSA key, as bytes that everybody knows.
    pub(crate) fn known_to_everybody(&self) -> Vec<u8> {
        let public = self.rsa.public_key();
        public.modulus().big_endian_without_leading_zero().to_vec()
    }

    pub(crate) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        if algorithm == "ES256" {
            let signature = self.curve.sign(&random, message).expect("it is signed");
            return signature.as_ref().to_vec();
        }
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        let signed = self
            .rsa
            .sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
        signed.expect("it is signed");
        signature
    }
}

/// Bytes as tokens and keys have them.
pub(crate) fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
