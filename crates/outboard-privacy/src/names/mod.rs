//! Names of persons: in running text by lists, titles and the words around, and as whole values of a field.
//!
//! A name is told by evidence that adds up; what looks like a street, a company, a place or a month is left alone.
//! No other kind of private data belongs here.

mod cues;
mod lexicon;
mod prose;
mod token;
mod value;

pub use prose::prose;
pub use value::is_name;
pub(crate) use value::is_titled;
