//! The border to the model: what crosses it, and what comes back.
//!
//! On the way out private values become tokens, on the way back into a tool the tokens become values again, and in
//! between it is watched where values go. Detection is `outboard-privacy`'s and the map is `outboard-vault`'s; here the
//! two meet what runs: results, reports, arguments, the gateway's [`Privacy`](outboard_gateway::Privacy).
//!
//! What cannot be protected is not shown: where the vault fails, a text is withheld.
//!
//! Never here: what is private (that is detection), connections, the engine, or settings files.

mod border;
mod door;
mod formats;
mod found;
mod inside;
mod notes;
mod own;
mod place;
mod seal;
mod source;

pub use border::{Border, BorderError, Inside, Options};
pub use notes::{Note, Notes};
pub use outboard_vault::{FileSeal, KeySource};
pub use place::Place;
pub use seal::Sealed;
