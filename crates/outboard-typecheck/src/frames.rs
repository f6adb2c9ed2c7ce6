//! Messages of the language-server protocol: a length, and so many bytes of JSON.

use serde_json::Value;
use std::io::{self, BufRead, Read, Write};

/// Largest message that is read. What a checker says of one program is far below it.
const LARGEST: usize = 4 << 20;

/// Longest line of a head, and lines of one.
const LINE: u64 = 1_024;
const LINES: usize = 16;

/// Writes a message.
pub(crate) fn write(out: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    out.write_all(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())?;
    out.flush()
}

/// The next message; an error when there is none any more, or it is none.
pub(crate) fn read(input: &mut impl BufRead) -> io::Result<Value> {
    let mut size = None;
    for _ in 0..LINES {
        let mut line = String::new();
        input.by_ref().take(LINE).read_line(&mut line)?;
        match line.strip_suffix('\n').map(str::trim_end) {
            None => return Err(bad("a head that does not end")),
            Some("") => return body(input, size.ok_or_else(|| bad("a head without a length"))?),
            Some(line) => size = length(line).or(size),
        }
    }
    Err(bad("a head of too many lines"))
}

fn length(line: &str) -> Option<usize> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
}

fn body(input: &mut impl BufRead, size: usize) -> io::Result<Value> {
    if size > LARGEST {
        return Err(bad("a message that is too large"));
    }
    let mut bytes = Vec::new();
    // Memory is taken for what is there, not for what was announced.
    input.take(size as u64).read_to_end(&mut bytes)?;
    if bytes.len() < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&bytes).map_err(|_| bad("a message that is no JSON"))
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        write(&mut bytes, &json!({"id": 1, "é": "\r\n"})).unwrap();
        write(&mut bytes, &json!([2])).unwrap();
        let mut input = &bytes[..];
        assert_eq!(read(&mut input).unwrap(), json!({"id": 1, "é": "\r\n"}));
        assert_eq!(read(&mut input).unwrap(), json!([2]));
        assert!(read(&mut input).is_err());
    }

    #[test]
    fn hostile_messages_are_errors_and_take_no_memory() {
        let long = "x".repeat(5_000);
        let many = "A: b\r\n".repeat(20) + "Content-Length: 2\r\n\r\n{}";
        let deep = format!("Content-Length: 2000\r\n\r\n{}", "[".repeat(2_000));
        for text in [
            "",
            "Content-Length: 99999999999\r\n\r\n",
            "Content-Length: 4000000\r\n\r\n{}",
            "Content-Length: 2\r\n\r\n{",
            "Content-Length: -1\r\n\r\n{}",
            "\r\n\r\n",
            "Content-Length: 2\r\n\r\n\u{1}\u{2}",
            &long,
            &many,
            &deep,
        ] {
            assert!(read(&mut text.as_bytes()).is_err(), "{text:.40}");
        }
    }
}
