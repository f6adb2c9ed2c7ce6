//! What a client carries that was told to come back with answers: `requestState`.
//!
//! It is sealed, so that nobody can read or change it, and bound to who got it and for which request; it is good for a
//! while, and for one set of answers: a client that lost its connection sends the same again and finds the same work.
//! The key is kept beside the journal, as programs outlive the process too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use outboard_types::{Digest, ExecutionId, Principal};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
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
    /// Where the key is kept.
    file: PathBuf,
    cipher: OnceLock<XChaCha20Poly1305>,
    used: Mutex<HashMap<[u8; NONCE], Use>>,
}

/// What a state was used for.
struct Use {
    until: u64,
    answers: Digest,
}

/// What a state stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) execution: ExecutionId,
    /// Whether the same answers came with it before: they were taken then.
    pub(super) again: bool,
}

/// The digest of the answers that a request brings.
pub(super) fn answers_digest(answers: &HashMap<String, Value>) -> Digest {
    let sorted: BTreeMap<_, _> = answers.iter().collect();
    Digest::of(serde_json::to_string(&sorted).unwrap_or_default())
}

/// The digest of a request, which its repetition must have too.
pub(super) fn request_digest(method: &str, name: &str, arguments: &str) -> Digest {
    Digest::of_all([method.as_bytes(), name.as_bytes(), arguments.as_bytes()])
}

/// The key in a file, which is made where there is none. Two processes that make it at once get the same.
fn kept_key(file: &Path) -> io::Result<[u8; 32]> {
    if let Some(key) = fs::read(file).ok().and_then(|key| key.try_into().ok()) {
        return Ok(key);
    }
    let part = file.with_extension(format!("{}.part", std::process::id()));
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    let mut new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    new.write_all(&random::<32>())?;
    new.sync_all()?;
    let linked = fs::hard_link(&part, file);
    fs::remove_file(&part)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::read(file)?.try_into().map_err(|_| io::Error::other("the file does not hold a key; remove it"))
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
    /// With the key of a state folder; it is looked for, or made, when first needed.
    pub(super) fn new(state: &Path) -> Self {
        Self { file: state.join("requests.key"), cipher: OnceLock::new(), used: Mutex::default() }
    }

    fn cipher(&self) -> &XChaCha20Poly1305 {
        self.cipher.get_or_init(|| {
            let key = kept_key(&self.file).unwrap_or_else(|error| {
                let file = self.file.display();
                tracing::warn!(%error, %file, "the key of open requests is not kept: they end with this process");
                random()
            });
            XChaCha20Poly1305::new((&key).into())
        })
    }

    /// A state for an execution that waits.
    pub(super) fn seal(&self, principal: &Principal, request: Digest, execution: &ExecutionId) -> String {
        let nonce = random::<NONCE>();
        let text = format!("{}:{execution}", now() + GOOD.as_secs());
        let payload = Payload { msg: text.as_bytes(), aad: &bound_to(principal, request) };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Uses a state for these answers: the execution, if it is this principal's state for this very request, and was not
    /// used for other answers.
    pub(super) fn open(&self, state: &str, principal: &Principal, request: Digest, answers: Digest) -> Option<Opened> {
        let bytes = (state.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(state).ok())??;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: &bound_to(principal, request) };
        let text = String::from_utf8(self.cipher().decrypt(XNonce::from_slice(nonce), payload).ok()?).ok()?;
        let (until, execution) = text.split_once(':')?;
        let until: u64 = until.parse().ok()?;
        let again = self.used_before(*nonce, Use { until, answers })?;
        Some(Opened { execution: ExecutionId(execution.into()), again })
    }

    /// Whether a state was used before, for the same answers; nothing where it cannot be used.
    fn used_before(&self, nonce: [u8; NONCE], now_for: Use) -> Option<bool> {
        let now = now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if now_for.until <= now {
            return None;
        }
        if let Some(before) = used.get(&nonce) {
            return (before.answers == now_for.answers).then_some(true);
        }
        if used.len() >= USED {
            used.retain(|_, before| before.until > now);
        }
        (used.len() < USED).then(|| used.insert(nonce, now_for).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_good_for_its_request_and_one_set_of_answers() {
        let folder = tempfile::tempdir().unwrap();
        let (seal, me, other) = (Seal::new(folder.path()), Principal::default(), Principal("other".into()));
        let (call, another) = (request_digest("tools/call", "a", "{}"), request_digest("tools/call", "a", "{ }"));
        let (yes, no) = (Digest::of("yes"), Digest::of("no"));
        let execution = ExecutionId::from_parts(1, 1);
        let state = seal.seal(&me, call, &execution);
        assert!(!state.contains(execution.as_str()));
        assert_eq!(seal.open(&state, &other, call, yes), None);
        assert_eq!(seal.open(&state, &me, another, yes), None);
        assert_eq!(seal.open("made up", &me, call, yes), None);
        assert_eq!(seal.open(&format!("{state}-TAMPERED"), &me, call, yes), None);
        let found = |again| Some(Opened { execution: execution.clone(), again });
        assert_eq!(seal.open(&state, &me, call, yes), found(false));
        assert_eq!(seal.open(&state, &me, call, yes), found(true), "the same again");
        assert_eq!(seal.open(&state, &me, call, no), None, "other answers");
        assert_eq!(Seal::new(folder.path()).open(&state, &me, call, yes), found(false), "a later process");
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(Seal::new(elsewhere.path()).open(&state, &me, call, yes), None, "another state folder");
    }

    #[test]
    fn a_state_that_is_over_is_not_taken() {
        let seal = Seal::new(Path::new("/nowhere"));
        let used = |at: u8, until| seal.used_before([at; NONCE], Use { until, answers: Digest::of("a") });
        assert_eq!(used(1, now() + 60), Some(false));
        assert_eq!(used(1, now() + 60), Some(true));
        assert_eq!(used(2, now() - 1), None, "over");
    }

    #[test]
    fn answers_are_the_same_in_any_order() {
        let (one, two) = ((String::from("a"), Value::from(1)), (String::from("b"), Value::from(2)));
        let digest = |all: [&(String, Value); 2]| answers_digest(&all.into_iter().cloned().collect());
        assert_eq!(digest([&one, &two]), digest([&two, &one]));
        assert_ne!(digest([&one, &two]), digest([&one, &one]));
    }
}
