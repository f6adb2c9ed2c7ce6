//! Where the vault's key comes from.

use crate::encodings::from_base64;
use crate::error::VaultError;
use outboard_types::Redacted;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The number of bytes of a key.
const BYTES: usize = 32;

/// Where to take the key from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum KeySource {
    /// A text of 64 hexadecimal digits, or 32 bytes in base64, that the caller took from somewhere.
    Given {
        /// What to call the place in errors, such as `OUTBOARD_VAULT_KEY`.
        from: String,
        /// The key.
        text: Redacted<String>,
    },
    /// A file that only its owner can read; made at first use, never once there is a vault.
    File(PathBuf),
}

/// A key, and where it came from.
pub(crate) struct Key {
    pub(crate) bytes: Zeroizing<[u8; BYTES]>,
}

impl KeySource {
    /// What to call it in errors.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Given { from, .. } => from.clone(),
            Self::File(path) => format!("the key file {}", path.display()),
        }
    }

    /// Reads the key. `None` if there is none and none may be made.
    pub(crate) fn read(&self, may_make: bool) -> Result<Option<Key>, VaultError> {
        match self {
            Self::Given { text, .. } => self.parsed(text.expose()).map(Some),
            Self::File(path) => self.file(path, may_make),
        }
    }

    fn parsed(&self, text: &str) -> Result<Key, VaultError> {
        let bytes = key_bytes(text.trim());
        bytes.map(|bytes| Key { bytes }).ok_or_else(|| {
            self.bad("it is neither 64 hexadecimal digits nor 32 bytes in base64; `openssl rand -hex 32` makes one")
        })
    }

    fn file(&self, path: &Path, may_make: bool) -> Result<Option<Key>, VaultError> {
        let found = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && !may_make => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(path).and_then(|()| fs::metadata(path)).map_err(|error| self.bad(error))?
            }
            other => other.map_err(|error| self.bad(error))?,
        };
        if found.mode() & 0o077 != 0 {
            return Err(self.bad(format_args!("others can read it; run `chmod 600 {}`", path.display())));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| self.bad(error))?);
        self.parsed(&text).map(Some)
    }

    fn bad(&self, reason: impl std::fmt::Display) -> VaultError {
        VaultError::BadKey { from: self.name(), reason: reason.to_string() }
    }
}

fn key_bytes(text: &str) -> Option<Zeroizing<[u8; BYTES]>> {
    let hex = text.len() == BYTES * 2 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let bytes = if hex { Some(crate::encodings::from_hex(text.as_bytes())) } else { from_base64(text.as_bytes()) };
    Some(Zeroizing::new(Zeroizing::new(bytes?).as_slice().try_into().ok()?))
}

/// A new key of random bytes, as text, for whoever keeps it somewhere else than in a file.
///
/// # Errors
///
/// The system gives no random bytes.
pub fn fresh_key() -> io::Result<Redacted<String>> {
    Ok(Redacted::new(fresh()?.as_str().to_owned()))
}

fn fresh() -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(&mut *bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Zeroizing::new(crate::encodings::hex(&*bytes)))
}

/// Makes a key file; of several processes that do so at once, one wins.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = Zeroizing::new(fresh()?[..16].to_owned());
    let unfinished = path.with_extension(format!("{}.tmp", *name));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(fresh()?.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::File::open(folder)?.sync_all(),
    }
}
