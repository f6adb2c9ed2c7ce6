//! What upstreams ask of us and tell us.

use super::http_answer::empty;
use crate::rpc::{Handler, Id, Peer, RpcError};
use futures::future::BoxFuture;
use outboard_types::ServerName;
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::broadcast;

/// Listens to one upstream.
pub(super) struct Ear {
    /// Whose it is.
    pub(super) server: ServerName,
    /// Who wants to hear of changes.
    pub(super) changes: broadcast::Sender<ServerName>,
    /// Whether the tools have changed since they were last listed.
    pub(super) stale: AtomicBool,
}

impl Ear {
    /// Takes note of a notification.
    pub(super) fn hear(&self, method: &str) {
        if method == "notifications/tools/list_changed" {
            self.stale.store(true, Ordering::Release);
            let _ = self.changes.send(self.server.clone());
        }
    }
}

/// We declare no capabilities, so `ping` is all that may be asked.
pub(super) fn answer(method: &str) -> Result<Box<RawValue>, RpcError> {
    match method {
        "ping" => Ok(empty()),
        _ => Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "the client does not offer this method")),
    }
}

impl Handler for Ear {
    fn request(
        &self,
        _: &Peer,
        _: Id,
        method: String,
        _: Option<Box<RawValue>>,
    ) -> BoxFuture<'static, Result<Box<RawValue>, RpcError>> {
        Box::pin(async move { answer(&method) })
    }

    fn notification(&self, _: &Peer, method: &str, _: Option<Box<RawValue>>) {
        self.hear(method);
    }
}
