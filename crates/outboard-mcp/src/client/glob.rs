//! Patterns over tool names: `*` stands for any text, `?` for one character.

/// Whether the whole name fits the pattern. Time is at most the product of both lengths.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut star, mut from) = (0, None, 0);
    let mut seen = 0;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => (star, from, at) = (Some(at), seen, at + 1),
            Some(&one) if one == '?' || one == name[seen] => (at, seen) = (at + 1, seen + 1),
            _ => match star {
                // Let the last star take one character more and try again from there.
                Some(star) => (from, seen, at) = (from + 1, from + 1, star + 1),
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn fits_whole_names() {
        for (pattern, name) in
            [("*", ""), ("get_*", "get_x"), ("*_?et*", "a_get_b_set"), ("a*b*c", "axxbxbc"), ("é?", "éa")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("", "a"), ("get_*", "xget_a"), ("a*b", "abc"), ("?", ""), ("ab", "abc")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
