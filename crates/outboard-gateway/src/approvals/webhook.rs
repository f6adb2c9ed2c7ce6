//! Questions and answers as signed messages. Pure: who sends and receives them is decided elsewhere.
//!
//! The header `Outboard-Signature: t=SECONDS,v1=HEX` holds the HMAC-SHA256, under a shared key, of
//! `SECONDS.BODY`. Both directions sign alike. An answer names the digest of the arguments it is about, so
//! that nobody approves something else than was shown.

use super::{Answer, ApprovalRecord, ApprovalScope, Question};
use hmac::{Hmac, Mac};
use outboard_types::{Digest, Redacted};
use serde::Deserialize;
use sha2::Sha256;
use std::time::Duration;

/// The name of the header that carries the signature.
pub const HEADER: &str = "Outboard-Signature";

/// How far the clocks of the two sides may be apart.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// Longest answer that is read.
const LONGEST: usize = 16 * 1_024;

/// Shortest key, in bytes.
const SHORTEST_KEY: usize = 16;

/// The key that both sides know; never shown.
#[derive(Debug, Clone)]
pub struct WebhookKey(Redacted<Vec<u8>>);

impl WebhookKey {
    /// Takes a key of at least 16 bytes.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, WebhookProblem> {
        let secret = secret.into();
        if secret.len() < SHORTEST_KEY { Err(WebhookProblem::WeakKey) } else { Ok(Self(Redacted::new(secret))) }
    }

    fn mac(&self, seconds: u64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("invariant: HMAC takes keys of any size");
        mac.update(seconds.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }
}

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookProblem {
    /// The key is too short to protect anything.
    #[error("the webhook's key has fewer than 16 bytes; use 32 random ones")]
    WeakKey,
    /// The header is missing a part.
    #[error("the signature header is not of the form t=SECONDS,v1=HEX")]
    Header,
    /// The signature is another.
    #[error("the signature does not belong to this message and key")]
    Signature,
    /// The message is old, or one clock is wrong.
    #[error("the message was signed {0} s from now; at most 300 are accepted")]
    Stale(u64),
    /// The body is no answer.
    #[error("the answer is not usable: {0}")]
    Body(String),
    /// The answer is about something else.
    #[error("the answer is about other arguments than those that wait")]
    OtherArguments,
}

/// The body that tells about a question.
pub fn payload(question: &Question) -> String {
    serde_json::json!({ "type": "approval.opened", "approval": question.record, "similar": question.similar })
        .to_string()
}

/// The header's value for a body.
pub fn sign(key: &WebhookKey, seconds: u64, body: &[u8]) -> String {
    let tag = key.mac(seconds, body).finalize().into_bytes();
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// Checks that a body was signed with the key, and lately. The comparison takes the same time whatever
/// differs.
pub fn verify(key: &WebhookKey, header: &str, body: &[u8], now_s: u64) -> Result<(), WebhookProblem> {
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let seconds: u64 = part("t").and_then(|text| text.parse().ok()).ok_or(WebhookProblem::Header)?;
    let tag = part("v1").and_then(unhex).ok_or(WebhookProblem::Header)?;
    key.mac(seconds, body).verify_slice(&tag).map_err(|_| WebhookProblem::Signature)?;
    let apart = seconds.abs_diff(now_s);
    if apart > TOLERANCE.as_secs() { Err(WebhookProblem::Stale(apart)) } else { Ok(()) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes = pairs.map(|pair| u8::from_str_radix(pair.filter(|pair| pair.len() == 2)?, 16).ok());
    (text.len() == 64).then(|| bytes.collect()).flatten()
}

/// An answer as it comes in.
#[derive(Debug, Clone, Deserialize)]
pub struct WebhookAnswer {
    /// The question.
    pub id: String,
    /// The digest that the question gave.
    pub arguments_digest: Digest,
    /// Yes or no.
    pub approve: bool,
    /// How far a yes reaches; default `once`.
    #[serde(default)]
    pub scope: Option<ApprovalScope>,
    /// Who answers.
    pub by: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Reads the body of an answer; check its signature first.
pub fn read(body: &[u8]) -> Result<WebhookAnswer, WebhookProblem> {
    if body.len() > LONGEST {
        return Err(WebhookProblem::Body(format!("it has more than {LONGEST} bytes")));
    }
    serde_json::from_slice(body).map_err(|error| WebhookProblem::Body(error.to_string()))
}

impl WebhookAnswer {
    /// The answer for the desk, if it is about what waits.
    pub fn to(self, record: &ApprovalRecord) -> Result<Answer, WebhookProblem> {
        if self.id != record.id || self.arguments_digest != record.arguments_digest {
            return Err(WebhookProblem::OtherArguments);
        }
        let Self { approve, scope, by, reason, .. } = self;
        let scope = scope.unwrap_or(ApprovalScope::Once);
        Ok(Answer { approve, scope, by, channel: "webhook".into(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_body_one_key_and_a_while() {
        let key = WebhookKey::new(*b"0123456789abcdef").unwrap();
        let other = WebhookKey::new(*b"fedcba9876543210").unwrap();
        let header = sign(&key, 1_000, b"{}");
        assert_eq!(verify(&key, &header, b"{}", 1_200), Ok(()));
        assert_eq!(verify(&key, &header, b"{ }", 1_200), Err(WebhookProblem::Signature));
        assert_eq!(verify(&other, &header, b"{}", 1_200), Err(WebhookProblem::Signature));
        assert_eq!(verify(&key, &header.replace("t=1000", "t=1001"), b"{}", 1_200), Err(WebhookProblem::Signature));
        assert_eq!(verify(&key, &header, b"{}", 2_000), Err(WebhookProblem::Stale(1_000)));
        for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1000,v1=zz", &format!("t=1000,v1={}", "é".repeat(32))] {
            assert_eq!(verify(&key, header, b"{}", 1_000), Err(WebhookProblem::Header), "{header}");
        }
        assert!(WebhookKey::new(*b"short").is_err());
        assert!(!format!("{key:?}").contains("48"), "the key is not shown");
    }

    #[test]
    fn the_signature_is_what_others_compute() {
        // printf '1.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let key = WebhookKey::new(*b"0123456789abcdef").unwrap();
        assert_eq!(sign(&key, 1, b"{}"), "t=1,v1=2af693cb56b22c16912222aeefdc75a01de562bf70ee2015f41ecea48382997f");
    }

    #[test]
    fn garbage_is_no_answer() {
        for body in [&b"null"[..], b"{}", b"\xff", br#"{"id":"a","approve":true}"#] {
            assert!(matches!(read(body), Err(WebhookProblem::Body(_))));
        }
        assert!(read(&vec![b' '; LONGEST + 1]).is_err());
    }
}
