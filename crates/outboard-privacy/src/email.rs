//! E-mail addresses, from the `@` outwards.

use crate::{Finding, Kind};

const LOCAL: usize = 64;
const DOMAIN: usize = 253;

pub(crate) fn at(text: &str, sign: usize) -> Option<Finding> {
    let start = local(text, sign)?;
    let end = domain(text, sign + 1)?;
    Some(Finding::new(start..end, Kind::Email, 0.98, "email"))
}

fn local(text: &str, sign: usize) -> Option<usize> {
    let mut start = sign;
    for (at, c) in text[..sign].char_indices().rev() {
        if !(c.is_alphanumeric() || "._%+-'!#$&*/=?^`{|}~".contains(c)) || sign - at > LOCAL {
            break;
        }
        start = at;
    }
    // What may stand in an address by the letter of the standard, but rather surrounds it in a text.
    let found = &text[start..sign];
    let found = found.rsplit(['=', '|', '/', '{', '}', '`', '?', '#', '*', '&', '!', '~', '$']).next()?;
    let found = found.trim_start_matches(['.', '\'', '-', '^', '%', '+']);
    (!found.is_empty() && !found.ends_with('.') && !found.contains("..")).then_some(sign - found.len())
}

fn domain(text: &str, from: usize) -> Option<usize> {
    let mut end = from;
    for (at, c) in text[from..].char_indices() {
        if !(c.is_alphanumeric() || c == '.' || c == '-') || at > DOMAIN {
            break;
        }
        end = from + at + c.len_utf8();
    }
    let mut found = text[from..end].trim_end_matches(['.', '-']);
    // `a@b.com.Then`: a sentence that goes on without a blank.
    if let Some((head, tail)) = found.rsplit_once('.')
        && head.contains('.')
        && tail.starts_with(char::is_uppercase)
        && head.chars().all(|c| !c.is_uppercase())
    {
        found = head;
    }
    let (head, top) = found.rsplit_once('.')?;
    let fits = top.chars().count() >= 2 && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"));
    let labels = head.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    (fits && labels).then_some(from + found.len())
}

#[cfg(test)]
mod tests {
    #[test]
    fn borders_are_right() {
        for (text, wanted) in [
            ("write to ann.lee@example.com.", Some("ann.lee@example.com")),
            ("<müller@bücher.example>", Some("müller@bücher.example")),
            ("mailto=x+y@a-b.co.uk,", Some("x+y@a-b.co.uk")),
            ("'o'neil@example.org'", Some("o'neil@example.org")),
            ("see @ann at example.com", None),
            ("a@localhost and a@1.2", None),
        ] {
            let found = text.find('@').and_then(|at| super::at(text, at)).map(|found| &text[found.range]);
            assert_eq!(found, wanted, "{text}");
        }
    }
}
