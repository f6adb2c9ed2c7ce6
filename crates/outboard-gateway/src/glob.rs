//! Lists of patterns.

use outboard_types::glob;

/// Whether one of the patterns matches; no pattern at all means everything.
pub(crate) fn any(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, text))
}

#[cfg(test)]
mod tests {
    use super::any;

    #[test]
    fn no_pattern_means_everything() {
        assert!(any(&[], "all of them"));
        assert!(!any(&["get_*".to_owned()], "forget_me"));
    }
}
