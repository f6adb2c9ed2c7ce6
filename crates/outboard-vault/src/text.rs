//! Seals the texts of another store, such as the journal's, with a key derived from the vault's.

use crate::error::VaultError;
use crate::key::KeySource;
use crate::seal::derived;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use std::fmt;

const NONCE: usize = 24;

/// A key for texts.
pub struct TextSeal {
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for TextSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextSeal").finish_non_exhaustive()
    }
}

impl TextSeal {
    /// Reads the key; one in a file is made if it is missing and `may_make` says so.
    ///
    /// # Errors
    ///
    /// What is given is no key, or the file cannot be read or made.
    pub fn new(key: &KeySource, may_make: bool) -> Result<Self, VaultError> {
        Self::of(key, may_make, "outboard texts 1: seal")
    }

    /// The same for another purpose: what is sealed for one opens for no other.
    ///
    /// # Errors
    ///
    /// As of [`TextSeal::new`].
    pub fn of(key: &KeySource, may_make: bool, purpose: &str) -> Result<Self, VaultError> {
        let read = key.read(may_make)?.ok_or_else(|| VaultError::BadKey {
            from: key.name(),
            reason: "it is not there; give the key that the state folder was made with".to_owned(),
        })?;
        Ok(Self { cipher: XChaCha20Poly1305::new((&*derived(&read, purpose)).into()) })
    }

    /// The sealed text: base64 of a random nonce and what it hides. Empty where the system gives no randomness,
    /// which opens to an error and never to the text.
    pub fn seal(&self, text: &str) -> String {
        let mut sealed = vec![0; NONCE];
        if getrandom::fill(&mut sealed).is_err() {
            return String::new();
        }
        let Ok(secret) = self.cipher.encrypt(XNonce::from_slice(&sealed), text.as_bytes()) else {
            return String::new();
        };
        sealed.extend(secret);
        STANDARD_NO_PAD.encode(&sealed)
    }

    /// The text that was sealed.
    ///
    /// # Errors
    ///
    /// It was changed, or sealed with another key.
    pub fn open(&self, sealed: &str) -> Result<String, String> {
        let refused = || "it was sealed with another key, or changed".to_owned();
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| refused())?;
        let (nonce, secret) = bytes.split_at_checked(NONCE).ok_or_else(refused)?;
        let text = self.cipher.decrypt(XNonce::from_slice(nonce), secret).map_err(|_| refused())?;
        String::from_utf8(text).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_with_its_own_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] =
            ["a", "b"].map(|name| TextSeal::new(&KeySource::File(folder.path().join(name)), true).unwrap());
        let again = TextSeal::new(&KeySource::File(folder.path().join("a")), false).unwrap();
        let sealed = one.seal("ada@example.org");
        assert_ne!(sealed, one.seal("ada@example.org"), "nothing shows that two are the same");
        assert_eq!(again.open(&sealed).unwrap(), "ada@example.org");
        assert!(other.open(&sealed).is_err() && one.open("").is_err() && one.open(&sealed[..20]).is_err());
    }
}
