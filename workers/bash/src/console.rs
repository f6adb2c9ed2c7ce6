//! What the program prints: pieces for the host, up to a number of bytes, and what is kept of it for the end.

use outboard_worker_protocol::{Console as Stream, FromWorker};

/// Most bytes of standard output that can become the program's value.
const MOST_VALUE: usize = 16 << 20;
/// How much of the end of standard error is kept for the message about a failure.
const TAIL: usize = 8 << 10;

/// The two streams of one program.
#[derive(Default)]
pub(crate) struct Console {
    room: u64,
    /// Bytes that were not sent.
    pub(crate) dropped: u64,
    /// Bytes of a character whose rest has not come, per stream.
    cut: [Vec<u8>; 2],
    value: Vec<u8>,
    too_large: bool,
    errors: Vec<u8>,
}

impl Console {
    /// A console that sends this many bytes and counts the rest.
    pub(crate) fn new(room: u64) -> Self {
        Self { room, ..Self::default() }
    }

    /// Takes what was printed; gives the frame to send, if there is text to send.
    pub(crate) fn take(&mut self, stream: Stream, bytes: &[u8]) -> Option<FromWorker> {
        self.keep(stream, bytes);
        let cut = &mut self.cut[usize::from(stream == Stream::Err)];
        cut.extend_from_slice(bytes);
        let whole = cut.len() - unfinished(cut);
        let text = String::from_utf8_lossy(&cut[..whole]).into_owned();
        cut.drain(..whole);
        self.frame(stream, text)
    }

    /// The frames of what is left when a stream has ended within a character.
    pub(crate) fn rest(&mut self) -> Vec<FromWorker> {
        let rest = [Stream::Out, Stream::Err].map(|stream| {
            let cut = std::mem::take(&mut self.cut[usize::from(stream == Stream::Err)]);
            self.frame(stream, String::from_utf8_lossy(&cut).into_owned())
        });
        rest.into_iter().flatten().collect()
    }

    /// Everything on standard output, unless it was too much to be a value.
    pub(crate) fn output(&self) -> Option<&str> {
        if self.too_large { None } else { std::str::from_utf8(&self.value).ok() }
    }

    /// The end of standard error.
    pub(crate) fn errors(&self) -> String {
        String::from_utf8_lossy(&self.errors).into_owned()
    }

    fn keep(&mut self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Err {
            self.errors.extend_from_slice(bytes);
            let surplus = self.errors.len().saturating_sub(TAIL);
            self.errors.drain(..surplus);
        } else if !self.too_large {
            self.too_large = self.value.len() + bytes.len() > MOST_VALUE;
            if self.too_large { self.value = Vec::new() } else { self.value.extend_from_slice(bytes) }
        }
    }

    fn frame(&mut self, stream: Stream, mut text: String) -> Option<FromWorker> {
        let all = text.len();
        let room = usize::try_from(self.room).unwrap_or(usize::MAX).min(all);
        text.truncate((0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
        self.dropped += (all - text.len()) as u64;
        // Once something was left out, nothing later is sent: the text has no holes.
        self.room = if text.len() < all { 0 } else { self.room - text.len() as u64 };
        (!text.is_empty()).then_some(FromWorker::Console { stream, text })
    }
}

/// How many bytes at the end are the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let Some(back) = tail.iter().rev().position(|byte| byte & 0xC0 != 0x80) else { return 0 };
    let needed = match tail[tail.len() - 1 - back] {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    };
    if back + 1 < needed { back + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frames: impl IntoIterator<Item = FromWorker>) -> String {
        let one = |frame| if let FromWorker::Console { text, .. } = frame { text } else { String::new() };
        frames.into_iter().map(one).collect()
    }

    #[test]
    fn characters_survive_any_cut() {
        let whole = "aé€😀b";
        for cut in 1..whole.len() {
            let mut console = Console::new(100);
            let frames: Vec<_> =
                whole.as_bytes().chunks(cut).filter_map(|part| console.take(Stream::Out, part)).collect();
            assert_eq!(text(frames), whole, "cut every {cut} bytes");
        }
        let mut console = Console::new(100);
        let frames: Vec<_> = console.take(Stream::Out, b"\xff\xe2\x82").into_iter().collect();
        assert_eq!(text(frames) + &text(console.rest()), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let mut console = Console::new(4);
        assert_eq!(text(console.take(Stream::Out, "abc€".as_bytes())), "abc");
        assert!(console.take(Stream::Err, b"d").is_none());
        assert_eq!((console.dropped, console.output()), (4, Some("abc€")));
    }
}
