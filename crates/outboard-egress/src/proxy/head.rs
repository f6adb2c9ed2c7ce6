//! The head of a proxy request, read strictly: whatever two readers could read differently is refused.

use crate::outlet::Limits;
use crate::refusal::{Kind, Refusal};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A head, and all bytes that were read with it.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    /// Everything that came so far.
    pub(super) bytes: Vec<u8>,
    /// Where the head ends in `bytes`.
    pub(super) end: usize,
}

/// Reads a head; `None` where the client left without saying anything.
pub(super) async fn read(client: &mut (impl AsyncRead + Unpin), limits: &Limits) -> Result<Option<Head>, Refusal> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let seen = bytes.len();
        match client.read_buf(&mut bytes).await {
            Ok(0) | Err(_) if seen == 0 => return Ok(None),
            Ok(0) => return Err(Refusal::malformed("the request ended within its head")),
            Err(error) => return Err(Refusal::lost(&error)),
            Ok(_) => {}
        }
        let end = end_of(&bytes, seen.saturating_sub(3));
        if bare(&bytes[..end.unwrap_or(bytes.len())], seen) {
            return Err(Refusal::malformed("the head holds a line break without its carriage return, or a zero byte"));
        }
        if end.unwrap_or(bytes.len()) > limits.head_bytes {
            return Err(Refusal::new(
                Kind::LargeHead,
                format!("the head is larger than {} KiB", limits.head_bytes >> 10),
            ));
        }
        if let Some(end) = end {
            return parse(bytes, end, limits).map(Some);
        }
    }
}

pub(super) fn slow(limits: &Limits) -> Refusal {
    Refusal::new(Kind::Slow, format!("the head of the request did not arrive within {} s", limits.head_time.as_secs()))
}

fn end_of(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| from + at + 4)
}

/// Whether lines end in a way that only some readers accept, from here on. A carriage return at the very end may go on.
fn bare(head: &[u8], from: usize) -> bool {
    let mut before = from.checked_sub(1).map_or(0, |last| head[last]);
    for &byte in &head[from..] {
        if (byte == b'\n') != (before == b'\r') && (byte == b'\n' || before == b'\r') || byte == 0 {
            return true;
        }
        before = byte;
    }
    false
}

fn parse(bytes: Vec<u8>, end: usize, limits: &Limits) -> Result<Head, Refusal> {
    let mut headers = vec![httparse::EMPTY_HEADER; limits.headers];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(&bytes[..end]) {
        Ok(httparse::Status::Complete(used)) if used == end => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::new(Kind::LargeHead, format!("more than {} headers", limits.headers)));
        }
        Ok(_) | Err(_) => return Err(Refusal::malformed("the head is not HTTP/1.1")),
    }
    framing(request.headers, request.version == Some(0))?;
    let method = request.method.unwrap_or_default().to_owned();
    let target = request.path.unwrap_or_default().to_owned();
    Ok(Head { method, target, bytes, end })
}

/// Refuses a request that says twice, or in two ways, how long it is or whom it is for.
fn framing(headers: &[httparse::Header<'_>], is_old: bool) -> Result<(), Refusal> {
    let all = |name: &str| {
        headers.iter().filter(|one| one.name.eq_ignore_ascii_case(name)).map(|one| one.value).collect::<Vec<_>>()
    };
    let (lengths, encodings) = (all("content-length"), all("transfer-encoding"));
    for (name, list) in [("Content-Length", &lengths), ("Transfer-Encoding", &encodings), ("Host", &all("host"))] {
        if list.len() > 1 {
            return Err(Refusal::malformed(format!("{name} is there {} times", list.len())));
        }
    }
    if lengths.iter().any(|length| length.is_empty() || length.len() > 19 || !length.iter().all(u8::is_ascii_digit)) {
        return Err(Refusal::malformed("Content-Length is not a number"));
    }
    if let Some(encoding) = encodings.first()
        && (!lengths.is_empty() || is_old || !encoding.eq_ignore_ascii_case(b"chunked"))
    {
        return Err(Refusal::malformed("Transfer-Encoding is `chunked`, alone, in HTTP/1.1"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(text: &[u8]) -> Option<Kind> {
        let mut bytes = text;
        read(&mut bytes, &Limits::default()).await.err().map(|refusal| refusal.kind)
    }

    #[tokio::test]
    async fn a_plain_head_is_read() {
        let text = b"POST http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
        let head = read(&mut &text[..], &Limits::default()).await.unwrap().unwrap();
        assert_eq!(
            (head.method.as_str(), head.target.as_str(), &head.bytes[head.end..]),
            ("POST", "http://a/b", &b"abc"[..])
        );
        assert!(read(&mut &b""[..], &Limits::default()).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn doubtful_heads_are_refused() {
        for rest in [
            "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
            "Transfer-Encoding: xchunked\r\n\r\n",
            "Transfer-Encoding: gzip, chunked\r\n\r\n",
            "Transfer-Encoding : chunked\r\n\r\n",
            "Content-Length: +1\r\n\r\n",
            "Content-Length: 1, 1\r\n\r\n",
            "Content-Length: 0x1\r\n\r\n",
            "Content-Length: \r\n\r\n",
            "Host: a\r\nHost: b\r\n\r\n",
            "X: a\n\r\n\r\n",
            "X: a\r\n folded\r\n\r\n",
            "X: a\0b\r\n\r\n",
            "X: a\rb\r\n\r\n",
            "X y: a\r\n\r\n",
            ": a\r\n\r\n",
            "X: a\r\n\n",
        ] {
            let text = format!("GET http://a/ HTTP/1.1\r\n{rest}");
            assert_eq!(refused(text.as_bytes()).await, Some(Kind::Malformed), "{rest:?}");
        }
        assert_eq!(
            refused(b"GET http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").await,
            Some(Kind::Malformed)
        );
        assert_eq!(refused(b"GET http://a/\r\n\r\n").await, Some(Kind::Malformed));
        assert_eq!(refused(b"GET http://a/ HTTP/2.0\r\n\r\n").await, Some(Kind::Malformed));
        assert_eq!(refused(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").await, Some(Kind::Malformed));
    }

    #[tokio::test]
    async fn a_head_has_an_end() {
        let long = format!("GET http://a/ HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(20_000));
        let many = format!("GET http://a/ HTTP/1.1\r\n{}\r\n", "X: a\r\n".repeat(200));
        assert_eq!(refused(long.as_bytes()).await, Some(Kind::LargeHead));
        assert_eq!(refused(many.as_bytes()).await, Some(Kind::LargeHead));
        assert_eq!(refused(b"GET http://a/ HTTP/1.1\r\nX: a").await, Some(Kind::Malformed));
    }
}
