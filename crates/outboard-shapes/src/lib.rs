//! What tools return, learned from what they returned: names and types, never values.
//!
//! Most tools do not say what they give back. Each live result is skimmed as text ([`Shape::observe`]) into a
//! bounded tree of kinds: which keys, how often, which types, which string formats. Trees of one tool are merged;
//! what contradicts the type so far widens it at once. [`Shape::to_schema`] tells the type as JSON Schema, which
//! accepts every result that was seen in full.
//!
//! A string is never kept as it came. A place with few distinct words remembers salted digests of them; a word
//! becomes readable only when it is short, looks like an identifier, is not under a key that speaks of people, and
//! was seen in several results. Keys that look like data (numbers, addresses, ids) are not kept either: they make
//! the place a map.
//!
//! Never here: files, clocks, randomness (times and the salt come with the calls), checks of results against what
//! was learned, or a decision when to publish.

mod error;
mod formats;
mod limits;
mod names;
mod node;
mod object;
mod schema;
mod shape;
mod shapes;
mod skim;
mod variants;
mod words;

pub use error::{ObserveError, RestoreError};
pub use limits::{MAX_RESULT, MAX_STORED};
pub use shape::{Observed, Shape};
pub use shapes::{Key, Row, Shapes};
pub use words::Salt;
