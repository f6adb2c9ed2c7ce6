//! The benchmark: tasks done by direct calls and by programs, over real servers, and what a model would have to
//! read and write for each.
//!
//! It is a client and nothing else: servers and `outboard serve` are processes that it talks to over MCP, as an
//! agent does. A model is not asked; each task has the calls and the programs that a good model writes, so the
//! figures say what a way costs, not how clever somebody is.
//!
//! Never here: anything of the product but the counting of tokens, and assumptions in place of bytes that can be
//! counted.

mod answer;
mod book;
mod client;
mod curves;
mod error;
mod expression;
mod machine;
mod published;
pub mod recorded;
mod repeat;
mod report;
mod run;
mod scenario;
mod stage;
mod suite;
mod sums;
mod usual;
mod ways;

pub use curves::{Curve, Point};
pub use error::BenchError;
pub use machine::Machine;
pub use report::{Written, write as write_report};
pub use run::{Billed, Counted, Mode, Repeated, Run};
pub use scenario::{Kind, Scenario, ServerCommand};
pub use stage::Programs;
pub use suite::{Options, Results, run};
pub use sums::{Sum, sums};
pub use usual::scenarios;
