//! Lines of the log without credentials and private values, wherever they go.

use outboard_border::Border;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

/// What keeps private values out of the log, once there is a border.
static BORDER: OnceLock<Arc<Border>> = OnceLock::new();

/// Keeps credentials and private values out of every log line from now on.
pub(crate) fn keep_from_log(border: &Arc<Border>) {
    let _ = BORDER.set(border.clone());
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
