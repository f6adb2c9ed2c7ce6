//! Finds the tools that a request in plain words is about.
//!
//! An [`Index`] is built once per surface from the text of every tool and answers queries from memory:
//! field-weighted BM25 over stemmed words, with low-weight synonyms, hints drawn from the shape of the
//! values in a request, tolerance for misspelt words, and a hand up for tools whose results others need. The same documents and the same query always
//! give the same hits in the same order.
//!
//! [`evaluate`] measures all that on a [`LabelledSet`]: it alone reads files and looks at the clock.
//!
//! Never here: settings, randomness, or knowledge of what a tool is beyond its words.

mod builder;
mod common;
mod corpus;
mod evaluation;
mod fields;
mod fuzzy;
mod index;
mod kinds;
mod labelled;
mod mentions;
mod postings;
mod report;
mod request;
mod scoring;
mod shapes;
mod suggest;
mod synonyms;
mod tuning;
mod usage;
mod values;
mod words;

pub use evaluation::{evaluate, evaluate_index};
pub use fields::{Described, Document, Next};
pub use index::{Hit, Index, Search};
pub use labelled::{LabelledError, LabelledQuery, LabelledSet, LabelledTool};
pub use report::{Answer, Report};
pub use tuning::Tuning;
pub use usage::Usage;
