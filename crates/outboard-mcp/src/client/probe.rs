//! Finding out a server's era over a connection, once.
//!
//! The era sticks to a connection: `server/discover` goes first and `initialize` only follows when it was
//! refused or stays unanswered. After a time without an answer both stay open; a late success wins.

use super::handshake::{self, Greeting};
use super::shared::Shared;
use crate::rpc::{OnDrop, Peer, Pending, RequestError};
use serde_json::value::RawValue;
use std::time::Duration;

/// Why a connection brought no greeting.
#[derive(Debug)]
pub(super) enum NoGreeting {
    /// The connection ended.
    Ended,
    /// The server refused.
    Refused(String),
}

/// What the answer to `server/discover` says.
pub(super) enum Verdict {
    Modern(Greeting),
    NotModern,
    Ended,
}

/// Reads an answer to `server/discover`: the codes of legacy servers differ, so none is relied upon.
pub(super) fn judge(answer: Result<Box<RawValue>, RequestError>) -> Verdict {
    match answer {
        Ok(result) => handshake::read_discover(result.get()).map_or(Verdict::NotModern, Verdict::Modern),
        Err(RequestError::Refused(error)) if handshake::is_modern_code(error.code) => {
            Verdict::Modern(handshake::modern_without_words())
        }
        Err(RequestError::Refused(_) | RequestError::BadAnswer(_)) => Verdict::NotModern,
        Err(RequestError::Lost(_) | RequestError::NotSent(_)) => Verdict::Ended,
    }
}

/// Probes with `server/discover`; after `patience` without an answer sends `initialize` as well.
pub(super) async fn probe(peer: &Peer, shared: &Shared, patience: Duration) -> Result<Greeting, NoGreeting> {
    let params = format!(r#"{{"_meta":{}}}"#, handshake::modern_meta(&shared.client, &shared.declared(), None));
    let asked = peer.request("server/discover", &params, OnDrop::Forget).await;
    let mut discover = asked.map_err(|_| NoGreeting::Ended)?;
    match tokio::time::timeout(patience, &mut discover).await.map(judge) {
        Ok(Verdict::Modern(greeting)) => Ok(greeting),
        Ok(Verdict::NotModern) => initialize(peer, shared).await,
        Ok(Verdict::Ended) => Err(NoGreeting::Ended),
        Err(_) => both(peer, shared, discover).await,
    }
}

/// Waits for `server/discover` and `initialize` at once.
async fn both(peer: &Peer, shared: &Shared, mut discover: Pending) -> Result<Greeting, NoGreeting> {
    let initialized = initialize(peer, shared);
    tokio::pin!(initialized);
    tokio::select! {
        biased;
        answer = &mut discover => match judge(answer) {
            Verdict::Modern(greeting) => Ok(greeting),
            Verdict::NotModern => initialized.await,
            Verdict::Ended => Err(NoGreeting::Ended),
        },
        greeting = &mut initialized => match greeting {
            Err(NoGreeting::Refused(reason)) => match judge(discover.await) {
                Verdict::Modern(greeting) => Ok(greeting),
                Verdict::NotModern => Err(NoGreeting::Refused(reason)),
                Verdict::Ended => Err(NoGreeting::Ended),
            },
            other => other,
        },
    }
}

/// The legacy handshake.
pub(super) async fn initialize(peer: &Peer, shared: &Shared) -> Result<Greeting, NoGreeting> {
    let params = handshake::initialize_params(&shared.client, &shared.declared());
    let asked = peer.request("initialize", &params, OnDrop::Forget).await;
    let greeting = match asked.map_err(|_| NoGreeting::Ended)?.await {
        Ok(result) => handshake::read_initialize(result.get()).map_err(NoGreeting::Refused)?,
        Err(RequestError::Lost(_) | RequestError::NotSent(_)) => return Err(NoGreeting::Ended),
        Err(refused) => return Err(NoGreeting::Refused(format!("it refused `initialize`: {refused}"))),
    };
    peer.notify("notifications/initialized", "{}").await.map_err(|_| NoGreeting::Ended)?;
    Ok(greeting)
}
