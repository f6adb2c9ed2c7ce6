//! Where the door is: a folder that only the user can enter, with the socket, the key, and a lock.

use crate::ConnectError;
use rustix::process::geteuid;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The longest path that a socket may have; the kernel's limit is 108 bytes with the zero at its end.
const LONGEST: usize = 100;

/// The files of a door.
#[derive(Debug, Clone)]
pub struct Place {
    folder: PathBuf,
    socket: PathBuf,
}

impl Place {
    /// Below a state folder. Where that is too deep for a socket, the socket alone lies in `short`, a folder for sockets
    /// of this user such as `XDG_RUNTIME_DIR`.
    ///
    /// # Errors
    /// A folder cannot be made, or is not this user's alone.
    pub fn open(state: &Path, short: &Path) -> Result<Self, ConnectError> {
        let folder = state.join("connect");
        private(&folder)?;
        let folder = folder.canonicalize().map_err(ConnectError::file(&folder))?;
        let mut socket = folder.join("socket");
        if socket.as_os_str().len() > LONGEST {
            private(short)?;
            let name = outboard_types::Digest::of(folder.display().to_string()).short();
            socket = short.join(format!("{name}.socket"));
        }
        Ok(Self { folder, socket })
    }

    /// The socket that processes connect to.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The file with the key.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("key")
    }

    /// The file that says what a door that was opened on demand had to say.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The key; made at the first use.
    ///
    /// # Errors
    /// It can be neither read nor made.
    pub fn key(&self) -> Result<String, ConnectError> {
        let path = self.key_file();
        match fs::read_to_string(&path) {
            Ok(key) if key.len() == 64 => return Ok(key),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(ConnectError::file(&path)(error)),
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| ConnectError::file(&path)(std::io::Error::other(error.to_string())))?;
        let key: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        // A second process may make one at the same time: the first that has its name counts for both.
        let draft = path.with_extension(std::process::id().to_string());
        let mut file = opened(&draft)?;
        file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(ConnectError::file(&draft))?;
        let linked = fs::hard_link(&draft, &path);
        let _ = fs::remove_file(&draft);
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::read_to_string(&path).map_err(ConnectError::file(&path))
            }
            Err(error) => Err(ConnectError::file(&path)(error)),
        }
    }

    /// The lock of who listens; it holds the number of that process.
    pub(crate) fn lock(&self) -> Result<File, ConnectError> {
        let path = self.folder.join("lock");
        let mut file = opened(&path)?;
        match file.try_lock() {
            Ok(()) => {
                let number = std::process::id().to_string();
                let written = file.set_len(0).and_then(|()| file.write_all(number.as_bytes()));
                written.map(|()| file).map_err(ConnectError::file(&path))
            }
            Err(fs::TryLockError::WouldBlock) => Err(ConnectError::Taken(self.socket.clone())),
            Err(fs::TryLockError::Error(error)) => Err(ConnectError::file(&path)(error)),
        }
    }
}

/// A file that only this user can read. What it holds stays: it may be another process's.
fn opened(path: &Path) -> Result<File, ConnectError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    options.open(path).map_err(ConnectError::file(path))
}

/// A folder for the sockets of this user, where the system has none: each user has one of its own.
pub fn short_folder() -> PathBuf {
    std::env::temp_dir().join(format!("outboard-{}", geteuid().as_raw()))
}

/// Makes a folder that only this user can enter, or sees that it is one.
fn private(folder: &Path) -> Result<(), ConnectError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(ConnectError::file(folder))?;
    let found = fs::symlink_metadata(folder).map_err(ConnectError::file(folder))?;
    let mine = found.is_dir() && found.uid() == geteuid().as_raw();
    if mine && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let why = if mine { "others may enter it; chmod 700" } else { "it is not this user's folder" };
    Err(ConnectError::file(folder)(std::io::Error::new(ErrorKind::PermissionDenied, why)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_the_users_alone_and_stays() {
        let state = tempfile::tempdir().unwrap();
        let place = Place::open(state.path(), &state.path().join("short")).unwrap();
        let key = place.key().unwrap();
        assert_eq!(key, place.key().unwrap());
        assert_eq!(fs::metadata(place.key_file()).unwrap().mode() & 0o777, 0o600);
        assert!(key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }

    #[test]
    fn a_deep_folder_has_its_socket_elsewhere() {
        let state = tempfile::tempdir().unwrap();
        let deep = state.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        let short = state.path().join("s");
        let place = Place::open(&deep, &short).unwrap();
        assert!(place.socket().starts_with(&short) && place.key_file().starts_with(&deep));
    }

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("connect");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let said = Place::open(state.path(), state.path()).unwrap_err().to_string();
        assert!(said.contains("chmod 700"), "{said}");
    }
}
