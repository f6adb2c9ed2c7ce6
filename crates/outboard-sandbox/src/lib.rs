//! Starts, confines, feeds, meters and kills workers: the processes that run programs.
//!
//! Three processes take part. The **host** (this library) holds the secrets and never forks workers.
//! The **spawner** ([`spawner_main`]) is single-threaded, holds nothing secret, and is the only process
//! that forks. A **worker** runs one program of one principal; it is jailed before it gets the program,
//! used once, and killed. The only channel between host and worker is one socket.
//!
//! A worker runs with every [`Layer`] on, or it does not run: a layer that cannot be had is an error that
//! names it. An ordinary user is enough; as root, the worker gets the host uid 200000 (or 65534 where that
//! does not exist), never root's, and the folders it is granted are mounted so that their owner appears as
//! the worker and what it writes belongs to their owner. Where a file system cannot map owners, a writable
//! folder itself is given to the worker's uid instead. Workers share the host's kernel: this is no
//! virtual machine.
//!
//! Never here: what a tool, a policy or a setting is. Unsafe code stays in `sys`.

mod beneath;
mod channel;
mod engine;
mod error;
mod grant;
mod keeper;
mod layers;
mod link;
mod message;
mod meter;
mod options;
mod pool;
mod sandbox;
mod spawner;
mod sys;
mod worker;

pub use beneath::Beneath;
pub use channel::{Receiver, SendError, Sender};
pub use error::SandboxError;
pub use grant::{Grant, Mount};
pub use layers::{Isolation, Layer, LayerState, layers};
pub use options::{Limits, Options};
pub use sandbox::Sandbox;
pub use spawner::spawner_main;
pub use worker::{Control, Exit, ExitReason, Worker};
