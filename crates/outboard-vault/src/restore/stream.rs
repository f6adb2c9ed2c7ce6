//! Restores text that arrives in pieces.

use super::Restorer;
use crate::error::RestoreError;
use crate::session::Session;
use crate::token;
use std::sync::Arc;

/// No token with its domain is longer; so much is held back at most.
const HOLD: usize = token::LONGEST + 3 + 256;

/// Restores a stream of text; tokens and characters may be cut anywhere by the borders of its pieces.
///
/// Unlike [`Session::restore`] it does not look whether the whole is JSON: whoever streams JSON has to restore
/// its strings one by one.
#[derive(Debug)]
pub struct RestoreStream {
    session: Arc<Session>,
    held: Vec<u8>,
}

impl RestoreStream {
    /// A stream of this session.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session, held: Vec::new() }
    }

    /// Takes the next piece; what is settled of it and of what was held back. Bytes that are no UTF-8 become
    /// replacement characters.
    pub fn push(&mut self, piece: &[u8]) -> Result<String, RestoreError> {
        self.held.extend_from_slice(piece);
        let cut = settled(&self.held);
        let rest = self.held.split_off(cut);
        let text = std::mem::replace(&mut self.held, rest);
        self.session.restore_plain(&String::from_utf8_lossy(&text))
    }

    /// What is left when the stream ends.
    pub fn finish(mut self) -> Result<String, RestoreError> {
        let text = std::mem::take(&mut self.held);
        self.session.restore_plain(&String::from_utf8_lossy(&text))
    }
}

/// How many bytes no later piece can change: up to where a token may begin that may go on, or a character is cut.
fn settled(bytes: &[u8]) -> usize {
    let near = bytes.len().saturating_sub(HOLD);
    let end = near + memchr::memchr2(b'[', b'%', &bytes[near..]).unwrap_or(bytes.len() - near);
    whole_chars(&bytes[..end])
}

/// The length without a character that is cut at the end.
fn whole_chars(bytes: &[u8]) -> usize {
    let start = bytes.len().saturating_sub(3);
    for at in (start..bytes.len()).rev() {
        let needed = match bytes[at] {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if bytes.len() - at < needed { at } else { bytes.len() };
    }
    bytes.len()
}

impl Session {
    fn restore_plain(&self, text: &str) -> Result<String, RestoreError> {
        if !super::has_mark(text, self.kinds()) {
            return Ok(text.to_owned());
        }
        self.sync()?;
        self.with_state(|state| Ok(Restorer { state, kinds: self.kinds() }.plain(text)?.into_owned()))
    }
}
