//! Patterns over names: `*` stands for any run of characters, `?` for one.

/// Whether the whole text fits the pattern. Time is at most the product of both lengths.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => (star, at) = (Some((at, seen)), at + 1),
            Some(&one) if one == '?' || one == text[seen] => (at, seen) = (at + 1, seen + 1),
            _ => match star {
                // Let the last star take one character more and try again from there.
                Some((before, from)) => (star, at, seen) = (Some((before, from + 1)), before + 1, from + 1),
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_match_as_people_expect() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("*", "", true),
            ("crm.get_*", "crm.get_document", true),
            ("get_*", "forget_me", false),
            ("*_record*", "update_record", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
            ("*_?et*", "a_get_b_set", true),
            ("\u{e9}?", "\u{e9}a", true),
            ("a?", "a", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} ~ {text}");
        }
    }
}
