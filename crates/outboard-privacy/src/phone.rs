//! Telephone numbers: by their shape, and where the shape says too little, by the words around.

use crate::context;
use crate::{Finding, Kind};

const WORDS: &[&str] = &[
    "phone",
    "tel",
    "call",
    "mobile",
    "mobil",
    "cell",
    "fax",
    "dial",
    "whatsapp",
    "sms",
    "text me",
    "reach",
    "answering",
    "ring ",
    "hotline",
    "contact",
    "handy",
    "teléfono",
    "telefon",
    "téléphone",
    "portable",
    "office",
    "direct line",
    "home:",
    "work:",
    "signal",
    "landline",
    "móvil",
    "celular",
    "numero di",
    "cellulare",
    "tlf",
    "gsm",
    "puh",
    "numéro",
];
const AFTER: &[&str] = &["office", "fax", "mobile", "home", "cell", "work", "phone", "tel"];
const NOT: &[&str] = &[
    "order",
    "invoice",
    "id",
    "ticket",
    "isbn",
    "issn",
    "zip",
    "ref",
    "reference",
    "account",
    "case",
    "serial",
    "version",
    "sku",
    "tracking",
    "part",
    "page",
    "line",
    "port",
    "row",
    "total",
    "amount",
    "price",
    "timestamp",
    "commit",
    "build",
    "issue",
    "pr",
    "number of",
    "error",
    "code",
    "status",
    "year",
    "model",
    "size",
    "id:",
    "range",
    "bytes",
    "pid",
    "user_id",
];

/// A number as it is written: where it ends, and what it consists of.
pub(crate) struct Shape {
    pub(crate) end: usize,
    pub(crate) groups: Vec<usize>,
    pub(crate) separators: String,
    digits: String,
    plus: bool,
    extension: bool,
}

/// Reads digits with single separators, within a bounded distance.
pub(crate) fn shape(text: &str, start: usize) -> Option<Shape> {
    let bytes = text.as_bytes();
    let plus = bytes[start] == b'+';
    let mut shape = Shape {
        end: start,
        groups: Vec::new(),
        separators: String::new(),
        digits: String::new(),
        plus,
        extension: false,
    };
    let mut at = start + usize::from(plus);
    while let Some(next) = group(bytes, &mut shape, at) {
        at = next;
        if shape.digits.len() > 20 {
            return None;
        }
    }
    if shape.groups.is_empty() {
        return None;
    }
    extension(bytes, &mut shape);
    Some(shape)
}

/// Reads separators and then digits; nothing changes where no digits follow.
fn group(bytes: &[u8], shape: &mut Shape, from: usize) -> Option<usize> {
    let gap = bytes[from..].iter().take(3).take_while(|b| matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'/')).count();
    let fits = match &bytes[from..from + gap] {
        [] => shape.groups.is_empty() || shape.plus && shape.groups.is_empty(),
        [b'('] => true,
        [_] => !shape.groups.is_empty(),
        [b' ' | b'-', b'('] | [b')', b' ' | b'-' | b'/'] => true,
        _ => false,
    };
    let start = from + gap;
    let count = bytes[start..].iter().take(21).take_while(|b| b.is_ascii_digit()).count();
    if !fits || count == 0 {
        return None;
    }
    shape.separators.extend(bytes[from..start].iter().map(|b| char::from(*b)));
    shape.groups.push(count);
    shape.digits.extend(bytes[start..start + count].iter().map(|b| char::from(*b)));
    shape.end = start + count;
    Some(shape.end)
}

fn extension(bytes: &[u8], shape: &mut Shape) {
    let rest = &bytes[shape.end..];
    let words: [&[u8]; 7] = [b"x", b" x", b" ext. ", b" ext ", b" ext.", b" ext", b"ext"];
    let Some(word) = words.iter().find(|word| rest.len() > word.len() && rest[..word.len()].eq_ignore_ascii_case(word))
    else {
        return;
    };
    let count = rest[word.len()..].iter().take(7).take_while(|b| b.is_ascii_digit()).count();
    if (1..=6).contains(&count) {
        shape.end += word.len() + count;
        shape.extension = true;
    }
}

/// Looks at a number that begins here.
pub(crate) fn at(text: &str, start: usize) -> Option<Finding> {
    let shape = shape(text, start)?;
    let bytes = text.as_bytes();
    let count = shape.digits.len();
    if !(6..=16).contains(&count) || joined(bytes, start, shape.end) || unlike(&shape) {
        return None;
    }
    let before = context::before(text, start);
    if money(before, text, shape.end) {
        return None;
    }
    let line = before.rsplit('\n').next().unwrap_or("");
    let tail = context::after(text, shape.end);
    let told = context::has(line, WORDS) || context::has(tail.split('\n').next().unwrap_or(""), AFTER);
    let confidence = if told { confirmed(&shape) } else { alone(&shape, before) };
    let start = if shape.separators.starts_with(')') && bytes.get(start.wrapping_sub(1)) == Some(&b'(') {
        start - 1
    } else {
        start
    };
    (confidence > 0.0).then(|| Finding::new(start..shape.end, Kind::Phone, confidence, "phone"))
}

fn joined(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map(|at| bytes[at]);
    let after = bytes.get(end).copied();
    let word =
        |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@') || b >= 0x80);
    // A number that goes on behind its last separator was cut by the limits.
    let goes_on =
        matches!(after, Some(b',' | b':' | b'/' | b'-' | b'.')) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    let came = matches!(before, Some(b'.' | b'/' | b':' | b'-' | b'=' | b'&' | b'#'))
        && start.checked_sub(2).is_some_and(|at| bytes[at].is_ascii_alphanumeric() && !bytes[at].is_ascii_alphabetic());
    word(before) || word(after) || goes_on || came || matches!(before, Some(b'#' | b'/'))
}

fn money(before: &str, text: &str, end: usize) -> bool {
    let sign = before.trim_end().ends_with(['$', '€', '£', '¥', '₹']);
    let rest = text[end..].trim_start_matches(' ');
    sign || rest.starts_with(['%', '$', '€', '£', '°'])
        || ["EUR", "USD", "GBP", "kB", "MB", "ms", "bytes"].iter().any(|unit| rest.starts_with(unit))
}

/// Dates, decimals and number lists.
fn unlike(shape: &Shape) -> bool {
    let groups = shape.groups.as_slice();
    let marks = shape.separators.as_str();
    let year = |digits: &str| matches!(digits.get(..2), Some("19" | "20"));
    let date = matches!(groups, [4, 1..=2, 1..=2] | [4, 1..=2, 1..=2, 2, ..]) && year(&shape.digits)
        || matches!(groups, [1..=2, 1..=2, 4, ..]) && year(&shape.digits[groups[0] + groups[1]..])
        || matches!(groups, [1..=2, 1..=2, 2]) && matches!(marks, "//" | "..");
    let decimal = marks == "." && !shape.plus;
    let same = shape.digits.bytes().all(|b| b == shape.digits.as_bytes()[0]);
    let years = groups == [4, 4] && year(&shape.digits) && year(&shape.digits[4..]);
    let singles = groups.iter().filter(|width| **width == 1).count() > 2;
    date || decimal || same || years || singles || marks.matches('/').count() > 1
}

fn confirmed(shape: &Shape) -> f32 {
    if shape.digits.len() >= 7 { 0.9 } else { 0.7 }
}

fn alone(shape: &Shape, before: &str) -> f32 {
    let count = shape.digits.len();
    let groups = shape.groups.as_slice();
    let near = before.trim_end_matches([' ', ':', '#', '=', '"', '\'', '.', '(']);
    if NOT.iter().any(|word| context::ends(near, word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))) {
        return 0.0;
    }
    if shape.plus {
        return if (8..=15).contains(&count) && !shape.digits.starts_with('0') || count >= 11 { 0.9 } else { 0.0 };
    }
    let american =
        matches!(groups, [3, 3, 4] | [1 | 3, 3, 3, 4]) || (matches!(groups, [3, 7]) && shape.separators.contains(')'));
    let bracket = shape.separators.contains(')');
    match () {
        () if shape.extension && count >= 10 => 0.9,
        () if american => 0.8,
        () if shape.digits.starts_with("00") && count >= 10 => 0.75,
        () if bracket && count >= 8 => 0.75,
        () if shape.digits.starts_with('0') && groups.len() >= 2 && (9..=11).contains(&count) => 0.65,
        () => 0.0,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn shapes_and_surroundings() {
        for good in [
            "+1-962-819-8200",
            "675.792.5614x89902",
            "(505)498-8487x6837",
            "001-755-329-4431",
            "+49 30 901820",
            "0660 565 36 45",
            "(027) 0336-972",
            "+44 (0)20 7946 0018",
            "+33 1 42 68 53 00",
            "(03) 5327 5996",
        ] {
            let at = usize::from(good.starts_with('('));
            assert_eq!(super::at(good, at).map(|f| f.range), Some(0..good.len()), "{good}");
        }
        for bad in [
            "2024-01-31",
            "1234567890",
            "31.12.2024",
            "3.14159265",
            "1700000000",
            "12/31/2024",
            "2023 2024",
            "4111 1111 1111 1111 1",
        ] {
            assert!(super::at(bad, 0).is_none(), "{bad}");
        }
        assert!(super::at("call me: 782 2652", 9).is_some());
        assert!(super::at("order 675-792-5614", 6).is_none());
    }
}
