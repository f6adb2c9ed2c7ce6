//! Server-sent events from chunks that are cut anywhere, within bounds.

/// Largest event.
const LARGEST: usize = 8 << 20;

/// Collects the data of events. Names, ids and comments are of no use here: the data says what it is.
#[derive(Default)]
pub(super) struct Stream {
    line: Vec<u8>,
    data: Vec<u8>,
    /// Whether the event under way has data, be it empty.
    holds: bool,
    /// A line feed that follows this ends no other line.
    after_return: bool,
}

/// An event over the bound.
#[derive(Debug, PartialEq)]
pub(super) struct TooLarge;

impl Stream {
    /// Takes a chunk; gives the data of the events that it ends.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<String>, TooLarge> {
        let mut ended = Vec::new();
        for &byte in chunk {
            let followed = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if followed => {}
                b'\n' | b'\r' => ended.extend(self.end_line()),
                byte => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > LARGEST {
                return Err(TooLarge);
            }
        }
        Ok(ended)
    }

    /// The event that was under way when the stream ended: some servers leave out the last empty line.
    pub(super) fn rest(&mut self) -> Option<String> {
        let last = self.end_line();
        last.or_else(|| self.event())
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.event();
        }
        let (field, value) = match line.iter().position(|&byte| byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (&line[..], &[][..]),
        };
        // A byte order mark may stand before the first field.
        if field.strip_prefix("\u{feff}".as_bytes()).unwrap_or(field) == b"data" {
            if self.holds {
                self.data.push(b'\n');
            }
            self.holds = true;
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
        }
        None
    }

    fn event(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.holds).then(|| String::from_utf8_lossy(&data).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_and_any_line_end_give_the_same_events() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["\u{feff}data: {\"é\":", "data:1}", "", ": ping", "event: x", "", "data", "", "data: last"];
            let text = text.join(end);
            for cut in 1..text.len() {
                let mut stream = Stream::default();
                let mut seen: Vec<String> =
                    text.as_bytes().chunks(cut).flat_map(|chunk| stream.feed(chunk).unwrap()).collect();
                seen.extend(stream.rest());
                assert_eq!(seen, ["{\"é\":\n1}", "", "last"], "cut at {cut}, lines end with {end:?}");
                assert_eq!(stream.rest(), None);
            }
        }
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut stream = Stream::default();
        let chunk = vec![b'x'; 1 << 20];
        assert!((0..20).any(|_| stream.feed(&chunk) == Err(TooLarge)));
    }
}
