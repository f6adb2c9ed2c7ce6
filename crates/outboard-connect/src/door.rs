//! Listening, and who is let in.

use crate::ConnectError;
use crate::hello::Hello;
use crate::place::Place;
use outboard_types::Digest;
use rustix::process::geteuid;
use serde_json::json;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};

/// How long a process may take for its first line.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open door; closed, and its socket taken away, when it is dropped.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    place: Place,
    key: String,
    _lock: File,
}

/// A process that was let in.
#[derive(Debug)]
pub struct Visitor {
    /// What it said of itself.
    pub hello: Hello,
    /// The socket, ready for frames.
    pub socket: StdStream,
}

impl Door {
    /// Opens it.
    ///
    /// # Errors
    /// [`ConnectError::Taken`] where another process listens; else a file that cannot be made.
    pub fn open(place: Place) -> Result<Self, ConnectError> {
        let lock = place.lock()?;
        let key = place.key()?;
        // Whoever had the lock before is gone; its socket leads nowhere.
        let _ = fs::remove_file(place.socket());
        let listener = UnixListener::bind(place.socket()).map_err(ConnectError::file(place.socket()))?;
        fs::set_permissions(place.socket(), Permissions::from_mode(0o600))
            .map_err(ConnectError::file(place.socket()))?;
        Ok(Self { listener, place, key, _lock: lock })
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// The socket cannot be listened to any more.
    pub async fn next(&self) -> Result<UnixStream, ConnectError> {
        let accepted = self.listener.accept().await;
        accepted.map(|(socket, _)| socket).map_err(ConnectError::file(self.place.socket()))
    }

    /// Hears who comes; one that is not let in is told why.
    ///
    /// # Errors
    /// Why it was turned away.
    pub async fn greet(&self, mut socket: UnixStream) -> Result<Visitor, ConnectError> {
        match self.heard(&mut socket).await {
            Ok(hello) => {
                let socket = socket.into_std().map_err(|_| ConnectError::Silent)?;
                Ok(Visitor { hello, socket })
            }
            Err(error) => {
                refuse(&mut socket, &error).await;
                Err(error)
            }
        }
    }

    async fn heard(&self, socket: &mut UnixStream) -> Result<Hello, ConnectError> {
        let uid = socket.peer_cred().map_err(|_| ConnectError::Silent)?.uid();
        if uid != geteuid().as_raw() {
            return Err(ConnectError::Foreign(uid));
        }
        let hello = tokio::time::timeout(PATIENCE, Hello::read(socket)).await.map_err(|_| ConnectError::Silent)??;
        // Digests, so that the time it takes says nothing about the key.
        match Digest::of(hello.key.expose()) == Digest::of(&self.key) {
            true => Ok(hello),
            false => Err(ConnectError::Key),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.place.socket());
    }
}

/// One `fail` frame of the guest protocol, for a request that nobody made.
async fn refuse(socket: &mut UnixStream, error: &ConnectError) {
    let failure = json!({"code": "denied", "message": error.to_string()});
    let body = json!({"fail": {"id": 0, "error": failure}}).to_string();
    let frame = [&(body.len() as u32).to_le_bytes()[..], body.as_bytes()].concat();
    // It may be gone, which is as well.
    let _ = tokio::time::timeout(PATIENCE, socket.write_all(&frame)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn place() -> (tempfile::TempDir, Place) {
        let state = tempfile::tempdir().unwrap();
        let place = Place::open(state.path(), &state.path().join("short")).unwrap();
        (state, place)
    }

    async fn say(door: &Door, line: &str) -> (Result<Visitor, ConnectError>, String) {
        let mut client = UnixStream::connect(door.place.socket()).await.unwrap();
        client.write_all(line.as_bytes()).await.unwrap();
        let socket = door.next().await.unwrap();
        let met = door.greet(socket).await;
        let mut told = Vec::new();
        if met.is_err() {
            client.read_to_end(&mut told).await.unwrap();
        }
        (met, String::from_utf8_lossy(&told).into_owned())
    }

    #[tokio::test]
    async fn only_who_knows_the_key_comes_in() {
        let (_state, place) = place();
        let door = Door::open(place.clone()).unwrap();
        let key = place.key().unwrap();
        let hello = |key: &str| format!("{{\"key\":\"{key}\",\"language\":\"python\",\"code\":\"x = 1\"}}\n");
        let (met, _) = say(&door, &hello(&key)).await;
        let met = met.unwrap();
        assert_eq!((met.hello.code.as_str(), met.hello.session.as_str()), ("x = 1", "default"));
        assert!(!format!("{met:?}").contains(&key), "a key is never shown");
        for (line, why) in [
            (hello(&"0".repeat(64)), "key is not that of this door"),
            ("{\"language\":\"python\"}\n".to_owned(), "no greeting"),
            (format!("{{\"key\":\"{key}\",\"language\":\"cobol\"}}\n"), "no greeting"),
            (format!("{{\"key\":\"{key}\",\"language\":\"python\",\"session\":\"../x\"}}\n"), "no greeting"),
            ("GET / HTTP/1.1\r\n".to_owned(), "no greeting"),
        ] {
            let (met, told) = say(&door, &line).await;
            assert!(met.is_err() && told.contains(why), "{line}: {told}");
        }
    }

    #[tokio::test]
    async fn there_is_one_door_and_it_goes_with_its_process() {
        let (_state, place) = place();
        let door = Door::open(place.clone()).unwrap();
        assert!(matches!(Door::open(place.clone()), Err(ConnectError::Taken(_))));
        drop(door);
        assert!(!place.socket().exists());
        Door::open(place).unwrap();
    }
}
