//! A server as a client's file describes it, in our words.

use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// One entry as it stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Its name.
    pub name: String,
    /// The line of its name, from 1.
    pub line: usize,
    /// All of its fields.
    pub value: Value,
}

/// One entry, understood or refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name as written.
    pub name: String,
    /// The line of its name, from 1.
    pub line: usize,
    /// Whether it starts Outboard itself.
    pub own: bool,
    /// What it says, or why it cannot be taken.
    pub server: Result<Server, Refused>,
}

/// Why an entry cannot be taken; holds no value of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl<T: Into<String>> From<T> for Refused {
    fn from(reason: T) -> Self {
        Self(reason.into())
    }
}

/// A server in our words; texts hold variables as `${NAME}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// How it is reached.
    pub transport: Transport,
    /// Whether it is in use.
    pub enabled: bool,
    /// Time limit of one call.
    pub timeout: Option<Duration>,
    /// Time limit for starting it.
    pub start_timeout: Option<Duration>,
    /// Tools that may be used; empty means all.
    pub allow: Vec<String>,
    /// Tools that may not.
    pub deny: Vec<String>,
    /// Names of fields that mean nothing to us; they stay in the client's file.
    pub left: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// A program that speaks over its stdin and stdout.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Environment variables for it.
        env: BTreeMap<String, String>,
        /// Its working folder.
        cwd: Option<String>,
    },
    /// An address.
    Http {
        /// The address.
        url: String,
        /// Headers of every request.
        headers: BTreeMap<String, String>,
    },
}

impl Server {
    /// `stdio` or `http`.
    pub fn kind(&self) -> &'static str {
        match self.transport {
            Transport::Stdio { .. } => "stdio",
            Transport::Http { .. } => "http",
        }
    }

    /// Every text in which variables may stand.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (first, list, map, last) = match &self.transport {
            Transport::Stdio { command, args, env, cwd } => (command, args.as_slice(), env, cwd.as_ref()),
            Transport::Http { url, headers } => (url, [].as_slice(), headers, None),
        };
        [first].into_iter().chain(list).chain(map.values()).chain(last).map(String::as_str)
    }
}
