//! "Did you mean": names close to one that does not exist.

use strsim::levenshtein;

/// The names closest to `wanted`, best first, at most `max`; none that would not help.
pub fn nearest<'a>(wanted: &str, among: impl Iterator<Item = &'a str>, max: usize) -> Vec<&'a str> {
    let wanted = plain(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    let allowed = (wanted.chars().count() / 3).max(2);
    let mut close: Vec<(usize, &str)> = among
        .filter_map(|name| {
            let other = plain(name);
            let distance = levenshtein(&wanted, &other);
            let inside = other.contains(&wanted) || (other.len() >= 4 && wanted.contains(&other));
            (distance <= allowed || inside).then_some((if inside { distance.min(allowed) } else { distance }, name))
        })
        .collect();
    close.sort();
    close.into_iter().take(max).map(|(_, name)| name).collect()
}

/// Lower case without separators, cut to 64 characters: `get_document` and `getDocument` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["get_document", "list_files", "share_document", "delete"];
        assert_eq!(nearest("getDocumnt", names.into_iter(), 2), ["get_document"]);
        assert_eq!(nearest("document", names.into_iter(), 2), ["get_document", "share_document"]);
        assert!(nearest("zzzzzz", names.into_iter(), 2).is_empty());
        assert!(nearest("", names.into_iter(), 2).is_empty());
    }
}
