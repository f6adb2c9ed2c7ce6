//! Server-sent events, from a response body.

use crate::rpc::MAX_MESSAGE;
use std::time::Duration;

/// The longest pause that a server may ask for before the stream is opened again.
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// The longest id of an event that is sent back.
const LONGEST_ID: usize = 1024;

/// Where a stream stood, so that it can be gone on with.
#[derive(Debug, Default, Clone)]
pub(super) struct Mark {
    /// The last event's id.
    pub(super) id: Option<String>,
    /// After which pause the server wants the stream to be opened again.
    pub(super) retry: Option<Duration>,
}

/// One event with data.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// Its kind; empty for messages.
    pub(super) kind: String,
    /// Its data.
    pub(super) data: Vec<u8>,
}

/// Collects events from the bytes of a stream.
#[derive(Default)]
pub(super) struct Events {
    buffer: Vec<u8>,
    seen: usize,
    event: Event,
    /// Where the stream stands.
    pub(super) mark: Mark,
}

/// An event over the size limit.
#[derive(Debug, thiserror::Error)]
#[error("an event of the stream is larger than {} MiB", MAX_MESSAGE >> 20)]
pub(super) struct TooLong;

impl Events {
    /// Goes on with a stream that stood there.
    pub(super) fn after(mark: Mark) -> Self {
        Self { mark, ..Self::default() }
    }

    /// Adds bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.buffer.len() + self.event.data.len() + bytes.len() > MAX_MESSAGE {
            return Err(TooLong);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole event; events without data are passed over.
    pub(super) fn next(&mut self) -> Option<Event> {
        let mut start = 0;
        let mut event = None;
        while event.is_none() {
            let Some(end) = self.line_end(start) else { break };
            let line = &self.buffer[start..end];
            event = field(line.strip_suffix(b"\r").unwrap_or(line), &mut self.event, &mut self.mark);
            start = end + 1;
            self.seen = start;
        }
        self.buffer.drain(..start);
        self.seen -= start;
        event
    }

    fn line_end(&mut self, start: usize) -> Option<usize> {
        let from = self.seen.max(start);
        let found = self.buffer[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at);
        self.seen = found.unwrap_or(self.buffer.len());
        found
    }
}

fn field(line: &[u8], event: &mut Event, mark: &mut Mark) -> Option<Event> {
    if line.is_empty() {
        let event = std::mem::take(event);
        return (!event.data.is_empty()).then_some(event);
    }
    let at = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
    let value = line.get(at + 1..).unwrap_or_default();
    let value = value.strip_prefix(b" ").unwrap_or(value);
    match &line[..at] {
        b"data" => {
            if !event.data.is_empty() {
                event.data.push(b'\n');
            }
            event.data.extend_from_slice(value);
        }
        b"event" => event.kind = String::from_utf8_lossy(value).into_owned(),
        b"id" if value.len() <= LONGEST_ID => mark.id = Some(String::from_utf8_lossy(value).into_owned()),
        b"retry" => {
            let millis = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            mark.retry = millis.map(|millis| Duration::from_millis(millis).min(LONGEST_RETRY)).or(mark.retry);
        }
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_the_stream_is_cut() {
        let text =
            b": hello\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nid: 1\nretry: 500\n\ndata:x\n\ndata: no";
        for cut in 1..text.len() {
            let mut events = Events::default();
            let mut seen = Vec::new();
            for part in text.chunks(cut) {
                events.push(part).unwrap();
                while let Some(event) = events.next() {
                    seen.push((event.kind, String::from_utf8(event.data).unwrap()));
                }
            }
            assert_eq!(seen, [("message".into(), "{\"a\":\n1}".into()), (String::new(), "x".into())], "cut at {cut}");
            let Mark { id, retry } = events.mark;
            assert_eq!((id.as_deref(), retry), (Some("1"), Some(Duration::from_millis(500))));
        }
    }
}
