//! The first words of a process that comes.

use crate::ConnectError;
use outboard_types::{Language, Redacted, SessionName};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

/// The longest line, in bytes: a program and a little more.
const LONGEST: usize = 2 << 20;

/// Who comes.
#[derive(Debug, Deserialize)]
pub struct Hello {
    /// The door's key, which only the user can read.
    #[serde(deserialize_with = "secret")]
    pub(crate) key: Redacted<String>,
    /// The language of the modules that it uses.
    #[serde(deserialize_with = "language")]
    pub language: Language,
    /// The program's text, as far as it is known: the file that was started. Empty at a prompt.
    #[serde(default)]
    pub code: String,
    /// The session whose workspace and private values are meant; `default` without it.
    #[serde(default, deserialize_with = "session")]
    pub session: SessionName,
}

fn language<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Language, D::Error> {
    let name = String::deserialize(from)?;
    Language::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown language {name:?}")))
}

fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Redacted<String>, D::Error> {
    String::deserialize(from).map(Redacted::new)
}

fn session<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SessionName, D::Error> {
    SessionName::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

impl Hello {
    /// Reads one line and not a byte more: what follows are frames, and a process sends none before it is asked.
    pub(crate) async fn read(socket: &mut UnixStream) -> Result<Self, ConnectError> {
        let mut line = Vec::new();
        let mut chunk = [0; 8_192];
        while line.last() != Some(&b'\n') {
            let read = socket.read(&mut chunk).await.map_err(|_| ConnectError::Silent)?;
            if read == 0 {
                return Err(ConnectError::Silent);
            }
            line.extend_from_slice(&chunk[..read]);
            if line.len() > LONGEST {
                return Err(ConnectError::Garbled(format!("it is longer than {LONGEST} bytes")));
            }
        }
        serde_json::from_slice(&line).map_err(|error| ConnectError::Garbled(error.to_string()))
    }
}
