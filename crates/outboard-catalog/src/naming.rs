//! From upstream names to identifiers of TypeScript and Python, without collisions.

use crate::reserved;
use std::collections::HashMap;

/// The words of a name: split at signs, at `aB`, and at `ABc`; the `s` of `PRs` stays with its capitals.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let (mut words, mut word) = (Vec::new(), String::new());
    for (at, &c) in chars.iter().enumerate() {
        if !word.is_empty() && (!c.is_alphanumeric() || starts_word(&chars, at)) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

fn starts_word(chars: &[char], at: usize) -> bool {
    let is_lower = |at: usize| chars.get(at).is_some_and(|c| c.is_lowercase());
    let Some(&before) = at.checked_sub(1).and_then(|at| chars.get(at)) else { return false };
    let plural = chars.get(at + 1) == Some(&'s') && !is_lower(at + 2) && before.is_uppercase();
    chars[at].is_uppercase() && (before.is_lowercase() || before.is_numeric() || (is_lower(at + 1) && !plural))
}

/// `get_document` → `getDocument`; a name that already is a plain camel-case identifier stays.
pub(crate) fn camel(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_lowercase()) && name.chars().all(char::is_alphanumeric);
    let joined = match plain {
        true => name.to_owned(),
        false => words(name).iter().enumerate().map(|(at, word)| capital(word, at > 0)).collect(),
    };
    identifier(joined, reserved::in_typescript)
}

fn capital(word: &str, first_up: bool) -> String {
    let all_upper = word.strip_suffix('s').unwrap_or(word).chars().all(|c| !c.is_lowercase());
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return String::new() };
    match (first_up, all_upper) {
        (true, true) => first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect(),
        (true, false) => first.to_uppercase().chain(chars).collect(),
        (false, true) => word.to_lowercase(),
        (false, false) => first.to_lowercase().chain(chars).collect(),
    }
}

/// `getDocument`, `get-document` → `get_document`.
pub(crate) fn snake(name: &str) -> String {
    let joined = words(name).iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join("_");
    identifier(joined, reserved::in_python)
}

/// `google-drive` as a folder name: what is not a letter, digit, `-`, `_` or `.` becomes `-`.
pub(crate) fn folder(name: &str) -> String {
    let keep = |c: char| is_identifier_part(c) || matches!(c, '-' | '_' | '.');
    let text: String = name.chars().map(|c| if keep(c) { c } else { '-' }).collect();
    match text.trim_start_matches('.') {
        "" => "_".into(),
        rest if reserved::as_folder(rest) => format!("{rest}_"),
        rest => rest.to_owned(),
    }
}

/// Makes text an identifier: not empty, no digit in front, no reserved word.
fn identifier(text: String, is_reserved: fn(&str) -> bool) -> String {
    let text: String = text.chars().filter(|&c| c == '_' || is_identifier_part(c)).collect();
    let text = text.trim_matches('_');
    match text.chars().next() {
        None => "_".into(),
        Some(c) if c.is_ascii_digit() => format!("_{text}"),
        _ if is_reserved(text) => format!("{text}_"),
        _ => text.to_owned(),
    }
}

/// Letters and digits that identifiers of both languages accept. Beyond ASCII these are the blocks whose
/// letters Python leaves as they are: it folds compatibility forms such as `ﬁ` into other letters, and a
/// module's file would no longer be found under the name in the program.
fn is_identifier_part(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ı' | 'Ĵ'..='ľ' | 'Ł'..='ň' | 'Ŋ'..='ž'
            | 'Α'..='Ρ' | 'Σ'..='Ϋ' | 'ά'..='ώ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ' | 'Ա'..='Ֆ' | 'ա'..='ֆ'
            | 'א'..='ת' | 'ؠ'..='ي' | 'ก'..='ะ' | 'Ა'..='Ჺ' | 'ა'..='ჺ'
            | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '㐀'..='䶿' | '一'..='鿿' | '가'..='힣')
}

/// Gives each name out once; the second taker gets `_2`, the third `_3`.
#[derive(Default)]
pub(crate) struct Taken(HashMap<String, u32>);

impl Taken {
    pub(crate) fn take(&mut self, wanted: String) -> String {
        // Counting on from the last number given keeps thousands of equal names from being tried again.
        let mut number = self.0.get(&wanted).copied().unwrap_or(0);
        let mut name = wanted.clone();
        while number > 0 || self.0.contains_key(&name) {
            number = number.max(1) + 1;
            name = format!("{wanted}_{number}");
            if !self.0.contains_key(&name) {
                break;
            }
        }
        self.0.insert(name.clone(), 1);
        if number > 0 {
            self.0.insert(wanted, number);
        }
        name
    }

    pub(crate) fn holds(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// A name for each of `raw`, in its order. Who is called that already keeps the name; the others share
/// the rest in the order given, so that `get_document` never loses its name to `getDocument`.
pub(crate) fn assign(raw: &[&str], form: fn(&str) -> String, taken: &mut Taken) -> Vec<String> {
    let wanted: Vec<String> = raw.iter().map(|name| form(name)).collect();
    let mut given: Vec<Option<String>> = vec![None; raw.len()];
    for own in [true, false] {
        for (at, wanted) in wanted.iter().enumerate().filter(|(at, wanted)| (wanted.as_str() == raw[*at]) == own) {
            given[at] = Some(taken.take(wanted.clone()));
        }
    }
    given.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_naturally_in_both_languages() {
        for (name, ts, py) in [
            ("get_document", "getDocument", "get_document"),
            ("getDocument", "getDocument", "get_document"),
            ("list-PRs", "listPrs", "list_prs"),
            ("listPRsOfUser", "listPRsOfUser", "list_prs_of_user"),
            ("API-post-page", "apiPostPage", "api_post_page"),
            ("getHTTPStatus", "getHTTPStatus", "get_http_status"),
            ("export", "export_", "export"),
            ("class", "class_", "class_"),
            ("index", "index_", "index"),
            ("2fa", "_2fa", "_2fa"),
            ("---", "_", "_"),
            ("__init__", "init", "init"),
            ("__proto__", "proto", "proto"),
            ("查询 表", "查询表", "查询_表"),
            ("straße_größe", "straßeGröße", "straße_größe"),
            ("ﬁle", "le", "le"),
            ("Ⓐ\u{301}", "_", "_"),
            ("GET", "get_", "get"),
        ] {
            assert_eq!((camel(name).as_str(), snake(name).as_str()), (ts, py), "{name}");
        }
    }

    #[test]
    fn folders_stay_inside_and_keep_their_meaning() {
        for (name, wanted) in [("google-drive", "google-drive"), ("..", "_"), ("a b", "a-b"), ("index", "index_")] {
            assert_eq!(folder(name), wanted);
        }
        assert_eq!(folder("x:\u{202e}y"), "x--y");
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let mut taken = Taken::default();
        let got: Vec<_> = ["a", "a", "a_2", "a", "a_2"].map(|name| taken.take(name.into())).into();
        assert_eq!(got, ["a", "a_2", "a_2_2", "a_3", "a_2_3"]);
    }

    #[test]
    fn who_is_called_so_keeps_the_name() {
        let raw = ["getDocument", "get-document", "get_document"];
        assert_eq!(assign(&raw, snake, &mut Taken::default()), ["get_document_2", "get_document_3", "get_document"]);
        assert_eq!(assign(&raw, camel, &mut Taken::default()), ["getDocument", "getDocument_2", "getDocument_3"]);
    }

    #[test]
    fn ten_thousand_equal_names_take_no_time() {
        let mut taken = Taken::default();
        let last = (0..10_000).map(|_| taken.take("x".into())).last();
        assert_eq!(last.as_deref(), Some("x_10000"));
    }

    #[test]
    fn letters_are_those_that_python_leaves_alone() {
        let letters: String = ('\u{80}'..=char::MAX).filter(|&c| is_identifier_part(c)).collect();
        let script = "import sys,unicodedata as u\nfor c in sys.stdin.buffer.read().decode():\n    \
                      assert ('a'+c).isidentifier() and u.normalize('NFKC', c) == c, hex(ord(c))";
        let mut python = std::process::Command::new("python3")
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("python3 is missing: apt-get install python3");
        std::io::Write::write_all(&mut python.stdin.take().unwrap(), letters.as_bytes()).unwrap();
        assert!(python.wait().unwrap().success());
    }
}
