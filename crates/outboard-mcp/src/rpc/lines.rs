//! Lines from a byte stream, none longer than a limit.
//!
//! A longer line is read to its end and dropped, so that the stream stays in step.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// How much of either end of a dropped line is kept, to find out which request it answered.
const KEEP: usize = 512;
/// A buffer that grew beyond this is given back after its line.
const BUFFER: usize = 1 << 20;

/// What was read.
pub(super) enum Line<'a> {
    /// A whole line without its end.
    Text(&'a [u8]),
    /// A line over the limit, dropped.
    TooLong {
        /// How its first bytes read.
        head: &'a [u8],
        /// How its last bytes read.
        tail: &'a [u8],
    },
}

/// Splits a stream into lines.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    tail: Vec<u8>,
    limit: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Reads from `reader`; lines over `limit` bytes are dropped.
    pub(super) fn new(reader: R, limit: usize) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), line: Vec::new(), tail: Vec::new(), limit }
    }

    /// The next line, or nothing at the end of the stream. Not safe to cancel.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<Line<'_>>> {
        self.line.clear();
        self.line.shrink_to(BUFFER);
        let limit = self.limit as u64 + 1;
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut self.line).await?;
        if read == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() > self.limit {
            self.line.truncate(KEEP);
            self.skip().await?;
            return Ok(Some(Line::TooLong { head: &self.line, tail: &self.tail }));
        }
        Ok(Some(Line::Text(&self.line)))
    }

    async fn skip(&mut self) -> std::io::Result<()> {
        self.tail.clear();
        loop {
            let read = (&mut self.reader).take(BUFFER as u64).read_until(b'\n', &mut self.tail).await?;
            let ended = read == 0 || self.tail.last() == Some(&b'\n');
            let surplus = self.tail.trim_ascii_end().len().saturating_sub(KEEP);
            self.tail.drain(..surplus);
            if ended {
                self.tail.truncate(self.tail.trim_ascii_end().len());
                return Ok(());
            }
        }
    }
}

/// Which of our requests a dropped line answered, as far as its two ends tell.
pub(super) fn answered(head: &[u8], tail: &[u8]) -> Option<i64> {
    let head = String::from_utf8_lossy(head);
    let before = head.split("\"result\"").next().unwrap_or_default();
    before.split_once("\"id\"").and_then(|(_, rest)| number_after(rest)).or_else(|| at_end(tail))
}

fn at_end(tail: &[u8]) -> Option<i64> {
    let tail = String::from_utf8_lossy(tail);
    let after = tail.rsplit_once("\"id\"")?.1;
    let rest = after.trim_start_matches([':', ' ']).trim_start_matches(|c: char| c.is_ascii_digit());
    let closes = rest.matches('}').count() == 1 && rest.ends_with('}');
    closes.then(|| number_after(after)).flatten()
}

fn number_after(text: &str) -> Option<i64> {
    let digits = text.trim_start_matches([':', ' ']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn drops_long_lines_and_goes_on() {
        let text = [b"one\n".to_vec(), vec![b'x'; 3000], b"\nlast".to_vec()].concat();
        let mut lines = Lines::new(&text[..], 100);
        assert!(matches!(lines.next().await.unwrap(), Some(Line::Text(b"one"))));
        assert!(matches!(lines.next().await.unwrap(), Some(Line::TooLong { .. })));
        assert!(matches!(lines.next().await.unwrap(), Some(Line::Text(b"last"))));
        assert!(lines.next().await.unwrap().is_none());
    }

    #[test]
    fn finds_the_id_at_either_end() {
        assert_eq!(answered(br#"{"jsonrpc":"2.0","id":7,"result":{"id":3"#, b"...}}"), Some(7));
        assert_eq!(answered(br#"{"result":{"id":3"#, br#"..."},"jsonrpc":"2.0","id":12}"#), Some(12));
        assert_eq!(answered(br#"{"result":{"id":3"#, br#"..."id":12}}"#), None);
        assert_eq!(answered(b"garbage", b"garbage"), None);
    }
}
