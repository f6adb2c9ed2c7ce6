//! What differs between two versions, as people read it.

use crate::Files;
use similar::TextDiff;
use std::collections::BTreeSet;

/// Longest text of a difference, in bytes.
const MOST: usize = 256 << 10;

/// The difference as a unified diff; empty where there is none.
pub fn difference(old: &Files, new: &Files) -> String {
    let paths: BTreeSet<&str> = old.iter().chain(new.iter()).map(|(path, _)| path).collect();
    let mut text = String::new();
    for path in paths {
        let (before, after) = (bytes(old, path), bytes(new, path));
        if before == after {
            continue;
        }
        match (std::str::from_utf8(before.unwrap_or_default()), std::str::from_utf8(after.unwrap_or_default())) {
            (Ok(one), Ok(other)) => {
                let name = |side: &str, there: bool| if there { format!("{side}/{path}") } else { "/dev/null".into() };
                let lines = TextDiff::from_lines(one, other);
                let (from, to) = (name("a", before.is_some()), name("b", after.is_some()));
                text.push_str(&lines.unified_diff().context_radius(3).header(&from, &to).to_string());
            }
            _ => text.push_str(&format!("binary file {path} differs\n")),
        }
        if text.len() > MOST {
            text.truncate(text.floor_char_boundary(MOST));
            text.push_str("\n(cut)\n");
            break;
        }
    }
    text
}

fn bytes<'f>(files: &'f Files, wanted: &str) -> Option<&'f [u8]> {
    files.iter().find(|(path, _)| *path == wanted).map(|(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_new_and_removed_files_are_shown() {
        let old = Files::new().with("x/index.ts", "a\nb\n").unwrap().with("x/gone", "1\n").unwrap();
        let new = Files::new().with("x/index.ts", "a\nc\n").unwrap().with("x/new", "2\n").unwrap();
        let text = difference(&old, &new);
        for part in ["-b\n", "+c\n", "--- a/x/gone\n+++ /dev/null", "--- /dev/null\n+++ b/x/new"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(difference(&old, &old), "");
    }
}
