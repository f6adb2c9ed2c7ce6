//! Headers of a program's request: which it may set, and which are about the connection and thus ours.

use crate::hop::OF_CONNECTION;
use crate::outlet::Limits;
use crate::refusal::{Kind, Refusal};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

const LARGEST: usize = 32 << 10;

/// Names that the connection's owner sets, beside those that speak of the connection.
const OURS: [HeaderName; 3] = [header::CONTENT_LENGTH, header::HOST, header::ACCEPT_ENCODING];

/// The headers that a program wrote, checked and counted.
pub(super) fn of_program(pairs: &[(String, String)], limits: &Limits) -> Result<HeaderMap, Refusal> {
    let size: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    if pairs.len() > limits.headers || size > LARGEST {
        let text = format!(
            "the request has {} headers with {size} bytes; the limits are {} and {LARGEST}",
            pairs.len(),
            limits.headers
        );
        return Err(Refusal::new(Kind::LargeHead, text));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let shown: String = name.chars().take(60).collect();
        let bad = |what: &str| Refusal::malformed(format!("the header {shown:?} has {what}"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a name that no header may have"))?;
        let value =
            HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad("a line break or another control character"))?;
        if !OURS.contains(&name) && !OF_CONNECTION.contains(&name) {
            headers.append(name, value);
        }
    }
    let usual = [(header::ACCEPT, "*/*"), (header::USER_AGENT, "outboard")];
    for (name, value) in usual {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<HeaderMap, Refusal> {
        of_program(&[(name.into(), value.into())], &Limits::default())
    }

    #[test]
    fn a_line_break_makes_no_second_header() {
        for (name, value) in
            [("a", "b\r\nhost: c"), ("a\r\nb", "c"), ("a", "b\nc"), ("a", "b\0"), ("a b", "c"), ("", "c"), ("a:", "c")]
        {
            assert_eq!(read(name, value).unwrap_err().kind, Kind::Malformed, "{name:?}: {value:?}");
        }
    }

    #[test]
    fn the_connection_is_not_the_programs() {
        for name in [
            "Host",
            "transfer-encoding",
            "CONTENT-LENGTH",
            "Connection",
            "Proxy-Authorization",
            "upgrade",
            "Keep-Alive",
        ] {
            assert!(!read(name, "x").unwrap().contains_key(name), "{name}");
        }
        let kept = read("Authorization", "Bearer x").unwrap();
        assert_eq!(
            (kept["authorization"].as_bytes(), kept["accept-encoding"].as_bytes()),
            (&b"Bearer x"[..], &b"identity"[..])
        );
    }

    #[test]
    fn headers_are_bounded() {
        let many = vec![("a".to_owned(), "b".to_owned()); 101];
        assert_eq!(of_program(&many, &Limits::default()).unwrap_err().kind, Kind::LargeHead);
        assert_eq!(read("a", &"b".repeat(40_000)).unwrap_err().kind, Kind::LargeHead);
    }
}
