//! Models behind providers: three wire formats, one shape.
//!
//! `anthropic`, `responses` and `chat` each turn a [`Prompt`] into a request and a stream of events into a
//! [`Reply`]; `http` sends, reads and repeats. Nothing of a wire format is known outside this folder.

mod anthropic;
mod chat;
mod error;
mod http;
mod responses;
mod sse;

use crate::conversation::Entry;
use crate::names::Definition;
use crate::ports::Watch;
pub use error::ModelError;
use futures::future::BoxFuture;
pub use http::{Client, ClientOptions};
use outboard_types::CancellationToken;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::ops::AddAssign;

/// Whose wire format is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Anthropic's Messages.
    Anthropic,
    /// OpenAI's Responses.
    Openai,
    /// Chat completions, as Ollama, llama.cpp, vLLM and OpenRouter have them.
    Chat,
}

impl Provider {
    /// Its name in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::Openai => "openai",
            Provider::Chat => "chat",
        }
    }

    /// The provider of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Provider::Anthropic, Provider::Openai, Provider::Chat].into_iter().find(|known| known.as_str() == name)
    }

    /// Where it is reached unless settings say otherwise.
    pub fn address(self) -> &'static str {
        match self {
            Provider::Anthropic => "https://api.anthropic.com/v1",
            Provider::Openai => "https://api.openai.com/v1",
            Provider::Chat => "http://127.0.0.1:11434/v1",
        }
    }

    /// The most tools that one request may hold, where that is known.
    pub fn most_tools(self) -> Option<usize> {
        (self == Provider::Openai).then_some(128)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a model is asked.
#[derive(Clone, Copy)]
pub struct Prompt<'a> {
    /// What it is told first.
    pub system: &'a str,
    /// The tools that it may call.
    pub definitions: &'a [Definition],
    /// Whether it may call several of them in one turn, where its provider can be told.
    pub parallel: bool,
    /// What was said so far.
    pub entries: &'a [Entry],
    /// How many tokens it may write.
    pub max_output: u64,
    /// Names the conversation to the provider's cache.
    pub cache_key: &'a str,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// In the order in which it came.
    pub parts: Vec<Received>,
    /// Why it ended.
    pub stop: Stop,
    /// What it took.
    pub usage: Usage,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Text.
    Text(String),
    /// A call; its arguments as the model wrote them.
    Call {
        /// The provider's id.
        id: String,
        /// The name.
        name: String,
        /// The arguments: JSON text, if the model kept to it.
        arguments: String,
    },
    /// What only the provider understands.
    Opaque(Value),
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The model had finished, or wants its calls made.
    Done,
    /// It reached the most that it may write.
    MaxTokens,
    /// It refuses; what it says about it.
    Refused(String),
}

/// Tokens, by the provider's count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read in all.
    pub input: u64,
    /// Of these, read from the provider's cache.
    pub cached: u64,
    /// Of these, written into that cache.
    pub cache_write: u64,
    /// Written by the model.
    pub output: u64,
}

impl Usage {
    /// Read and written.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.cached = self.cached.saturating_add(other.cached);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.output = self.output.saturating_add(other.output);
    }
}

/// Something that answers prompts.
pub trait Model: Send + Sync {
    /// Answers one prompt; `watch` is told the text as it comes and what is tried again.
    fn reply<'a>(
        &'a self,
        prompt: Prompt<'a>,
        watch: &'a dyn Watch,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, ModelError>>;
}

/// Reads one answer from its events.
trait Decoder: Send {
    /// Takes one event; text that the model writes goes to `tell`.
    fn event(&mut self, data: &str, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), ModelError>;

    /// Whether the answer is whole.
    fn is_done(&self) -> bool;

    /// The answer.
    fn finish(self: Box<Self>) -> Result<Reply, ModelError>;
}

/// Most calls that are read from one answer.
const MOST_CALLS: usize = 128;

/// A number where there should be one.
fn tokens(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// One event as JSON.
fn json(data: &str) -> Result<Value, ModelError> {
    serde_json::from_str(data).map_err(|error| ModelError::BadAnswer(format!("an event is not JSON: {error}")))
}

/// What a decoder makes of these events.
#[cfg(test)]
fn decoded<D: Decoder + Default>(events: &[Value]) -> Result<Reply, ModelError> {
    let mut decoder = Box::<D>::default();
    for event in events {
        decoder.event(&event.to_string(), &mut |_| {})?;
    }
    decoder.finish()
}
