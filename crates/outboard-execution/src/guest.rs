//! Programs that no jail of ours runs: a process of the user's own shell has come over a socket to be served. It
//! speaks the guest protocol as a worker does, so its calls take the one way that all calls take.
//!
//! Never here: listening, or who may come.

use crate::{Hired, Hold};
use futures::future::BoxFuture;
use outboard_sandbox::{Exit, ExitReason, channel};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What executions of such programs say of their isolation.
pub(crate) const OUTSIDE: &str = "none: a process of the user's own shell";

/// A process that waits to be served. It can be taken once: a program that is gone cannot be run again from here.
#[derive(Debug)]
pub struct Guest(Mutex<Option<UnixStream>>);

impl Guest {
    /// Behind this socket.
    pub fn new(socket: UnixStream) -> Self {
        Self(Mutex::new(Some(socket)))
    }

    /// Its two ways; `None` when it was taken before, or its socket cannot be used.
    pub(crate) fn take(&self) -> Option<Hired> {
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        socket.set_nonblocking(true).ok()?;
        let leash = Leash(socket.try_clone().ok()?);
        let (sender, receiver) = channel(tokio::net::UnixStream::from_std(socket).ok()?);
        Some(Hired { sender, receiver, hold: Box::new(leash), listener: None })
    }
}

/// The hold on a process that is not ours: it can be hung up on, and that is all.
struct Leash(UnixStream);

impl Drop for Leash {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Hold for Leash {
    fn kill(&self) {
        // It may have gone first.
        let _ = self.0.shutdown(Shutdown::Both);
    }

    fn cpu_time(&self) -> Duration {
        Duration::ZERO
    }

    fn is_asleep(&self) -> bool {
        false
    }

    fn wait(&self) -> BoxFuture<'_, Exit> {
        let exit = Exit { reason: ExitReason::Killed, cpu: Duration::ZERO, peak_memory: 0, out_of_processes: false };
        Box::pin(std::future::ready(exit))
    }
}
