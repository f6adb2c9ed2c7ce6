//! What the loop needs from outside: tools, somebody to tell, and a way to count.

use crate::budget::Spent;
use crate::conversation::{Conversation, ToolUse};
use crate::provider::Usage;
use futures::future::BoxFuture;
use outboard_types::CancellationToken;
use serde_json::Value;
use std::time::Duration;

/// What a call comes with beside its arguments.
#[derive(Clone, Default)]
pub struct CallAside {
    /// Fires when nobody waits for the answer any more.
    pub cancel: CancellationToken,
    /// The trace context of the turn that made the call, where there is one.
    pub traceparent: Option<String>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    /// What the model reads.
    pub text: String,
    /// Whether it failed.
    pub is_error: bool,
}

/// The tools that the model may call.
pub trait Tools: Send + Sync {
    /// Makes one call. What goes wrong is an outcome too.
    fn call<'a>(&'a self, name: &'a str, arguments: &'a Value, aside: CallAside) -> BoxFuture<'a, ToolOutcome>;
}

/// Counts tokens.
pub trait Count: Send + Sync {
    /// Tokens of a text.
    fn count(&self, text: &str) -> u64;
}

/// Something that the loop did by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The provider is asked again.
    Retry {
        /// Why.
        reason: String,
        /// After how long.
        wait: Duration,
    },
    /// Results were shortened to stay within the model's context.
    Trimmed {
        /// How many.
        results: usize,
        /// Characters that are gone.
        chars: usize,
    },
    /// The model was put right.
    Corrected {
        /// What was wrong.
        what: String,
    },
}

/// One turn that is over.
#[derive(Debug, Clone)]
pub struct TurnEnded {
    /// Its number, from 1.
    pub turn: u32,
    /// What it took, by the provider's count; nothing where it failed.
    pub usage: Usage,
    /// How many calls the model asked for.
    pub calls: usize,
    /// Whether the model gave an answer at all.
    pub ok: bool,
}

/// Is told what happens. A tracer makes a span of each turn; a command shows it to a person.
pub trait Watch: Send + Sync {
    /// A turn begins. The trace context that is returned goes with its calls.
    fn turn_started(&self, _turn: u32) -> Option<String> {
        None
    }

    /// A turn ended.
    fn turn_ended(&self, _turn: &TurnEnded) {}

    /// The model writes.
    fn text(&self, _piece: &str) {}

    /// A call is about to be made.
    fn calling(&self, _call: &ToolUse) {}

    /// A call was answered.
    fn called(&self, _call: &ToolUse, _outcome: &ToolOutcome) {}

    /// The loop did something by itself.
    fn note(&self, _note: &Note) {}

    /// The conversation grew; whoever keeps it does so now.
    fn grew(&self, _conversation: &Conversation) {}

    /// What was spent changed.
    fn spent(&self, _spent: &Spent) {}
}
