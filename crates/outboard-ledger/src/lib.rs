//! The one place where tokens are counted and priced: what a model reads and writes to get a task done.
//!
//! A [`Account`] follows one conversation, turn by turn, and says what of it is unique and what is billed. The
//! same account serves tool calls made directly and programs, so both are counted by the same rules.
//!
//! Never here: what a tool or an execution is, connections, clocks, files beside vocabularies, or the showing of
//! figures.

mod account;
mod bpe;
mod counter;
mod forecast;
mod latency;
mod prices;
pub mod texts;
mod tokens;
mod vocabulary;

pub use account::{Account, Bill};
pub use counter::{Estimate, O200k, TokenCounter};
pub use forecast::{Expected, Forecast, Way, choose};
pub use latency::Latency;
pub use prices::{Price, PriceError, Prices};
pub use tokens::{Part, Tokens};
pub use vocabulary::{Tokenizer, VocabularyError};
