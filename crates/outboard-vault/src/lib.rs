//! The two-way map between private values and the tokens that stand for them, one map per session.
//!
//! What crosses to a model says `[EMAIL_1]`; what the model sends back to a tool is the address again. A value
//! has one token within its session, however often, in whatever spelling and from whatever program it comes.
//! A token is durable before it is given out, and its number is never used again.
//!
//! At rest, values are sealed in one SQLite file that several processes may share. In memory they are wiped when
//! they are let go, as far as a process can, and no `Debug` shows them. Readable in the file are: names of
//! sessions, kinds, numbers and times.
//!
//! Beside the map: [`FlowRules`] say which server's values may go to which other, and [`Secrets`] removes
//! configured credentials from everything that is shown.
//!
//! Never here: detection (what is private comes in as [`Found`]), the clock (times come with the calls), the
//! environment, the network, or a decision to send something.

mod encoded;
mod encodings;
mod entry;
mod error;
mod expected;
mod files;
mod flows;
mod key;
mod needles;
mod protect;
mod restore;
mod seal;
mod secrets;
mod session;
mod spell;
mod state;
mod store;
mod text;
mod token;
mod vault;

pub use error::{RestoreError, UnknownToken, VaultError};
pub use files::FileSeal;
pub use flows::{Action, Checked, Flow, FlowDecision, FlowRule, FlowRules, Origins, OriginsSize};
pub use key::{KeySource, fresh_key};
pub use protect::{Found, Protected, TokensHere};
pub use restore::RestoreStream;
pub use secrets::{RefusedSecret, Secrets};
pub use session::Session;
pub use text::TextSeal;
pub use token::{LITERAL, PRIVATE, Token, View};
pub use vault::{Options, SessionRow, Vault};
