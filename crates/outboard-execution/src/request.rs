//! What is asked for: a program, whose it is, and how it may end. Nothing about running it.

use crate::Guest;
use outboard_journal::OnRestart;
use outboard_types::{CallOrigin, Language, Principal, SessionName};
use serde_json::value::RawValue;
use std::sync::Arc;

/// One request to run a program.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The program's text.
    pub code: String,
    /// Its language.
    pub language: Language,
    /// The value for `run(input)`: JSON text.
    pub input: Option<Box<RawValue>>,
    /// Whose workspace it sees.
    pub session: SessionName,
    /// On whose authority it runs.
    pub principal: Principal,
    /// What asked for it.
    pub origin: CallOrigin,
    /// A repeated request with the same key joins the execution that the first one started.
    pub idempotency_key: Option<String>,
    /// What becomes of it when this process ends before it does.
    pub on_restart: OnRestart,
    /// The process that runs it, where that is no worker of ours.
    pub guest: Option<Arc<Guest>>,
}

impl RunRequest {
    /// A program of the local user's default session, without input, that ends with its process.
    pub fn new(language: Language, code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            language,
            input: None,
            session: SessionName::default(),
            principal: Principal::default(),
            origin: CallOrigin::Program,
            idempotency_key: None,
            on_restart: OnRestart::Fail,
            guest: None,
        }
    }
}
