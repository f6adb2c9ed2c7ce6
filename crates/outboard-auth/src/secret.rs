//! Secrets in what is kept: written as they are, because what holds them is sealed; drawn at random.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outboard_types::Redacted;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// For a field with a secret.
pub(crate) mod one {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(secret: &Redacted<String>, to: S) -> Result<S::Ok, S::Error> {
        secret.expose().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Redacted<String>, D::Error> {
        String::deserialize(from).map(Redacted::new)
    }
}

/// For a field with a secret or without.
pub(crate) mod maybe {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(secret: &Option<Redacted<String>>, to: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Redacted::expose).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Redacted<String>>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Redacted::new))
    }
}

/// 256 random bits in a form that addresses carry as they are.
pub(crate) fn random() -> String {
    let mut bytes = [0_u8; 32];
    // Without randomness there is no safe state; the process cannot go on.
    getrandom::fill(&mut bytes).expect("invariant: the kernel gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The S256 challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // The example of RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        assert_eq!(random().len(), 43);
        assert_ne!(random(), random());
    }
}
