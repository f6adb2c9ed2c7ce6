//! The agent loop: a model, tools behind a port, and everything that may go wrong between them.
//!
//! [`Agent`] turns a [`Conversation`] over until the model answers, a limit is reached or somebody stops it.
//! [`Client`] speaks the wire formats of three kinds of providers; tests put a [`Model`] of their own in its
//! place. The loop knows tools only through [`Tools`] and tells what happens through [`Watch`].
//!
//! Never here: settings files, printing, the environment, MCP, or where conversations are kept.

mod agent;
mod answers;
mod budget;
mod choose;
mod conversation;
mod correct;
mod estimate;
mod meant;
mod names;
mod ports;
mod prices;
mod prompts;
mod provider;
mod repair;
mod repeats;
mod trim;

pub use agent::{Agent, End, Ended, Options};
pub use budget::{Ledger, Limit, Spent};
pub use choose::{Choice, choose};
pub use conversation::{Answer, Conversation, Entry, Part, ToolUse};
pub use estimate::{Estimate, estimate};
pub use names::{Definition, Names};
pub use outboard_ledger::{Price, Prices};
pub use ports::{CallAside, Count, Note, ToolOutcome, Tools, TurnEnded, Watch};
pub use prompts::{Connected, Mode, system_prompt};
pub use provider::{Client, ClientOptions, Model, ModelError, Prompt, Provider, Received, Reply, Stop, Usage};
