//! Secrets of known formats in a program's text. A program gets its rights from the gateway and needs none.

use regex::{Regex, RegexSet};
use std::sync::LazyLock;

/// What each format is called, and how it looks. Prefixes and lengths are the issuers' published ones.
const FORMATS: &[(&str, &str)] = &[
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"hooks\.slack\.com/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]{16,}"),
    ("a Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{16,}\b"),
    ("an API key of a model provider", r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("an address with a password", r#"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'"]{1,64}:[^\s:/@'"$\{]{3,64}@[A-Za-z0-9.-]+"#),
];

/// Most findings that are listed.
const MOST: usize = 64;

struct Formats {
    any: RegexSet,
    each: Vec<Regex>,
}

static KNOWN: LazyLock<Formats> = LazyLock::new(|| Formats {
    any: RegexSet::new(FORMATS.iter().map(|(_, pattern)| pattern)).expect("invariant: the patterns are constant"),
    each: FORMATS
        .iter()
        .map(|(_, pattern)| Regex::new(pattern).expect("invariant: the patterns are constant"))
        .collect(),
});

/// The kind and line of each secret; never its text.
pub(super) fn find(code: &str) -> Vec<String> {
    let known = &*KNOWN;
    let kinds = known.any.matches(code);
    let places = kinds.iter().flat_map(|kind| known.each[kind].find_iter(code).map(move |hit| (hit.start(), kind)));
    let mut places: Vec<_> = places.take(MOST).collect();
    places.sort_unstable();
    let line = |at: usize| code[..at].matches('\n').count() + 1;
    places.into_iter().map(|(at, kind)| format!("{}, line {}", FORMATS[kind].0, line(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn known_formats_are_named_with_their_line() {
        // Put together here, so that no scanner takes this file for a leak.
        let aws = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
        let url = format!("postgres://{}:{}@db.example/x", "app", "hunter22");
        let code = format!("const a = 1;\nconst b = \"{aws}\";\nconst c = '{url}';\n");
        assert_eq!(find(&code), ["an AWS access key, line 2", "an address with a password, line 3"]);
    }

    #[test]
    fn ordinary_programs_hold_none() {
        let code = "const sk = 'sk-short'; fetch(`https://${user}:${password}@host/`); const id = 'AKIAxyz';";
        assert_eq!(find(code), [] as [&str; 0]);
    }
}
