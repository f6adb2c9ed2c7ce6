//! Credentials: known beginnings, tokens that describe themselves, private keys, and chance under telling keys.

use crate::{Finding, Kind};

/// Beginning and the least number of bytes that follow it.
const KNOWN: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("ABIA", 16),
    ("AIza", 30),
    ("ya29.", 20),
    ("GOCSPX-", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("gldt-", 16),
    ("glrt-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xoxr-", 16),
    ("xoxs-", 16),
    ("xapp-", 16),
    ("sk_live_", 14),
    ("sk_test_", 14),
    ("rk_live_", 14),
    ("rk_test_", 14),
    ("whsec_", 20),
    ("sk-", 20),
    ("hf_", 20),
    ("npm_", 30),
    ("pypi-", 40),
    ("dop_v1_", 40),
    ("SG.", 30),
    ("shpat_", 24),
    ("shpss_", 24),
    ("shpca_", 24),
    ("sq0atp-", 20),
    ("sq0csp-", 20),
    ("EAAAE", 40),
    ("key-", 32),
    ("lin_api_", 30),
    ("ntn_", 30),
    ("secret_", 40),
    ("figd_", 30),
    ("dapi", 32),
    ("PMAK-", 40),
    ("NRAK-", 20),
    ("hvs.", 20),
    ("pat-na1-", 30),
    ("tfp_", 30),
    ("r8_", 30),
    ("gsk_", 30),
    ("pplx-", 30),
    ("xai-", 40),
    ("AGE-SECRET-KEY-", 40),
    ("dckr_pat_", 20),
    ("rubygems_", 30),
    ("glsa_", 30),
    ("sntrys_", 30),
    ("pul-", 30),
    ("ATATT3", 40),
    ("ATBB", 24),
    ("EZAK", 50),
    ("FLWSECK_TEST-", 12),
    ("duffel_live_", 30),
    ("dp.pt.", 30),
    ("sbp_", 30),
    ("nfp_", 30),
    ("CCIPAT_", 30),
    ("bkua_", 30),
    ("tskey-", 20),
    ("AccountKey=", 40),
    ("SharedAccessKey=", 30),
];
const LONGEST: usize = 4096;
/// No known credential is shorter: most words are turned away by this alone.
const SHORTEST: usize = 18;

/// Looks at a word that begins here.
pub(crate) fn at(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    match bytes[start] {
        b'e' => token(text, start),
        b'B' => private_key(text, start),
        _ => None,
    }
    .or_else(|| known(text, start))
}

fn known(text: &str, start: usize) -> Option<Finding> {
    let rest = &text.as_bytes()[start..];
    if run(&rest[..rest.len().min(SHORTEST)], b"_-./+=") < SHORTEST {
        return None;
    }
    let (head, least) =
        KNOWN.iter().find(|(head, _)| head.as_bytes()[0] == rest[0] && rest.starts_with(head.as_bytes()))?;
    let tail = run(&rest[head.len()..], b"_-./+=");
    let value = &text[start + head.len()..start + head.len() + tail];
    let value = value.trim_end_matches(['.', '/']);
    let varied = value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
    (value.len() >= *least && varied)
        .then(|| Finding::new(start..start + head.len() + value.len(), Kind::Secret, 0.98, "vendor-key"))
}

fn run(bytes: &[u8], also: &[u8]) -> usize {
    bytes.iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric() || also.contains(b)).count()
}

/// A JSON web token: three parts, of which the first is an object.
fn token(text: &str, start: usize) -> Option<Finding> {
    let rest = &text.as_bytes()[start..];
    if !rest.starts_with(b"eyJ") || run(&rest[..rest.len().min(10)], b"_-") < 10 {
        return None;
    }
    // Five parts are the most: what goes on is stepped over, so that a row of such beginnings stays cheap.
    let mut points = 0;
    let part = |b: &&u8| {
        points += usize::from(**b == b'.');
        points <= 5 && (b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    let length = rest.iter().take(LONGEST).take_while(part).count();
    let value = text[start..start + length].trim_end_matches('.');
    let parts: Vec<&str> = value.split('.').collect();
    (matches!(parts.len(), 3 | 5) && parts[0].len() >= 10 && value.len() >= 30)
        .then(|| Finding::new(start..start + value.len(), Kind::Secret, 0.99, "jwt"))
}

fn private_key(text: &str, start: usize) -> Option<Finding> {
    let from = start.checked_sub(5)?;
    let rest = text.get(from..)?;
    let line = &rest.as_bytes()[..rest.len().min(64)];
    let head = std::str::from_utf8(line).unwrap_or("");
    let title = head.strip_prefix("-----BEGIN ")?.split_once("-----")?.0;
    if !title.ends_with("PRIVATE KEY") && title != "PGP PRIVATE KEY BLOCK" {
        return None;
    }
    let window = rest.as_bytes().iter().take(4 * LONGEST).take_while(|b| b.is_ascii()).count();
    let end = rest[..window]
        .find("-----END ")
        .map_or(window, |at| rest[at + 9..window].find("-----").map_or(window, |close| at + 14 + close));
    Some(Finding::new(from..from + end, Kind::Secret, 0.99, "private-key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_credentials() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-x";
        assert_eq!(at(jwt, 0).map(|f| f.range.len()), Some(jwt.len()));
        let vendor = ["gh", "p_", "0123456789abcdefghijABCDEFGHIJ012345"].concat();
        assert!(at(&vendor, 0).is_some());
        assert!(at("sk-learn-is-a-library-for-learning", 0).is_none());
        let pem = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----";
        assert_eq!(at(pem, 5).map(|f| f.range), Some(0..pem.len()));
    }
}
