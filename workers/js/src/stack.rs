//! The native stack: made large, and its end turned into a report.
//!
//! The parser recurses natively, so a program of 10,000 nested brackets ends the process wherever the stack
//! ends. The signal handler here writes one prepared frame and leaves.
#![allow(unsafe_code, reason = "stack limits and signal handlers have no safe interface")]

use outboard_worker_protocol::{FromWorker, SOCKET_FD, Trouble, encode};
use std::sync::OnceLock;

const WANTED: u64 = 64 << 20;
/// The engine's share: enough for about 20,000 calls deep, and well inside the real stack.
const ENGINE_MAX: u64 = 8 << 20;

static LAST_WORDS: OnceLock<Vec<u8>> = OnceLock::new();

/// Raises the stack limit, installs the handler, and says how much of it the engine may use.
pub(crate) fn prepare() -> usize {
    let real = raise();
    install();
    usize::try_from((real / 4).min(ENGINE_MAX)).unwrap_or(1 << 20)
}

fn raise() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for one rlimit; the calls read and write nothing else.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_STACK, &mut limit) != 0 {
            return 1 << 20;
        }
        let wanted = libc::rlimit { rlim_cur: WANTED.min(limit.rlim_max).max(limit.rlim_cur), ..limit };
        // A jail may refuse this: then what is there stays.
        if libc::setrlimit(libc::RLIMIT_STACK, &wanted) == 0 {
            limit = wanted;
        }
    }
    limit.rlim_cur.min(WANTED)
}

fn last_words() -> Vec<u8> {
    let error = Trouble {
        code: "syntax_error".into(),
        message: "The program is nested too deeply for its parser: the native stack ended.".into(),
        hint: Some("Write deep data as JSON text and use JSON.parse, or build it in a loop.".into()),
        ..Trouble::default()
    };
    let mut frame = Vec::new();
    if encode(&FromWorker::Error { error, dropped_bytes: 0 }, &mut frame).is_err() {
        frame.clear();
    }
    frame
}

fn install() {
    let _ = LAST_WORDS.set(last_words());
    const SIZE: usize = 64 << 10;
    let room: &'static mut [u8] = Box::leak(vec![0; SIZE].into_boxed_slice());
    // SAFETY: `room` lives for ever, the handler is async-signal-safe (write and _exit on prepared bytes),
    // and both structures are fully initialised before the calls.
    unsafe {
        let stack = libc::stack_t { ss_sp: room.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIZE };
        libc::sigaltstack(&stack, std::ptr::null_mut());
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
        libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
    }
}

extern "C" fn on_fault(_signal: libc::c_int) {
    if let Some(words) = LAST_WORDS.get() {
        // SAFETY: write and _exit are async-signal-safe; the bytes were prepared before any signal.
        unsafe {
            libc::write(SOCKET_FD, words.as_ptr().cast(), words.len());
        }
    }
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(1) }
}
