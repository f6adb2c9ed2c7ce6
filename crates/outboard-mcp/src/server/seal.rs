//! What a client carries that was told to come back with answers: `requestState`.
//!
//! It is sealed, so that nobody can read or change it, and bound to who got it and for which request; it is
//! good once, and for a while. The key lives as long as the process, as what it stands for does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use outboard_types::{Digest, ExecutionId, Principal};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a state is good; a question is rarely open longer.
const GOOD: Duration = Duration::from_secs(3_600);
/// The longest text that is looked at.
const LONGEST: usize = 512;
/// Used states that are remembered at most; beyond that none is taken until the oldest are over.
const USED: usize = 1 << 16;
const NONCE: usize = 24;

/// Makes and opens states.
pub(super) struct Seal {
    cipher: XChaCha20Poly1305,
    used: Mutex<HashMap<[u8; NONCE], u64>>,
}

/// The digest of a request, which its repetition must have too.
pub(super) fn request_digest(method: &str, name: &str, arguments: &str) -> Digest {
    Digest::of_all([method.as_bytes(), name.as_bytes(), arguments.as_bytes()])
}

impl Default for Seal {
    fn default() -> Self {
        let key = random::<32>();
        Self { cipher: XChaCha20Poly1305::new((&key).into()), used: Mutex::default() }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness there is no safe state; the process cannot go on.
    getrandom::fill(&mut bytes).expect("invariant: the kernel gives random bytes");
    bytes
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Length first, so that no two pairs read alike.
fn bound_to(principal: &Principal, request: Digest) -> Vec<u8> {
    let (who, what) = (principal.0.as_bytes(), request.to_string());
    [&(who.len() as u64).to_le_bytes(), who, what.as_bytes()].concat()
}

impl Seal {
    /// A state for an execution that waits.
    pub(super) fn seal(&self, principal: &Principal, request: Digest, execution: &ExecutionId) -> String {
        let nonce = random::<NONCE>();
        let text = format!("{}:{execution}", now() + GOOD.as_secs());
        let payload = Payload { msg: text.as_bytes(), aad: &bound_to(principal, request) };
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Uses a state up: the execution, if it is this principal's state for this very request.
    pub(super) fn open(&self, state: &str, principal: &Principal, request: Digest) -> Option<ExecutionId> {
        let bytes = (state.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(state).ok())??;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: &bound_to(principal, request) };
        let text = String::from_utf8(self.cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?).ok()?;
        let (until, execution) = text.split_once(':')?;
        let until: u64 = until.parse().ok()?;
        self.first_use(*nonce, until).then(|| ExecutionId(execution.into()))
    }

    fn first_use(&self, nonce: [u8; NONCE], until: u64) -> bool {
        let now = now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= USED {
            used.retain(|_, until| *until > now);
        }
        until > now && used.len() < USED && used.insert(nonce, until).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_good_once_and_for_its_request_only() {
        let (seal, me, other) = (Seal::default(), Principal::default(), Principal("other".into()));
        let (call, another) = (request_digest("tools/call", "a", "{}"), request_digest("tools/call", "a", "{ }"));
        let execution = ExecutionId::from_parts(1, 1);
        let state = seal.seal(&me, call, &execution);
        assert!(!state.contains(execution.as_str()));
        assert_eq!(seal.open(&state, &other, call), None);
        assert_eq!(seal.open(&state, &me, another), None);
        assert_eq!(seal.open("made up", &me, call), None);
        assert_eq!(seal.open(&format!("{state}-TAMPERED"), &me, call), None);
        assert_eq!(Seal::default().open(&state, &me, call), None, "another process");
        assert_eq!(seal.open(&state, &me, call), Some(execution));
        assert_eq!(seal.open(&state, &me, call), None, "used up");
    }

    #[test]
    fn a_state_that_is_over_is_not_taken() {
        let seal = Seal::default();
        assert!(seal.first_use([1; NONCE], now() + 60));
        assert!(!seal.first_use([1; NONCE], now() + 60), "used");
        assert!(!seal.first_use([2; NONCE], now() - 1), "over");
    }
}
