//! Starts, confines, feeds, meters and kills workers: the processes that run programs.
//!
//! Four kinds of processes take part. The **host** (this library) holds the secrets and never forks workers.
//! The **spawner** ([`spawner_main`]) is single-threaded, holds nothing secret, and decides what a jail is. A
//! **template** is an engine that is loaded and has no program; it stands in a root of its own and only clones
//! itself, when the spawner says so. A **worker** runs one program of one principal; it is a copy of a template, or
//! executes its engine itself where there can be none; it is jailed before it gets the program, used once, and
//! killed. The only channel between host and worker is one socket.
//!
//! A worker of tier A runs with every mandatory [`Layer`] on. An ordinary user is enough; as root, the worker gets
//! the host uid 200000 (or 65534 where that does not exist), never root's, and the folders it is granted are mounted
//! so that their owner appears as the worker and what it writes belongs to their owner. Where a file system cannot
//! map owners, a writable folder itself is given to the worker's uid instead. Where the machine forbids namespaces,
//! there is tier B, which names files of the host but lets workers reach only listed ones; [`Options::minimum`]
//! says whether that is good enough, and if not, the error names the missing layers. Nothing gets weaker in
//! silence. Workers of either tier share the host's kernel: this is no virtual machine.
//!
//! Idle workers wait with the folders of the grant that is expected next, which is the last one: they are handed out
//! for exactly that grant, every layer as tight as in a worker that is started for its run.
//!
//! Never here: what a tool, a policy or a setting is. Unsafe code stays in `sys`.

#[doc(hidden)]
pub mod ablation;
mod beneath;
mod channel;
mod clock;
mod demand;
mod descriptors;
mod engines;
mod error;
mod files;
mod grant;
mod helper;
mod keeper;
mod layers;
mod link;
mod locks;
mod message;
mod meter;
mod options;
mod pool;
mod processors;
mod quota;
mod running;
mod sandbox;
mod sending;
mod spawner;
mod sys;
mod unfinished;
mod unlinked;
mod worker;

pub use beneath::{Beneath, BeneathEntry};
pub use channel::{Receiver, SendError, Sender, channel};
pub use engines::{Engine, EngineKind, Guest, missing_tools};
pub use error::SandboxError;
pub use files::{BeginError, Disarmed, FileGrant, FileGrantError, GrantMark};
pub use grant::{Grant, Mount};
pub use helper::{Helper, helper_main};
pub use layers::{Isolation, Layer, LayerState, Tier, layers};
pub use options::{Limits, Options, PoolSize};
pub use sandbox::Sandbox;
pub use spawner::spawner_main;
#[doc(hidden)]
pub use sys::filter::allowed_calls;
pub use unfinished::Unfinished;
pub use worker::{Control, Exit, ExitReason, Worker};
