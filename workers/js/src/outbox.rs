//! Frames on their way out: collected during a turn, written at its end, console text within its budget.

use crate::socket;
use outboard_worker_protocol::{Console, FromWorker, encode};

/// So much is collected before it is written in the middle of a turn.
const HIGH_WATER: usize = 256 << 10;

/// The output buffer.
#[derive(Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    console_left: u64,
    dropped: u64,
}

impl Outbox {
    /// Sets how many bytes of console text may be sent.
    pub(crate) fn allow_console(&mut self, bytes: u64) {
        self.console_left = bytes;
    }

    /// Bytes of console text that were not sent.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds a frame. Our own messages are always JSON, so a failure can only be a giant: it is dropped.
    pub(crate) fn push(&mut self, message: &FromWorker) {
        let before = self.bytes.len();
        if encode(message, &mut self.bytes).is_err() {
            self.bytes.truncate(before);
        }
        if self.bytes.len() > HIGH_WATER {
            self.flush();
        }
    }

    /// Adds console text as far as the budget goes.
    pub(crate) fn console(&mut self, stream: Console, text: &str) {
        let mut room = usize::try_from(self.console_left).unwrap_or(usize::MAX).min(text.len());
        while !text.is_char_boundary(room) {
            room -= 1;
        }
        self.dropped += (text.len() - room) as u64;
        if room < text.len() {
            self.console_left = 0;
        } else {
            self.console_left -= room as u64;
        }
        if room > 0 {
            self.push(&FromWorker::Console { stream, text: text[..room].to_owned() });
        }
    }

    /// Writes everything in one go.
    pub(crate) fn flush(&mut self) {
        if !self.bytes.is_empty() {
            socket::write(&self.bytes);
            self.bytes.clear();
        }
    }
}
