//! What was granted, kept: one sealed file that several processes share.

use crate::book::Book;
use crate::client::AccountId;
use crate::error::{AuthError, Reason};
use crate::file;
use outboard_types::Digest;
use outboard_vault::TextSeal;
use std::any::Any;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// A larger file is not read.
const LARGEST: u64 = 8 << 20;

/// Keeps what was granted. Calls block for as long as a small file takes.
pub trait Store: Send + Sync {
    /// Reads all of it.
    fn read(&self) -> Result<Book, AuthError>;

    /// Changes it; when this returns, it is kept, whatever happens to the machine.
    fn update(&self, change: &mut dyn FnMut(&mut Book)) -> Result<(), AuthError>;

    /// Changes whenever somebody else may have changed it.
    fn version(&self) -> u64;

    /// Waits until no other process renews this account; that ends with what is returned.
    fn alone(&self, id: &AccountId) -> Result<Box<dyn Any + Send>, AuthError>;
}

/// Gets the seal, when it is first needed.
pub type GetSeal = Box<dyn Fn() -> Result<TextSeal, String> + Send + Sync>;

/// A sealed file.
pub struct FileStore {
    path: PathBuf,
    get: GetSeal,
    seal: OnceLock<TextSeal>,
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl FileStore {
    /// Keeps it there; the file is made by the first change.
    pub fn new(path: PathBuf, get: GetSeal) -> Self {
        Self { path, get, seal: OnceLock::new() }
    }

    fn seal(&self) -> io::Result<&TextSeal> {
        if self.seal.get().is_none() {
            let _ = self.seal.set((self.get)().map_err(io::Error::other)?);
        }
        self.seal.get().ok_or_else(|| io::Error::other("there is no key"))
    }

    fn lock(&self, name: &str) -> io::Result<File> {
        file::lock(&self.path.with_extension(format!("{name}.lock")))
    }

    fn load(&self) -> io::Result<Book> {
        let mut sealed = String::new();
        match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Book::default()),
            file => file?.take(LARGEST).read_to_string(&mut sealed)?,
        };
        let text = self.seal()?.open(sealed.trim()).map_err(io::Error::other)?;
        serde_json::from_str(&text).map_err(io::Error::other)
    }

    fn save(&self, book: &Book) -> io::Result<()> {
        let sealed = self.seal()?.seal(&serde_json::to_string(book)?);
        if sealed.is_empty() {
            return Err(io::Error::other("it could not be sealed"));
        }
        file::replace(&self.path, sealed.as_bytes())
    }

    fn failed(&self, error: io::Error) -> AuthError {
        AuthError::new(Reason::Storage, format!("the sign-ins in {} cannot be used: {error}", self.path.display()))
            .hint("they are sealed with the key of the vault; without that key, remove the file and sign in again")
    }
}

impl Store for FileStore {
    fn read(&self) -> Result<Book, AuthError> {
        self.load().map_err(|error| self.failed(error))
    }

    fn update(&self, change: &mut dyn FnMut(&mut Book)) -> Result<(), AuthError> {
        let _lock = self.lock("all").map_err(|error| self.failed(error))?;
        let mut book = self.read()?;
        change(&mut book);
        self.save(&book).map_err(|error| self.failed(error))
    }

    fn version(&self) -> u64 {
        let (inode, seconds, nanoseconds, length) = file::mark(&self.path).unwrap_or_default();
        let parts = [inode, seconds as u64, nanoseconds as u64, length];
        parts.into_iter().fold(0, |all: u64, part| all.wrapping_mul(0x0100_0000_01b3).wrapping_add(part))
    }

    fn alone(&self, id: &AccountId) -> Result<Box<dyn Any + Send>, AuthError> {
        let name = Digest::of(id.to_string()).short();
        Ok(Box::new(self.lock(&name.to_string()).map_err(|error| self.failed(error))?))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
