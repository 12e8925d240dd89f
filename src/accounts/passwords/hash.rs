//! Hashes of passwords: argon2id for new ones, bcrypt for what another system brought.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::Compared;

/// The floor that OWASP's Password Storage Cheat Sheet names for argon2id on one lane: 19 MiB, two passes.
pub const MEMORY_KIB_MIN: u32 = 19_456;
pub const PASSES_MIN: u32 = 2;

/// Beyond it one hash of bcrypt takes longer than a second, in steps of which failures are answered.
const BCRYPT_COST_MAX: u32 = 13;
/// Beyond these a hash of argon2 would.
const FOREIGN_MEMORY_KIB_MAX: u32 = 65_536;
const FOREIGN_PASSES_MAX: u32 = 4;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Times that it is gone through.
    pub passes: u32,
}

/// What one thread hashes in, kept from one hash to the next. Taken from the system and given back each
/// time, it would cost the kernel thousands of page faults, and whoever sells would wait for those.
#[derive(Debug, Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn of(&mut self, argon2: &Argon2<'_>) -> &mut [Block] {
        let blocks = argon2.params().block_count();
        if self.0.len() != blocks {
            // Of another size is what another system hashed in, which is rare.
            self.0 = vec![Block::default(); blocks];
        }
        &mut self.0
    }
}

impl Cost {
    /// A new hash, as PHC writes it.
    pub(super) fn hash(self, password: &str, memory: &mut Memory) -> Result<String, String> {
        self.try_to_hash(password, memory)
            .map_err(|error| error.to_string())
    }

    fn try_to_hash(
        self,
        password: &str,
        memory: &mut Memory,
    ) -> argon2::password_hash::Result<String> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = Salt::new(&rand::random::<[u8; 16]>())?;
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let blocks = memory.of(&argon2);
        argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, blocks)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params())?,
            salt: Some(salt),
            hash: Some(Output::new(&output)?),
        };
        Ok(hash.to_string())
    }

    /// Compares a password with a hash of any kind; what cannot be read is wrong.
    pub(super) fn compare(self, password: &str, hash: &str, memory: &mut Memory) -> Compared {
        if is_bcrypt(hash) {
            return match bcrypt::verify(password, hash) {
                Ok(true) => Compared::Right(self.hash(password, memory).ok()),
                Ok(false) | Err(_) => Compared::Wrong,
            };
        }
        let Ok(parsed) = PasswordHash::new(hash) else {
            return Compared::Wrong;
        };
        if opens(password, &parsed, memory) != Some(true) {
            return Compared::Wrong;
        }
        let better = (!self.is_met_by(&parsed)).then(|| self.hash(password, memory));
        Compared::Right(better.and_then(Result::ok))
    }

    fn is_met_by(self, hash: &PasswordHash) -> bool {
        let of_argon2id = hash.algorithm.as_str() == "argon2id";
        let params = Params::try_from(hash);
        of_argon2id
            && params.is_ok_and(|it| it.m_cost() >= self.memory_kib && it.t_cost() >= self.passes)
    }
}

/// Whether a password is that of a hash of argon2; nothing when the hash is not whole.
fn opens(password: &str, hash: &PasswordHash, memory: &mut Memory) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from);
    let argon2 = Argon2::new(algorithm, version.ok()?, Params::try_from(hash).ok()?);
    let mut buffer = [0; Output::MAX_LENGTH];
    let output = buffer.get_mut(..expected.len())?;
    let blocks = memory.of(&argon2);
    let hashed = argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks);
    hashed.ok()?;
    // In a time that does not tell how far they agree.
    Some(Output::new(output).ok()? == *expected)
}

fn is_bcrypt(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| hash.starts_with(prefix))
}

/// Whether a hash of another system can be compared with, in a time that one may wait.
///
/// # Errors
///
/// Says what it must be.
pub(crate) fn is_importable(hash: &str) -> Result<(), String> {
    if is_bcrypt(hash) {
        let parts: Result<bcrypt::HashParts, _> = hash.parse();
        let cost = parts.map_err(|error| format!("is no bcrypt hash: {error}"))?;
        let cost = cost.get_cost();
        return if cost <= BCRYPT_COST_MAX {
            Ok(())
        } else {
            Err(format!(
                "has a cost of {cost}; at most {BCRYPT_COST_MAX} is taken"
            ))
        };
    }
    let parsed = PasswordHash::new(hash).ok().filter(|hash| {
        let ours = ["argon2id", "argon2i", "argon2d"].contains(&hash.algorithm.as_str());
        // Without both there is nothing to compare with.
        ours && hash.salt.is_some() && hash.hash.is_some()
    });
    let params = parsed.as_ref().and_then(|hash| Params::try_from(hash).ok());
    match params {
        Some(it) if it.m_cost() <= FOREIGN_MEMORY_KIB_MAX && it.t_cost() <= FOREIGN_PASSES_MAX => {
            Ok(())
        }
        Some(_) => Err("takes more memory or passes than is taken from elsewhere".to_owned()),
        None => {
            Err("must be bcrypt's ($2a$, $2b$, $2y$) or argon2's ($argon2id$…) text".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    /// Made by htpasswd (apache2-utils 2.4): htpasswd -nbBC 5 x 'correct horse battery'.
    const FOREIGN: &str = "$2y$05$F8NtCOlD9em6VUFy1e2AqeYFrXl/7Khw3BESnGcbqY2GZk1ZJnhwy";

    #[test]
    fn a_hash_of_bcrypt_is_right_and_is_replaced() {
        let Compared::Right(Some(better)) =
            CHEAP.compare("correct horse battery", FOREIGN, &mut Memory::default())
        else {
            panic!("it is right");
        };
        assert!(
            better.starts_with("$argon2id$v=19$m=64,t=1,p=1$"),
            "{better}"
        );
        assert_eq!(
            CHEAP.compare("correct horse battery", &better, &mut Memory::default()),
            Compared::Right(None)
        );
        assert_eq!(
            CHEAP.compare("wrong horse battery", FOREIGN, &mut Memory::default()),
            Compared::Wrong
        );
    }

    #[test]
    fn a_weaker_hash_is_replaced_and_a_stronger_one_kept() {
        let stronger = Cost {
            memory_kib: 128,
            passes: 2,
        };
        let weak = CHEAP.hash("correct horse", &mut Memory::default()).unwrap();
        let Compared::Right(Some(better)) =
            stronger.compare("correct horse", &weak, &mut Memory::default())
        else {
            panic!("it is weaker");
        };
        assert_eq!(
            CHEAP.compare("correct horse", &better, &mut Memory::default()),
            Compared::Right(None)
        );
    }

    #[test]
    fn hashes_that_would_take_for_ever_are_not_imported() {
        assert_eq!(is_importable(FOREIGN), Ok(()));
        assert_eq!(
            is_importable(&CHEAP.hash("correct horse", &mut Memory::default()).unwrap()),
            Ok(())
        );
        let slow = FOREIGN.replacen("$05$", "$31$", 1);
        assert!(is_importable(&slow).unwrap_err().contains("cost of 31"));
        for hash in [
            "",
            "secret",
            "$2y$05$short",
            "$1$md5$abc",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id",
            "$foo$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(is_importable(hash).is_err(), "{hash}");
        }
    }
}
