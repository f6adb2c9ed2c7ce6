//! Server-sent events: the `data` of each, from a response body.

use crate::rpc::MAX_MESSAGE;

/// Collects events from the bytes of a stream.
#[derive(Default)]
pub(super) struct Events {
    buffer: Vec<u8>,
    seen: usize,
    data: Vec<u8>,
}

/// An event over the size limit.
#[derive(Debug, thiserror::Error)]
#[error("an event of the stream is larger than {} MiB", MAX_MESSAGE >> 20)]
pub(super) struct TooLong;

impl Events {
    /// Adds bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.buffer.len() + self.data.len() + bytes.len() > MAX_MESSAGE {
            return Err(TooLong);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The data of the next whole event; events without data are passed over.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let mut start = 0;
        let mut event = None;
        while event.is_none() {
            let Some(end) = self.line_end(start) else { break };
            event =
                field(self.buffer[start..end].strip_suffix(b"\r").unwrap_or(&self.buffer[start..end]), &mut self.data);
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

fn field(line: &[u8], data: &mut Vec<u8>) -> Option<Vec<u8>> {
    if line.is_empty() {
        let event = std::mem::take(data);
        return (!event.is_empty()).then_some(event);
    }
    if let Some(value) = line.strip_prefix(b"data:") {
        if !data.is_empty() {
            data.push(b'\n');
        }
        data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Events;

    #[test]
    fn events_come_whole_however_the_stream_is_cut() {
        let text = b": hello\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nid: 1\n\ndata:x\n\ndata: not ended";
        for cut in 1..text.len() {
            let mut events = Events::default();
            let mut seen = Vec::new();
            for part in text.chunks(cut) {
                events.push(part).unwrap();
                while let Some(event) = events.next() {
                    seen.push(String::from_utf8(event).unwrap());
                }
            }
            assert_eq!(seen, ["{\"a\":\n1}", "x"], "cut at {cut}");
        }
    }
}
