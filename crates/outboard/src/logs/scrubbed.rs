//! Lines of the log without credentials and private values, wherever they go.

use outboard_border::Border;
use outboard_types::Redacted;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What keeps private values out of the log, once there is a border.
static BORDER: OnceLock<Arc<Border>> = OnceLock::new();

/// Credentials that came after the settings were read, such as tokens of accounts; the latest last.
static LATER: Mutex<Vec<(String, Redacted<String>)>> = Mutex::new(Vec::new());

/// Of those, so many are remembered.
const REMEMBERED: usize = 256;

/// Keeps credentials and private values out of every log line from now on.
pub(crate) fn keep_from_log(border: &Arc<Border>) {
    let _ = BORDER.set(border.clone());
    border.keep_secret(&LATER.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Keeps further credentials out of the log and of what models see.
pub(crate) fn keep_secret(secrets: Vec<(String, Redacted<String>)>) {
    let mut later = LATER.lock().unwrap_or_else(PoisonError::into_inner);
    let before = later.len();
    for secret in secrets {
        if !later.contains(&secret) {
            later.push(secret);
        }
    }
    if later.len() == before {
        return;
    }
    let surplus = later.len().saturating_sub(REMEMBERED);
    later.drain(..surplus);
    if let Some(border) = BORDER.get() {
        border.keep_secret(&later);
    }
}

/// Writes whole lines that hold nothing private.
pub(super) struct Scrubbed<W>(pub(super) W);

impl<W: Write> Write for Scrubbed<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match BORDER.get() {
            Some(border) => {
                let text = String::from_utf8_lossy(line);
                self.0.write_all(border.log_line(&text).as_bytes())?;
            }
            None => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
