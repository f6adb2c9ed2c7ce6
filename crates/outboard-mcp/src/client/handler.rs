//! What upstreams ask of us and tell us.

use super::agents::{Active, UnderWay};
use crate::rpc::{Handler, Id, Peer, RpcError};
use futures::future::BoxFuture;
use outboard_types::ServerName;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::broadcast;

/// What changed at a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its list of tools.
    Tools,
    /// Its list of prompts.
    Prompts,
    /// Its list of resources or of their templates.
    Resources,
    /// A resource that was subscribed to.
    Updated(String),
}

/// Listens to one upstream.
pub(super) struct Ear {
    /// Whose it is.
    pub(super) server: ServerName,
    /// Who wants to hear of changed tools.
    pub(super) changes: broadcast::Sender<ServerName>,
    /// Who wants to hear of every change.
    pub(super) news: broadcast::Sender<(ServerName, Change)>,
    /// Whether the tools have changed since they were last listed.
    pub(super) stale: AtomicBool,
    /// The same of prompts and resources.
    pub(super) stale_offers: AtomicBool,
    /// The calls that it is working on.
    pub(super) under_way: Arc<UnderWay>,
}

impl Ear {
    /// Takes note of a notification; `active` is the call in whose answer it came, where the transport tells.
    pub(super) fn hear(&self, method: &str, params: Option<&RawValue>, active: Option<&Arc<Active>>) {
        let change = match method {
            "notifications/tools/list_changed" => Change::Tools,
            "notifications/prompts/list_changed" => Change::Prompts,
            "notifications/resources/list_changed" => Change::Resources,
            "notifications/resources/updated" => match uri(params) {
                Some(uri) => Change::Updated(uri),
                None => return,
            },
            _ => return self.under_way.tell(method, params, active),
        };
        match change {
            Change::Tools => {
                self.stale.store(true, Ordering::Release);
                let _ = self.changes.send(self.server.clone());
            }
            Change::Prompts | Change::Resources => self.stale_offers.store(true, Ordering::Release),
            Change::Updated(_) => {}
        }
        let _ = self.news.send((self.server.clone(), change));
    }
}

fn uri(params: Option<&RawValue>) -> Option<String> {
    let params: Value = serde_json::from_str(params?.get()).ok()?;
    params["uri"].as_str().map(str::to_owned)
}

impl Handler for Ear {
    fn request(
        &self,
        _: &Peer,
        _: Id,
        method: String,
        params: Option<Box<RawValue>>,
    ) -> BoxFuture<'static, Result<Box<RawValue>, RpcError>> {
        Box::pin(self.under_way.clone().answer(method, params, None))
    }

    fn notification(&self, _: &Peer, method: &str, params: Option<Box<RawValue>>) {
        self.hear(method, params.as_deref(), None);
    }
}
