//! What waits for a client that was told to come back with a person's answers.
//!
//! The client carries only a handle. It is bound to who got it and for which call, is good once, and for a
//! while; everything it stands for stays here.

use super::http::fresh_token;
use outboard_types::{Digest, ExecutionId, Principal};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a handle is good; a question is rarely open longer.
const GOOD: Duration = Duration::from_secs(3_600);

/// Most handles at once; the oldest go first.
const MOST: usize = 4_096;

/// Handles by their text.
#[derive(Default)]
pub(super) struct Parked(Mutex<HashMap<String, Entry>>);

struct Entry {
    principal: Principal,
    call: Digest,
    execution: ExecutionId,
    at: Instant,
}

/// The digest of a call, which its repetition must have too.
pub(super) fn call_digest(name: &str, arguments: &str) -> Digest {
    Digest::of_all([name.as_bytes(), b"\0", arguments.as_bytes()])
}

impl Parked {
    /// Makes a handle for an execution that waits.
    pub(super) fn park(&self, principal: &Principal, call: Digest, execution: &ExecutionId) -> String {
        let handle = fresh_token();
        let mut parked = self.lock();
        parked.retain(|_, entry| entry.at.elapsed() < GOOD);
        if parked.len() >= MOST
            && let Some(oldest) = parked.iter().min_by_key(|(_, entry)| entry.at).map(|(handle, _)| handle.clone())
        {
            parked.remove(&oldest);
        }
        let entry = Entry { principal: principal.clone(), call, execution: execution.clone(), at: Instant::now() };
        parked.insert(handle.clone(), entry);
        handle
    }

    /// Uses a handle up: the execution, if it is this principal's handle for this very call.
    pub(super) fn take(&self, handle: &str, principal: &Principal, call: Digest) -> Option<ExecutionId> {
        let mut parked = self.lock();
        let fits = parked
            .get(handle)
            .is_some_and(|entry| entry.principal == *principal && entry.call == call && entry.at.elapsed() < GOOD);
        if fits { parked.remove(handle).map(|entry| entry.execution) } else { None }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_good_once_and_for_its_call_only() {
        let (parked, me, other) = (Parked::default(), Principal::default(), Principal("other".into()));
        let (call, another) = (call_digest("run_code", "{}"), call_digest("run_code", "{ }"));
        let execution = ExecutionId::from_parts(1, 1);
        let handle = parked.park(&me, call, &execution);
        assert_eq!(parked.take(&handle, &other, call), None);
        assert_eq!(parked.take(&handle, &me, another), None);
        assert_eq!(parked.take("made up", &me, call), None);
        assert_eq!(parked.take(&handle, &me, call), Some(execution));
        assert_eq!(parked.take(&handle, &me, call), None, "used up");
    }

    #[test]
    fn handles_do_not_pile_up() {
        let (parked, me) = (Parked::default(), Principal::default());
        for number in 0..MOST as u64 + 10 {
            parked.park(&me, call_digest("a", "b"), &ExecutionId::from_parts(1, number));
        }
        assert_eq!(parked.lock().len(), MOST);
    }
}
