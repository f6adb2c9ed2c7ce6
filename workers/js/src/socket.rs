//! The inherited socket: wait, read, write, leave.
#![allow(unsafe_code, reason = "poll, read and write on an inherited descriptor")]

use outboard_worker_protocol::SOCKET_FD;
use std::time::{Duration, Instant};

/// Waits until the socket can be read or the time has passed; `true` when it can be read.
pub(crate) fn wait(timeout: Option<Duration>) -> bool {
    poll(libc::POLLIN, timeout.map_or(-1, |time| i32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)))
        != 0
}

/// Whether something is there to be read.
pub(crate) fn can_read() -> bool {
    poll(libc::POLLIN, 0) != 0
}

/// Waits without sleeping until the socket can be read or the time has come, and lets everyone else go first.
pub(crate) fn look_out(until: Instant) {
    while !can_read() && Instant::now() < until {
        std::thread::yield_now();
    }
}

/// Whether the host has gone away.
pub(crate) fn is_closed() -> bool {
    poll(0, 0) & (libc::POLLHUP | libc::POLLERR) != 0
}

fn poll(events: i16, millis: i32) -> i16 {
    let mut one = libc::pollfd { fd: SOCKET_FD, events, revents: 0 };
    // SAFETY: `one` is one valid pollfd for the length of the call.
    let ready = unsafe { libc::poll(&mut one, 1, millis) };
    if ready > 0 { one.revents } else { 0 }
}

/// Reads what is there into the buffer; leaves when the host has closed its end.
pub(crate) fn read(buffer: &mut [u8]) -> usize {
    loop {
        // SAFETY: the pointer and the length describe `buffer`.
        let count = unsafe { libc::read(SOCKET_FD, buffer.as_mut_ptr().cast(), buffer.len()) };
        if count > 0 {
            return count.unsigned_abs();
        }
        if count == 0 || !again(libc::POLLIN) {
            leave();
        }
    }
}

/// Writes everything; leaves when the host has closed its end.
pub(crate) fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the pointer and the length describe `bytes`. MSG_NOSIGNAL: a closed socket is an error.
        let count = unsafe { libc::send(SOCKET_FD, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) };
        if count >= 0 {
            bytes = &bytes[count.unsigned_abs()..];
        } else if !again(libc::POLLOUT) {
            leave();
        }
    }
}

/// After a failed read or write: whether it is worth another try. Waits where the descriptor is non-blocking.
fn again(events: i16) -> bool {
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EINTR) => true,
        Some(libc::EAGAIN) => {
            poll(events, -1);
            true
        }
        _ => false,
    }
}

/// Ends the process at once. Nothing is dropped: values that outlive their engine would abort.
pub(crate) fn leave() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

/// The largest resident size so far, in bytes.
pub(crate) fn peak_memory() -> u64 {
    // SAFETY: an all-zero rusage is valid, and the call writes only to it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024
}

/// Fills a buffer with random bytes.
pub(crate) fn random(buffer: &mut [u8]) {
    let mut done = 0;
    while done < buffer.len() {
        let rest = &mut buffer[done..];
        // SAFETY: the pointer and the length describe `rest`.
        let count = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(count) {
            Ok(count) => done += count,
            Err(_) if std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => {}
            Err(_) => leave(),
        }
    }
}
