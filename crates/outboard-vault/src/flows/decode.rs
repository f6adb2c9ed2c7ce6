//! The texts that a text may hold in other encodings, also within each other; depth and work are bounded.

use crate::encodings;

/// How deep encodings within encodings are undone.
const DEPTH: usize = 3;

/// Shorter runs of letters and digits hold no value.
const SHORTEST_BASE64: usize = 6;
const SHORTEST_HEX: usize = 8;

/// How a text came out of another: the encodings that were undone, the outermost first.
pub(super) type How = Vec<&'static str>;

/// Visits the text and all that it may hold; false if work ended before that.
pub(super) fn each(text: &str, budget: &mut usize, visit: &mut dyn FnMut(&str, &How)) -> bool {
    let mut waiting = vec![(text.to_owned(), How::new())];
    while let Some((text, how)) = waiting.pop() {
        let Some(left) = budget.checked_sub(text.len()) else { return false };
        *budget = left;
        visit(&text, &how);
        if how.len() == DEPTH {
            continue;
        }
        for (name, inner) in inner(&text) {
            let mut how = how.clone();
            how.push(name);
            waiting.push((inner, how));
        }
    }
    true
}

fn inner(text: &str) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let mut add = |name, inner: String| {
        if inner != text && !inner.trim().is_empty() {
            all.push((name, inner));
        }
    };
    if text.contains('\\') {
        add("json", encodings::from_json(text));
    }
    if text.contains(['%', '+']) {
        add("url", String::from_utf8_lossy(&encodings::from_url(text)).into_owned());
    }
    if text.contains('&') && text.contains(';') {
        add("html", from_html(text));
    }
    let bytes = text.as_bytes();
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    for offset in 0..4 {
        add("base64", decoded_runs(bytes, base64, SHORTEST_BASE64, offset, encodings::from_base64));
    }
    for offset in 0..2 {
        let hex = |byte: u8| byte.is_ascii_hexdigit();
        add("hex", decoded_runs(bytes, hex, SHORTEST_HEX, offset, |run| Some(encodings::from_hex(run))));
    }
    all
}

/// What all runs of such bytes decode to when they begin `offset` bytes later, where it can be text.
fn decoded_runs(
    bytes: &[u8],
    belongs: impl Fn(u8) -> bool,
    shortest: usize,
    offset: usize,
    decode: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        // Line breaks belong to a run: base64 in letters has them.
        while at < bytes.len() && (belongs(bytes[at]) || (at > start && matches!(bytes[at], b'\r' | b'\n'))) {
            at += 1;
        }
        if at - start >= shortest + offset
            && let Some(decoded) = decode(&bytes[start + offset..at])
            && is_texty(&decoded)
        {
            out.push_str(&String::from_utf8_lossy(&decoded));
            out.push('\n');
        }
        at = at.max(start + 1);
    }
    out
}

/// Whether some part of the bytes can be a text: five printable ones in a row, or letters beyond ASCII.
fn is_texty(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~') || *byte >= 0x80;
    bytes.split(|byte| !printable(byte)).any(|run| run.len() >= 3)
}

/// The common and the numeric references of HTML undone.
fn from_html(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, reference(rest.get(1..end)?)?))) {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    let number = name.strip_prefix('#');
    match (name, number) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(number)) => {
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(code.ok()?)
        }
        _ => None,
    }
}
