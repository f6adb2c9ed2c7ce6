//! The door for processes of the user's own shell: a socket that only the user can reach, and the first words there.
//!
//! A process that comes says who it is in one line of JSON ([`Hello`]); from then on it speaks the guest protocol, like
//! every worker, and what it asks for is decided where that of a worker is.
//!
//! Never here: tools, policy, what the guest protocol says, starting anything.

mod door;
mod error;
mod hello;
mod place;

pub use door::{Door, Visitor};
pub use error::ConnectError;
pub use hello::Hello;
pub use place::{Place, short_folder};
