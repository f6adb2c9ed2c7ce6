//! Finds private data in text: pure functions, bounded work at every place that may begin a value.
//!
//! Exact formats with their check digits come first, then words around a value. No file, connection, clock or task
//! belongs here, and neither does what is done with a finding.

mod checksum;
mod context;
mod detector;
mod email;
mod finding;
mod iban;
mod ids;
mod ip;
mod json;
mod key;
mod kind;
mod lines;
mod names;
mod number;
mod options;
mod phone;
mod scan;
mod secret;
mod url;
mod words;

pub use detector::Detector;
pub use finding::Finding;
pub use json::{Hints, JsonFinding, Part};
pub use kind::Kind;
pub use names::{is_name, prose as prose_names};
pub use options::{Action, Custom, Error, FieldRule, Names, Options};
