//! Where workers come from: a port, so that tests can run the engine over workers of their own.

use futures::future::BoxFuture;
use outboard_sandbox::{Control, Exit, Grant, Isolation, Limits, Receiver, Sandbox, SandboxError, Sender};
use outboard_types::Language;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

/// A worker's two ways, and the hold on it.
pub struct Hired {
    /// Frames to it.
    pub sender: Sender,
    /// Frames from it.
    pub receiver: Receiver,
    /// The hold on it.
    pub hold: Box<dyn Hold>,
    /// The listener in its own network, where it has one.
    pub listener: Option<TcpListener>,
}

/// Hands workers out.
pub trait Workers: Send + Sync {
    /// Waits until there can be workers; says how isolated they are.
    fn ready(&self) -> BoxFuture<'_, Result<Isolation, SandboxError>>;

    /// The limits of each worker, for messages.
    fn limits(&self) -> &Limits;

    /// How many workers are ready and idle.
    fn idle(&self) -> usize {
        0
    }

    /// Says that a program of this language, for this folder, is on its way.
    fn wake(&self, _language: Language, _folder: &Path) {}

    /// A worker with exactly this grant.
    fn worker(&self, grant: Grant) -> BoxFuture<'_, Result<Hired, SandboxError>>;
}

/// A worker as something that runs. Dropping it ends the worker.
pub trait Hold: Send + Sync {
    /// Ends it at once.
    fn kill(&self);

    /// What it has computed.
    fn cpu_time(&self) -> Duration;

    /// Whether it waits for something and for nothing else than to be told something.
    fn is_asleep(&self) -> bool;

    /// Waits until it has ended.
    fn wait(&self) -> BoxFuture<'_, Exit>;
}

impl Workers for Sandbox {
    fn ready(&self) -> BoxFuture<'_, Result<Isolation, SandboxError>> {
        Box::pin(Sandbox::ready(self))
    }

    fn limits(&self) -> &Limits {
        Sandbox::limits(self)
    }

    fn idle(&self) -> usize {
        self.idle_in_all()
    }

    fn wake(&self, language: Language, folder: &Path) {
        Sandbox::wake(self, language, folder);
    }

    fn worker(&self, grant: Grant) -> BoxFuture<'_, Result<Hired, SandboxError>> {
        Box::pin(async move {
            let mut worker = Sandbox::worker(self, grant).await?;
            let listener = worker.listener();
            let (sender, receiver, control) = worker.split();
            Ok(Hired { sender, receiver, hold: Box::new(control), listener })
        })
    }
}

impl Hold for Control {
    fn kill(&self) {
        Control::kill(self);
    }

    fn cpu_time(&self) -> Duration {
        Control::cpu_time(self)
    }

    fn is_asleep(&self) -> bool {
        Control::is_asleep(self)
    }

    fn wait(&self) -> BoxFuture<'_, Exit> {
        Box::pin(Control::wait(self))
    }
}
