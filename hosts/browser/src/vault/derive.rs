//! From a passphrase to a key: Argon2id (RFC 9106), slow on purpose.
use super::{Refusal, seal};
use crate::js;
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use web_sys::CryptoKey;

/// Kept beside the salt, so that it can be raised without locking anyone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Cost {
    /// RFC 9106's choice for little memory. One lane: a Worker has one thread.
    fn default() -> Cost {
        Cost { memory_kib: 64 * 1_024, passes: 3 }
    }
}

/// Limit: what a damaged store may make us spend.
const MEMORY_KIB_MAX: u32 = 256 * 1_024;
const PASSES_MAX: u32 = 16;

pub async fn key(passphrase: &str, salt: &str, cost: &Cost) -> Result<CryptoKey, Refusal> {
    // The Worker answers no ping meanwhile; on a slow machine that is longer than its keeper's patience.
    crate::chrome::post("{\"busy_ms\":60000}");
    let bytes = stretch(passphrase, salt, cost)?;
    let key = seal::import(&bytes).await.map_err(|error| js::why(&error));
    seal::wipe(bytes.to_vec());
    key
}

fn stretch(passphrase: &str, salt: &str, cost: &Cost) -> Result<[u8; 32], Refusal> {
    if cost.memory_kib > MEMORY_KIB_MAX || cost.passes > PASSES_MAX {
        return Err("The vault's entry in the store is damaged.".into());
    }
    let words = |error: argon2::Error| format!("The passphrase can't be used: {error}.");
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(words)?;
    let mut bytes = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt.as_bytes(), &mut bytes)
        .map_err(words)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Cost = Cost { memory_kib: 64, passes: 1 };

    #[test]
    fn passphrase_and_salt_and_cost_all_count() {
        let key = stretch("correct horse", "0123456789abcdef", &SMALL);
        assert_eq!(key, stretch("correct horse", "0123456789abcdef", &SMALL));
        assert_ne!(key, stretch("correct horsf", "0123456789abcdef", &SMALL));
        assert_ne!(key, stretch("correct horse", "0123456789abcdeg", &SMALL));
        assert_ne!(key, stretch("correct horse", "0123456789abcdef", &Cost { passes: 2, ..SMALL }));
    }

    #[test]
    fn a_damaged_cost_is_refused_before_it_is_spent() {
        assert!(stretch("x", "0123456789abcdef", &Cost { memory_kib: u32::MAX, passes: 1 }).is_err());
        assert!(stretch("x", "0123456789abcdef", &Cost { memory_kib: 64, passes: u32::MAX }).is_err());
    }
}
