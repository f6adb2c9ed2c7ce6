//! What changed at upstreams, told to the clients that want to hear of it.

use super::protocol::META_SUBSCRIPTION;
use super::service::{Caller, Service};
use super::wire;
use crate::client::{Change, Upstreams};
use crate::rpc::RpcError;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use tokio::sync::broadcast::error::RecvError;

/// Resources that one stream may name.
const WATCHED: usize = 1_000;

/// What clients are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    Tools,
    Prompts,
    Resources,
    Updated(String),
}

impl Notice {
    fn method(&self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
            Self::Updated(_) => "notifications/resources/updated",
        }
    }

    fn params(&self) -> Value {
        match self {
            Self::Updated(uri) => json!({ "uri": uri }),
            _ => json!({}),
        }
    }

    /// The notification, as one line.
    pub(super) fn line(&self) -> String {
        wire::notification(self.method(), &self.params())
    }
}

/// Turns changes at upstreams into notices, for as long as the service lives.
pub(super) async fn follow(service: Weak<Service>, upstreams: Arc<Upstreams>) {
    let mut news = upstreams.news();
    let Some(rules) = service.upgrade().map(|service| service.executions.deps().rulebook.clone()) else { return };
    let mut version = rules.current().version();
    loop {
        let heard = tokio::select! {
            heard = news.recv() => Some(heard),
            () = rules.changed_from(version) => None,
        };
        let Some(service) = service.upgrade() else { return };
        let (server, change) = match heard {
            Some(Ok(news)) => news,
            Some(Err(RecvError::Lagged(_))) => continue,
            Some(Err(RecvError::Closed)) => return,
            None => {
                version = rules.current().version();
                service.tell_of_rules();
                continue;
            }
        };
        let notice = match change {
            Change::Tools => {
                // Told only when a client that asks at once gets the new list.
                let listed = upstreams.listing(&server, false).await.is_ok();
                service.executions.deps().surfaces.invalidate();
                if !listed || !service.shows_upstream_tools() {
                    continue;
                }
                Notice::Tools
            }
            Change::Prompts => Notice::Prompts,
            Change::Resources => Notice::Resources,
            Change::Updated(uri) => Notice::Updated(uri),
        };
        let _ = service.news.send(notice);
    }
}

impl Service {
    /// Other rules may show other things.
    fn tell_of_rules(&self) {
        let tools = self.shows_upstream_tools().then_some(Notice::Tools);
        for notice in tools.into_iter().chain([Notice::Prompts, Notice::Resources]) {
            let _ = self.news.send(notice);
        }
    }
}

/// The parameters of `subscriptions/listen`.
#[derive(Deserialize, Default)]
struct Wanted {
    #[serde(default)]
    notifications: Filter,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    tools_list_changed: bool,
    prompts_list_changed: bool,
    resources_list_changed: bool,
    resource_subscriptions: BTreeSet<String>,
}

impl Filter {
    fn wants(&self, notice: &Notice) -> bool {
        match notice {
            Notice::Tools => self.tools_list_changed,
            Notice::Prompts => self.prompts_list_changed,
            Notice::Resources => self.resources_list_changed,
            Notice::Updated(uri) => self.resource_subscriptions.contains(uri),
        }
    }

    fn granted(&self) -> Value {
        json!({
            "toolsListChanged": self.tools_list_changed,
            "promptsListChanged": self.prompts_list_changed,
            "resourcesListChanged": self.resources_list_changed,
            "resourceSubscriptions": self.resource_subscriptions,
        })
    }
}

/// `subscriptions/listen`: tells what was asked for until the client gives up.
pub(super) async fn listen(service: &Service, params: Option<&RawValue>, caller: &Caller) -> Result<Value, RpcError> {
    let invalid = |why: String| RpcError::new(RpcError::INVALID_PARAMS, format!("subscriptions/listen: {why}"));
    let wanted: Wanted = match params {
        Some(params) => serde_json::from_str(params.get()).map_err(|error| invalid(error.to_string()))?,
        None => Wanted::default(),
    };
    let mut filter = wanted.notifications;
    if filter.resource_subscriptions.len() > WATCHED {
        return Err(invalid(format!("at most {WATCHED} resources can be watched")));
    }
    // What a principal may not read, it does not hear of either.
    for uri in std::mem::take(&mut filter.resource_subscriptions) {
        if service.readable(&uri, &caller.principal).await.is_some() {
            filter.resource_subscriptions.insert(uri);
        }
    }
    let tell = caller.agent.tell.as_ref().ok_or_else(|| invalid("the answer has to be a stream of events".into()))?;
    let tagged = |mut params: Value| {
        params["_meta"] = json!({META_SUBSCRIPTION: caller.request});
        params
    };
    let mut news = service.news.subscribe();
    let _watching = Watching::start(service, &filter.resource_subscriptions);
    let acknowledged = tagged(json!({"notifications": filter.granted()}));
    tell(wire::notification("notifications/subscriptions/acknowledged", &acknowledged));
    loop {
        let notice = tokio::select! {
            () = caller.cancel.cancelled() => return Ok(json!({})),
            () = service.drain.cancelled() => return Ok(json!({})),
            notice = news.recv() => notice,
        };
        match notice {
            Ok(notice) if filter.wants(&notice) => {
                tell(wire::notification(notice.method(), &tagged(notice.params())));
            }
            Err(RecvError::Closed) => return Ok(json!({})),
            _ => {}
        }
    }
}

/// Resources are watched until this is dropped.
struct Watching<'a> {
    service: &'a Service,
    uris: &'a BTreeSet<String>,
}

impl<'a> Watching<'a> {
    fn start(service: &'a Service, uris: &'a BTreeSet<String>) -> Self {
        uris.iter().for_each(|uri| service.watch(uri, true));
        Self { service, uris }
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.uris.iter().for_each(|uri| self.service.watch(uri, false));
    }
}
