//! Functions that the host itself offers to programs: the state of their session, and tokens for private values.
//!
//! They are requests of the program like a search: recorded, and answered from the record in a replay. No upstream is
//! asked, so no rule of the gateway applies; what a program can reach here is its own session's and nobody else's.

mod asked;

use super::Engine;
use super::answers::Given;
use super::attempt::{Attempt, Kind, Request};
use super::requests::OURSELVES;
use super::script::intent;
use crate::executions::Deps;
pub(super) use asked::Own;
use outboard_border::{Border, Inside, Notes, Place};
use outboard_journal::{Journal, JournalError, StateAnswer, StateChange, StateEntry, StateLimits, StateScope};
use outboard_types::{CallContext, ErrorCode, ToolError, now_ms};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads of one program that are worked on at once. Each takes a thread and holds what it read.
pub(super) const AT_ONCE: usize = 4;

/// How much a session may keep.
const LIMITS: StateLimits = StateLimits { value_bytes: asked::LARGEST as u64, keys: 10_000, bytes: 64 << 20 };

impl Engine {
    /// A request for one of our own functions. The error is one that the program gets at once.
    pub(super) fn own(
        &mut self,
        attempt: &mut Attempt,
        frame: u64,
        name: &str,
        arguments: Box<RawValue>,
    ) -> Result<(), ToolError> {
        let own = Own::parse(name, &arguments)?;
        let arguments: Arc<RawValue> = arguments.into();
        let (key, wanted) = attempt.script.key(OURSELVES, name, arguments.get());
        self.look_up(attempt, Request { frame, kind: Kind::Own(Box::new(own)), key, wanted, arguments, line: None });
        Ok(())
    }

    /// Does it. Its intent is in the journal's queue ahead of what it changes, so no change is there without one.
    pub(super) fn owning(
        &self,
        number: u64,
        own: Own,
        request: Request,
        written: bool,
    ) -> impl Future<Output = Given> + Send + 'static {
        let (deps, context, crossed) = (self.deps.clone(), self.run.context().clone(), self.crossed.clone());
        let turns = self.own_turns.clone();
        if !written {
            let made = intent(self.id(), number, request.key, request.arguments.get(), own.effect(), now_ms());
            drop(deps.journal.intent(made));
        }
        async move {
            // What was read waits nowhere but with the program's other answers.
            let _turn = if own.reads() { Some(turns.acquire().await) } else { None };
            done(&deps, &context, number, own, &crossed).await
        }
    }
}

async fn done(deps: &Arc<Deps>, context: &CallContext, number: u64, own: Own, crossed: &Mutex<Notes>) -> Given {
    let scope = StateScope { principal: context.principal.clone(), session: context.session.clone() };
    match own {
        Own::Get { key, default } => match read(deps, move |journal| journal.state(&scope, &key)).await? {
            Some(entry) => shown(deps, context, entry, crossed),
            None => Ok(default.unwrap_or_else(|| RawValue::NULL.to_owned())),
        },
        Own::Look { key } => {
            let found = read(deps, move |journal| journal.state(&scope, &key)).await?;
            let version = found.as_ref().map_or(0, |entry| entry.version);
            let value = found.map(|entry| shown(deps, context, entry, crossed)).transpose()?;
            given(&Looked { value, version })
        }
        Own::List { prefix } => given(&read(deps, move |journal| journal.state_keys(&scope, &prefix)).await?),
        Own::Set { key, value, over } => {
            let change = StateChange::Set { key, value: value.get().to_owned(), over };
            change_state(deps, context, number, &scope, change).await
        }
        Own::Delete { key } => change_state(deps, context, number, &scope, StateChange::Delete { key }).await,
        Own::Tokenize { value, kind } => given(&border(deps)?.tokenized(&Place::of(context), &value, &kind)?),
        Own::Now => given(&now_ms()),
        Own::IsToken { text } => given(&border(deps)?.is_token(&Place::of(context), &text)?),
    }
}

/// A value and what to give back to change it.
#[derive(Serialize)]
struct Looked {
    value: Option<Box<RawValue>>,
    version: u64,
}

async fn change_state(
    deps: &Deps,
    context: &CallContext,
    number: u64,
    scope: &StateScope,
    change: StateChange,
) -> Given {
    let conditional = matches!(change, StateChange::Set { over: Some(_), .. });
    let changed = deps.journal.change_state((&context.execution, number), scope, change, LIMITS, now_ms()).await;
    let full = |what: String| {
        Err(ToolError::new(ErrorCode::LimitExceeded, what).hint("delete keys, or keep large data under /workspace"))
    };
    match changed.map_err(|error| unwritten(&error))? {
        StateAnswer::Kept if conditional => given(&true),
        StateAnswer::Kept => Ok(RawValue::NULL.to_owned()),
        StateAnswer::Outdated => given(&false),
        StateAnswer::Deleted(was_there) => given(&was_there),
        StateAnswer::ValueTooLarge => Err(asked::too_large()),
        StateAnswer::TooManyKeys => full(format!("the session's state has {} keys, its limit", LIMITS.keys)),
        StateAnswer::Full => full(format!("the session's state has {} MiB, its limit", LIMITS.bytes >> 20)),
    }
}

/// A value as programs see it: with tokens in it, where they see no private values.
fn shown(deps: &Deps, context: &CallContext, entry: StateEntry, crossed: &Mutex<Notes>) -> Given {
    let value = RawValue::from_string(entry.value)
        .map_err(|error| ToolError::new(ErrorCode::Internal, format!("a kept value is not JSON: {error}")))?;
    Ok(match deps.border.as_ref().filter(|border| border.inside() == Inside::Tokens) {
        Some(border) => {
            let mut crossed = crossed.lock().unwrap_or_else(PoisonError::into_inner);
            border.json(&Place::of(context), &value, None, "state", &mut crossed)
        }
        None => value,
    })
}

async fn read<T: Send + 'static>(
    deps: &Deps,
    work: impl FnOnce(&Journal) -> Result<T, JournalError> + Send + 'static,
) -> Result<T, ToolError> {
    let journal = deps.journal.clone();
    let read = tokio::task::spawn_blocking(move || work(&journal).map_err(|error| error.to_string())).await;
    let read = read.map_err(|error| error.to_string()).and_then(|read| read);
    read.map_err(|error| ToolError::new(ErrorCode::Internal, format!("the state cannot be read: {error}")))
}

fn border(deps: &Deps) -> Result<&Border, ToolError> {
    deps.border.as_deref().ok_or_else(|| {
        ToolError::new(ErrorCode::InvalidRequest, "privacy is turned off, so there are no tokens")
            .hint("the operator can remove privacy.enabled = false")
    })
}

fn given(value: &impl Serialize) -> Given {
    to_raw_value(value).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))
}

fn unwritten(error: &JournalError) -> ToolError {
    ToolError::new(ErrorCode::Internal, format!("the state could not be changed: {error}"))
        .hint("nothing was changed; check that state_dir is writable and not full")
}
