//! The journal's texts, sealed with a key that is derived from the vault's.

use outboard_journal::Seal;
use outboard_vault::{KeySource, TextSeal, VaultError};

/// The seal.
#[derive(Debug)]
pub struct Sealed(TextSeal);

impl Sealed {
    /// Reads the key; one in a file is made if it is missing and `may_make` says so.
    ///
    /// # Errors
    ///
    /// There is no usable key.
    pub fn new(key: &KeySource, may_make: bool) -> Result<Self, VaultError> {
        TextSeal::new(key, may_make).map(Self)
    }
}

impl Seal for Sealed {
    fn seal(&self, text: &str) -> String {
        self.0.seal(text)
    }

    fn open(&self, sealed: &str) -> Result<String, String> {
        self.0.open(sealed)
    }
}
