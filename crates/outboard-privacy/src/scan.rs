//! One pass over the bytes: what may begin a value is looked at, everything else is stepped over.

use crate::Kind;
use crate::finding::Finding;
use crate::{email, iban, ids, ip, number, secret, url};

pub(crate) fn scan(text: &str, out: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (found, next) = look(text, at);
        at = next;
        if let Some(found) = found {
            at = at.max(found.range.end);
            // `user:password@host` is no mailbox.
            let within = |last: &Finding| last.kind == Kind::Secret && last.range.end > found.range.start;
            if !out.last().is_some_and(within) {
                out.push(found);
            }
        }
    }
}

/// What begins here, and where to go on if nothing does.
fn look(text: &str, at: usize) -> (Option<Finding>, usize) {
    let bytes = text.as_bytes();
    let digit_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    match bytes[at] {
        b'@' => (email::at(text, at), at + 1),
        b':' if bytes[at..].starts_with(b"://") => (url::credentials(text, at + 3), at + 3),
        b':' if bytes[at..].starts_with(b"::") && !(at > 0 && bytes[at - 1].is_ascii_alphanumeric()) => {
            (ip::colons(text, at), at + 2)
        }
        b'+' if digit_follows => (number::at(text, at), at + 1),
        byte if byte.is_ascii_alphanumeric() => word(text, at),
        _ => (None, at + 1),
    }
}

/// Letters and digits are looked at where they begin, and stepped over as a whole.
fn word(text: &str, at: usize) -> (Option<Finding>, usize) {
    let bytes = text.as_bytes();
    let end = at + bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let colons = bytes.get(end) == Some(&b':') && end - at <= 4 && bytes[at..end].iter().all(u8::is_ascii_hexdigit);
    let found = if colons { ip::colons(text, at) } else { None };
    let found = found.or_else(|| if bytes[at].is_ascii_digit() { number::at(text, at) } else { letters(text, at) });
    (found, end)
}

fn letters(text: &str, at: usize) -> Option<Finding> {
    iban::at(text, at).or_else(|| secret::at(text, at)).or_else(|| ids::word(text, at)).or_else(|| ip::mac_at(text, at))
}
