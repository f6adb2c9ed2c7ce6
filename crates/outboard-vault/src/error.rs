//! What can go wrong with a vault.

use std::path::PathBuf;

/// Why a vault could not be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The file could not be created or opened.
    #[error("the vault {path} cannot be opened: {reason}; check the folder's permissions and free space")]
    Open {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// The file is something else, damaged, or of a later version.
    #[error("{path} is not a vault that this program can use: {reason}; move it away to begin a new one")]
    NotAVault {
        /// Which file.
        path: PathBuf,
        /// How that was seen.
        reason: String,
    },
    /// The key is not the one that the vault is sealed with.
    #[error(
        "the vault {path} is sealed with key {sealed_with}, but {given_from} holds key {given}; nothing was changed: \
         give the former key again, or move the vault away to begin a new one (its tokens can then not be restored)"
    )]
    WrongKey {
        /// Which file.
        path: PathBuf,
        /// The fingerprint of the key that it needs.
        sealed_with: String,
        /// The fingerprint of the key at hand.
        given: String,
        /// Where that one came from.
        given_from: String,
    },
    /// There is a vault, but no key to it.
    #[error(
        "the vault {path} is sealed with key {sealed_with}, and {given_from} is not there; nothing was changed: \
         restore the key, or move the vault away to begin a new one (its tokens can then not be restored)"
    )]
    KeyMissing {
        /// Which file.
        path: PathBuf,
        /// The fingerprint of the key that it needs.
        sealed_with: String,
        /// Where the key was looked for.
        given_from: String,
    },
    /// What was given is no key, or others can read it.
    #[error("{from} cannot be used as the vault's key: {reason}")]
    BadKey {
        /// Where it came from.
        from: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A label cannot be the kind of a token.
    #[error("{label:?} cannot be the kind of a token: use 1 to 32 of A to Z, 0 to 9 and single _, a letter first")]
    Kind {
        /// The label, cut.
        label: String,
    },
    /// A transaction failed; no token was given out.
    #[error("the vault could not be written, so nothing was given out: {reason}; check the disk's free space")]
    Write {
        /// What the system or SQLite says.
        reason: String,
    },
    /// A read failed.
    #[error("the vault cannot be read: {reason}")]
    Read {
        /// What SQLite says.
        reason: String,
    },
    /// A sealed value was changed, or moved to another place.
    #[error(
        "the vault's value {token} of session {session:?} was changed outside of Outboard and is not used; \
         forget the session to go on without it"
    )]
    Tampered {
        /// The session's name.
        session: String,
        /// The token that cannot be restored.
        token: String,
    },
}

impl VaultError {
    pub(crate) fn read(error: rusqlite::Error) -> Self {
        Self::Read { reason: error.to_string() }
    }

    pub(crate) fn write(error: rusqlite::Error) -> Self {
        Self::Write { reason: error.to_string() }
    }
}

/// A text that has the form of a token and stands for nothing in this session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {reason}", named(token))]
pub struct UnknownToken {
    /// The text, as it was met.
    pub token: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// A text without its brackets: with them it would itself be taken for a token where the message is shown.
fn named(token: &str) -> String {
    match token.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((label, rest)) => format!("{label}{rest} in brackets"),
        None => token.to_owned(),
    }
}

impl UnknownToken {
    /// The stable code of this error.
    pub const CODE: &'static str = "unknown_token";
}

/// Why a text could not be restored; nothing of it may be sent on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// It holds a token that is not one of this session.
    #[error(transparent)]
    Token(#[from] UnknownToken),
    /// A value cannot be written in the literal of a program where its token stands.
    #[error("{token} stands for a value that cannot be written in this kind of literal; use an ordinary string")]
    Place {
        /// The token, as it was met.
        token: String,
    },
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}
