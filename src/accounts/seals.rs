//! What this server hands out and knows again without keeping it: refresh tokens, links in mails, flows of
//! signing in by a provider.
//!
//! A sealed text is a payload with its HMAC-SHA256, in base64url. The key of each purpose is derived
//! from the secret that signs tokens, so a seal of one purpose is worth nothing for another, and
//! whoever reads the database can make none.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

type Keyed = Hmac<Sha256>;

const SEAL_BYTES: usize = 32;

/// What a seal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    RefreshToken,
    VerifyEmail,
    ChangeEmail,
    ResetPassword,
    /// The digest of a write that may be sent again.
    KeyedWrite,
    /// What a browser carries while somebody signs in by a provider.
    Flow,
    /// What of a flow goes through the provider's page and comes back.
    FlowState,
    /// What of a flow stands in the ID token.
    FlowNonce,
    /// What of a flow the provider is told with the code.
    FlowVerifier,
    /// What is sent to a phone.
    PhoneCode,
    /// What is kept of it.
    PhoneCodeDigest,
}

impl Purpose {
    /// Never changes: what was sealed before would be worth nothing.
    const fn label(self) -> &'static str {
        match self {
            Self::RefreshToken => "fullhouse refresh token 1",
            Self::VerifyEmail => "fullhouse verify email 1",
            Self::ChangeEmail => "fullhouse change email 1",
            Self::ResetPassword => "fullhouse reset password 1",
            Self::KeyedWrite => "fullhouse keyed write 1",
            Self::Flow => "fullhouse flow 1",
            Self::FlowState => "fullhouse flow state 1",
            Self::FlowNonce => "fullhouse flow nonce 1",
            Self::FlowVerifier => "fullhouse flow verifier 1",
            Self::PhoneCode => "fullhouse phone code 1",
            Self::PhoneCodeDigest => "fullhouse phone code digest 1",
        }
    }
}

/// Seals with one secret, and knows seals of that and of the one before.
pub struct Seals {
    current: SecretString,
    previous: Option<SecretString>,
}

/// Which refresh token of which session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    pub session: Uuid,
    /// Its number in the session, from 0.
    pub generation: u32,
}

impl Seals {
    /// With the secrets that sign tokens.
    pub const fn new(current: SecretString, previous: Option<SecretString>) -> Self {
        Self { current, previous }
    }

    /// A refresh token as its bearer has it.
    pub fn refresh_token(&self, token: RefreshToken) -> String {
        let mut payload = [0; 20];
        let (session, generation) = payload.split_at_mut(16);
        session.copy_from_slice(token.session.as_bytes());
        generation.copy_from_slice(&token.generation.to_be_bytes());
        self.seal(Purpose::RefreshToken, &payload)
    }

    /// The refresh token that a text is, if it is one of ours.
    pub fn open_refresh_token(&self, text: &str) -> Option<RefreshToken> {
        let payload: [u8; 20] = self.open(Purpose::RefreshToken, text)?;
        let (session, generation) = payload.split_at(16);
        Some(RefreshToken {
            session: Uuid::from_slice(session).ok()?,
            generation: u32::from_be_bytes(generation.try_into().ok()?),
        })
    }

    /// A link's token as it is mailed.
    pub fn link(&self, purpose: Purpose, id: Uuid) -> String {
        self.seal(purpose, id.as_bytes())
    }

    /// The link that a text is, if it is one of ours for this purpose.
    pub fn open_link(&self, purpose: Purpose, text: &str) -> Option<Uuid> {
        self.open(purpose, text).map(Uuid::from_bytes)
    }

    /// A secret that is the same each time for what it is made of, and that nobody else can make.
    pub fn secret(&self, purpose: Purpose, of: &[u8]) -> [u8; 32] {
        let mut keyed = keyed(&self.current, purpose);
        keyed.update(of);
        keyed.finalize().into_bytes().into()
    }

    /// The code that a number is sent under this id: six digits, each number of them as likely as any other.
    pub fn phone_code(&self, id: Uuid, phone: &str) -> SecretString {
        let bytes = self.secret(
            Purpose::PhoneCode,
            &[id.as_bytes(), phone.as_bytes()].concat(),
        );
        let first = bytes.first_chunk().copied().unwrap_or_default();
        // Of so many the remainder prefers none by more than one in 10^32.
        let number = u128::from_be_bytes(first) % 1_000_000;
        format!("{number:06}").into()
    }

    /// A digest that nobody without the secret can compare guesses with.
    pub fn digest(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 16] {
        let keyed = over_parts(keyed(&self.current, purpose), parts);
        let bytes = keyed.finalize().into_bytes();
        bytes.first_chunk().copied().unwrap_or_default()
    }

    /// Whether a digest is one of these parts, made with this secret or the one before. How long it takes says
    /// nothing of how much of it is right.
    pub fn is_digest(&self, digest: &[u8], purpose: Purpose, parts: &[&[u8]]) -> bool {
        if digest.len() != 16 {
            return false;
        }
        let secrets = [Some(&self.current), self.previous.as_ref()];
        secrets.into_iter().flatten().any(|secret| {
            let keyed = over_parts(keyed(secret, purpose), parts);
            keyed.verify_truncated_left(digest).is_ok()
        })
    }

    /// A text that follows from a payload, and that nobody without the secret can make of it: 43
    /// characters.
    pub(super) fn derived(&self, purpose: Purpose, payload: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.secret(purpose, payload))
    }

    /// Whether a text is the one that follows from a payload; how much of it is right takes no time to
    /// tell.
    pub(super) fn is_derived(&self, purpose: Purpose, payload: &[u8], text: &str) -> bool {
        let mut keyed = keyed(&self.current, purpose);
        keyed.update(payload);
        // Not decoded at all when it is longer than any of ours.
        let short = text.len() <= SEAL_BYTES.div_ceil(3) * 4;
        let decoded = short.then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
        decoded.is_some_and(|it| keyed.verify_slice(&it).is_ok())
    }

    pub(super) fn seal(&self, purpose: Purpose, payload: &[u8]) -> String {
        let mut keyed = keyed(&self.current, purpose);
        keyed.update(payload);
        let mut sealed = payload.to_vec();
        sealed.extend_from_slice(&keyed.finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    fn open<const BYTES: usize>(&self, purpose: Purpose, text: &str) -> Option<[u8; BYTES]> {
        let payload = self.open_up_to(BYTES, purpose, text)?;
        payload.try_into().ok()
    }

    /// The payload of a sealed text, of at most so many bytes.
    pub(super) fn open_up_to(
        &self,
        bytes_max: usize,
        purpose: Purpose,
        text: &str,
    ) -> Option<Vec<u8>> {
        // Not decoded at all when it is longer than any of ours.
        if text.len() > (bytes_max + SEAL_BYTES).div_ceil(3) * 4 {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (payload, seal) = sealed.split_at_checked(sealed.len().checked_sub(SEAL_BYTES)?)?;
        let secrets = [Some(&self.current), self.previous.as_ref()];
        let known = secrets.into_iter().flatten().any(|secret| {
            let mut keyed = keyed(secret, purpose);
            keyed.update(payload);
            keyed.verify_slice(seal).is_ok()
        });
        known.then(|| payload.to_vec())
    }
}

/// Parts each of which says how long it is.
fn over_parts(mut keyed: Keyed, parts: &[&[u8]]) -> Keyed {
    for part in parts {
        keyed.update(&(part.len() as u64).to_be_bytes());
        keyed.update(part);
    }
    keyed
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(secret: &SecretString, purpose: Purpose) -> Keyed {
    let root = Keyed::new_from_slice(secret.expose_secret().as_bytes());
    let mut root = root.expect("a key of any length is one");
    root.update(purpose.label().as_bytes());
    Keyed::new_from_slice(&root.finalize().into_bytes()).expect("a key of any length is one")
}

/// Secrets stay out of logs.
impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seals(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seals(current: &str, previous: Option<&str>) -> Seals {
        Seals::new(current.into(), previous.map(Into::into))
    }

    const TOKEN: RefreshToken = RefreshToken {
        session: Uuid::from_u128(7),
        generation: 41,
    };

    #[test]
    fn a_token_is_known_again_by_its_secret_and_the_one_after() {
        let old = seals("the secret of before", None);
        let text = old.refresh_token(TOKEN);
        assert_eq!(text.len(), 70);
        assert_eq!(old.open_refresh_token(&text), Some(TOKEN));
        let both = seals("the secret of now", Some("the secret of before"));
        assert_eq!(both.open_refresh_token(&text), Some(TOKEN));
        let new = seals("the secret of now", None);
        assert_eq!(new.open_refresh_token(&text), None);
    }

    #[test]
    fn no_other_text_is_one() {
        let seals = seals("a secret", None);
        let text = seals.refresh_token(TOKEN);
        for at in 0..text.len() {
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            // The last character has bits that mean nothing, which no other one may stand for.
            assert_eq!(seals.open_refresh_token(&changed), None, "{at}");
        }
        for wrong in [
            "",
            "x",
            &text[1..],
            &text[..69],
            &format!("{text}A"),
            &"A".repeat(10_000),
        ] {
            assert_eq!(seals.open_refresh_token(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_link_is_good_for_its_purpose_alone() {
        let seals = seals("a secret", None);
        let link = seals.link(Purpose::VerifyEmail, Uuid::from_u128(9));
        assert_eq!(
            seals.open_link(Purpose::VerifyEmail, &link),
            Some(Uuid::from_u128(9))
        );
        assert_eq!(seals.open_link(Purpose::ResetPassword, &link), None);
        assert_eq!(seals.open_refresh_token(&link), None);
    }

    #[test]
    fn what_follows_from_a_payload_is_known_again_for_its_purpose() {
        let seals = seals("a secret", None);
        let state = seals.derived(Purpose::FlowState, b"payload");
        // As long as a verifier has to be (RFC 7636, 4.1).
        assert_eq!(state.len(), 43);
        assert!(seals.is_derived(Purpose::FlowState, b"payload", &state));
        assert!(!seals.is_derived(Purpose::FlowNonce, b"payload", &state));
        assert!(!seals.is_derived(Purpose::FlowState, b"payloae", &state));
        for wrong in [
            "",
            "x",
            &state[1..],
            &format!("{state}A"),
            &"A".repeat(9_999),
        ] {
            assert!(
                !seals.is_derived(Purpose::FlowState, b"payload", wrong),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_payload_of_any_length_is_sealed_whole() {
        let seals = seals("a secret", None);
        for payload in ["", "/", "/account?tab=orders"] {
            let text = seals.seal(Purpose::Flow, payload.as_bytes());
            let opened = seals.open_up_to(64, Purpose::Flow, &text);
            assert_eq!(opened.as_deref(), Some(payload.as_bytes()));
            assert_eq!(seals.open_up_to(64, Purpose::VerifyEmail, &text), None);
        }
        let long = seals.seal(Purpose::Flow, &[b'a'; 65]);
        assert_eq!(seals.open_up_to(63, Purpose::Flow, &long), None);
    }

    #[test]
    fn digests_tell_where_a_part_ends() {
        let seals = seals("a secret", None);
        let digest = |parts: &[&[u8]]| seals.digest(Purpose::KeyedWrite, parts);
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
    }

    #[test]
    fn digests_are_known_by_their_secret_and_the_one_after() {
        let (old, parts): (_, [&[u8]; 2]) = (seals("a secret", None), [b"ab", b"c"]);
        let digest = old.digest(Purpose::PhoneCodeDigest, &parts);
        let is = |seals: &Seals, digest: &[u8], parts: &[&[u8]]| {
            seals.is_digest(digest, Purpose::PhoneCodeDigest, parts)
        };
        assert!(is(&old, &digest, &parts));
        assert!(is(&seals("another", Some("a secret")), &digest, &parts));
        assert!(!is(&seals("another", None), &digest, &parts));
        assert!(!is(&old, &digest, &[b"a", b"bc"]));
        assert!(!is(&old, &digest[..15], &parts) && !is(&old, &[], &parts));
        assert!(!old.is_digest(&digest, Purpose::KeyedWrite, &parts));
    }

    /// Of ten thousand each first digit has about a tenth, the nought too.
    #[test]
    fn codes_are_six_digits_and_evenly_spread() {
        let seals = seals("a secret", None);
        let code = |id: u128, phone: &str| {
            let code = seals.phone_code(Uuid::from_u128(id), phone);
            code.expose_secret().to_owned()
        };
        let mut counts = [0_u32; 10];
        for id in 0..10_000 {
            let code = code(id, "+919876543210");
            assert!(code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit()));
            counts[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1_150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(code(1, "+919876543210"), code(1, "+919876543210"));
        assert_ne!(code(1, "+919876543210"), code(1, "+919876543211"));
    }
}
