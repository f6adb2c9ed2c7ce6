//! Frames between the host and a worker.
//!
//! One inherited stream socket carries, in both directions, frames of a four-byte little-endian length
//! and that many bytes of JSON: an object with one key, the kind of message, such as `{"call": {…}}`.
//! The worker is treated as compromised,
//! so the host parses its frames with a size limit and into these types only. `docs/guest-protocol.md`
//! is the description for authors of other workers; `fixtures/` holds the frames that every worker's
//! tests replay.
//!
//! Never here: anything that knows policy, settings, or what a tool is.

mod frame;
mod message;
mod module;
mod preflight;
mod read;
pub mod template;
pub mod words;

pub use frame::{FrameBuffer, FrameError, encode};
pub use message::{
    CallFailure, Console, Durable, FetchRequest, FetchResponse, FromWorker, Inspection, Network, Start, ToWorker,
    Trouble,
};
pub use module::{Exported, Module, Taken};
pub use preflight::{Known, PlannedCall, Preflight, Problem, Spot};
pub use read::{MAX_SHORT, MOST_LISTED};

/// Version of this protocol; a worker announces it in `ready` and the host refuses another.
pub const VERSION: u32 = 1;

/// How long a worker that was told [`ToWorker::Wake`] looks out for its program without sleeping.
pub const AWAKE: std::time::Duration = std::time::Duration::from_millis(1);

/// The descriptor on which a worker finds its socket.
pub const SOCKET_FD: i32 = 3;

/// Largest frame that a worker may send, in bytes. A larger result is an error of the program. For messages that hold no
/// text or value of the program's, it is [`MAX_SHORT`].
pub const MAX_FROM_WORKER: usize = 32 << 20;

/// Largest frame that the host may send, in bytes: one tool result of up to 50 MB fits.
pub const MAX_TO_WORKER: usize = 64 << 20;
