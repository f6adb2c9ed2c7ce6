//! The key beside the database, and what it signs.

use crate::blobs::private;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use outboard_types::Digest;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A signed statement that the chain reached a row of this hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: Digest,
    pub(crate) at_ms: u64,
    pub(crate) signature: String,
}

impl Head {
    fn message(kind: &str, seq: u64, hash: &Digest, at_ms: u64) -> String {
        format!("outboard-audit-{kind}-1\n{seq}\n{hash}\n{at_ms}\n")
    }

    /// Whether the key made the signature, for this kind of statement.
    pub(super) fn is_signed(&self, kind: &str, key: &VerifyingKey) -> bool {
        let signature = bytes(&self.signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
        let message = Self::message(kind, self.seq, &self.hash, self.at_ms);
        signature.is_some_and(|signature| key.verify_strict(message.as_bytes(), &signature).is_ok())
    }

    /// The head that lies in a folder.
    pub(super) fn read(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read_to_string(folder.join("audit.head")) {
            Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Signs with the key of a folder.
pub(crate) struct Signer {
    folder: PathBuf,
    key: SigningKey,
}

impl Signer {
    /// Reads the key, and makes one at first use.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("audit.key");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => made(&path)?,
            other => other?,
        };
        let bad = || io::Error::new(ErrorKind::InvalidData, format!("{} is not a key", path.display()));
        let bytes: [u8; 32] = bytes(text.trim()).and_then(|bytes| bytes.try_into().ok()).ok_or_else(bad)?;
        let key = SigningKey::from_bytes(&bytes);
        let public = folder.join("audit.pub");
        if !public.exists() {
            replace(&public, &hex(key.verifying_key().as_bytes()))?;
        }
        Ok(Self { folder: folder.to_owned(), key })
    }

    pub(super) fn sign(&self, kind: &str, seq: u64, hash: Digest, at_ms: u64) -> Head {
        let message = Head::message(kind, seq, &hash, at_ms);
        let signature = hex(&self.key.sign(message.as_bytes()).to_bytes());
        Head { seq, hash, at_ms, signature }
    }

    /// Writes a head, unless another process wrote a later one; `first` when there must be none yet.
    pub(super) fn write_head(&self, head: &Head, first: bool) -> io::Result<()> {
        let lock = File::open(self.folder.join("audit.key"))?;
        lock.lock()?;
        let present = Head::read(&self.folder)?;
        match &present {
            None if !first => Err(io::Error::new(ErrorKind::NotFound, "audit.head was removed")),
            Some(present) if first || present.seq >= head.seq => Ok(()),
            _ => replace(&self.folder.join("audit.head"), &serde_json::to_string(head)?),
        }
    }
}

/// The public key of a folder.
pub(super) fn public(folder: &Path) -> Option<VerifyingKey> {
    key(&fs::read_to_string(folder.join("audit.pub")).ok()?)
}

/// A public key from its 64 hexadecimal digits.
pub(super) fn key(text: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&bytes(text.trim())?.try_into().ok()?).ok()
}

/// Makes a key; of several processes that do so at once, one wins.
fn made(path: &Path) -> io::Result<String> {
    let mut random = [0; 40];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let (seed, name) = random.split_at(32);
    let unfinished = path.with_extension(format!("key-{}", hex(name)));
    write(&unfinished, &hex(seed))?;
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(path),
    }
}

/// Replaces a file so that readers see the old or the new one, also after a crash.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    // Several openings, in this process and in others, may do this at once.
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
    let unfinished = PathBuf::from(name);
    write(&unfinished, text)?;
    fs::rename(&unfinished, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.len().is_multiple_of(2) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let pairs = || (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect();
    if digits { pairs() } else { None }
}
