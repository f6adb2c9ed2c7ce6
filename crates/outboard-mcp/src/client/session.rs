//! A server that has said hello: how it is asked things.

use super::agents::{Active, UnderWay};
use super::handshake::{self, Era, Greeting};
use super::http::{Extra, HttpLink};
use super::process::Process;
use super::rounds::Asked;
use super::spec::ClientInfo;
use crate::rpc::{OnDrop, Peer, RequestError};
use outboard_types::Wire;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;

/// What lies between us and the server.
pub(super) enum Link {
    /// A child process.
    Stdio { process: Process, peer: Peer },
    /// An address of the oldest kind: posts, and one stream of answers.
    Sse(Peer),
    /// An address.
    Http(Arc<HttpLink>),
}

/// A connection in a known era.
pub(super) struct Session {
    /// What lies below.
    pub(super) link: Link,
    /// What the server said about itself.
    pub(super) greeting: Greeting,
    /// The calls that it is working on.
    pub(super) under_way: Arc<UnderWay>,
    client: ClientInfo,
    meta: Option<String>,
}

impl Session {
    /// Puts the parts together.
    pub(super) fn new(link: Link, greeting: Greeting, client: &ClientInfo, under_way: Arc<UnderWay>) -> Self {
        let meta = (greeting.era == Era::Modern).then(|| handshake::modern_meta(client, &json!({}), None));
        Self { link, greeting, under_way, client: client.clone(), meta }
    }

    /// Asks for ourselves; `fields` is the inside of the parameter object as JSON text. Giving up the wait
    /// cancels the request at the server.
    pub(super) async fn request(
        &self,
        method: &str,
        fields: &str,
        name: Option<&str>,
    ) -> Result<Box<RawValue>, RequestError> {
        let params = params(fields, self.meta.as_deref(), &[]);
        self.send(method, &params, &Extra { name, ..Extra::default() }).await
    }

    /// Asks on behalf of a call: what its agent can be asked goes along.
    pub(super) async fn request_for(
        &self,
        active: &Arc<Active>,
        asked: &Asked<'_>,
    ) -> Result<Box<RawValue>, RequestError> {
        if let (Era::Legacy, Link::Http(link)) = (self.greeting.era, &self.link) {
            link.askable().await;
        }
        let agents = self.under_way.agents();
        let meta = self.meta.as_ref().map(|plain| match &agents {
            Some(agents) => {
                let level = agents.level(&active.call);
                handshake::modern_meta(&self.client, &agents.capabilities(&active.call), level)
            }
            None => plain.clone(),
        });
        let wanted = agents.is_some_and(|agents| agents.wants_progress(&active.call));
        let progress = wanted.then(|| format!(r#""progressToken":"{}""#, active.token()));
        let entries: Vec<&str> = asked.entry.into_iter().chain(progress.as_deref()).collect();
        let params = params(asked.fields, meta.as_deref(), &entries);
        let extra = Extra { name: asked.name, headers: &asked.headers, active: Some(active) };
        self.send(asked.method, &params, &extra).await
    }

    async fn send(&self, method: &str, params: &str, extra: &Extra<'_>) -> Result<Box<RawValue>, RequestError> {
        match &self.link {
            Link::Stdio { peer, .. } | Link::Sse(peer) => {
                let pending = peer.request(method, params, OnDrop::Cancel).await?;
                if let Some(active) = extra.active {
                    active.call.trace.wire.add(|wire| wire.request = Some(pending.id()));
                }
                pending.await
            }
            Link::Http(link) => link.request(method, params, extra).await,
        }
    }

    /// How requests go to the server, for traces.
    pub(super) fn wire(&self) -> Wire {
        let protocol = Some(self.greeting.version.clone());
        match &self.link {
            Link::Stdio { .. } => Wire { transport: "pipe".into(), protocol, ..Wire::default() },
            Link::Sse(_) => Wire { transport: "tcp".into(), protocol, ..Wire::default() },
            Link::Http(link) => {
                let (address, port) = link.place();
                Wire { transport: "tcp".into(), address, port, protocol, ..Wire::default() }
            }
        }
    }

    /// Asks without waiting for the answer; `name` is what it concerns.
    pub(super) fn soon(&self, method: &'static str, fields: &str, name: Option<&str>) {
        let params = params(fields, self.meta.as_deref(), &[]);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        match &self.link {
            Link::Stdio { peer, .. } | Link::Sse(peer) => {
                let peer = peer.clone();
                runtime.spawn(async move {
                    if let Ok(pending) = peer.request(method, &params, OnDrop::Forget).await {
                        let _ = pending.await;
                    }
                });
            }
            Link::Http(link) => {
                let (link, name) = (link.clone(), name.map(str::to_owned));
                runtime.spawn(async move {
                    let extra = Extra { name: name.as_deref(), ..Extra::default() };
                    drop(link.request(method, &params, &extra).await);
                });
            }
        }
    }

    /// Hears of changes for as long as the session lasts; a modern server is asked to tell, an HTTP server of
    /// the legacy era over a stream of its own. Resources in `watched` are subscribed to.
    pub(super) async fn listen(&self, mut watched: watch::Receiver<BTreeSet<String>>) {
        match (self.greeting.era, &self.link) {
            (Era::Modern, _) => self.listen_modern(&mut watched).await,
            (Era::Legacy, Link::Http(link)) => {
                // Some servers ask over this stream in the middle of a call, so it is open whatever they announce.
                let stream = async {
                    let error = link.listen().await;
                    tracing::debug!(%error, "no stream beside the answers");
                    std::future::pending().await
                };
                tokio::select! {
                    () = stream => {}
                    () = self.subscribe(&mut watched) => {}
                }
            }
            (Era::Legacy, _) => self.subscribe(&mut watched).await,
        }
    }

    async fn listen_modern(&self, watched: &mut watch::Receiver<BTreeSet<String>>) {
        loop {
            let uris = watched.borrow_and_update().clone();
            let mut wanted = json!({});
            for (part, flag) in [
                ("tools", "toolsListChanged"),
                ("prompts", "promptsListChanged"),
                ("resources", "resourcesListChanged"),
            ] {
                if self.greeting.capabilities[part]["listChanged"] == true {
                    wanted[flag] = json!(true);
                }
            }
            if !uris.is_empty() {
                wanted["resourceSubscriptions"] = json!(uris);
            }
            let asked = wanted.as_object().is_some_and(|wanted| !wanted.is_empty());
            let fields = format!(r#""notifications":{wanted}"#);
            let told = async {
                if asked && let Err(error) = self.request("subscriptions/listen", &fields, None).await {
                    tracing::debug!(%error, "no announcements of changes");
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = told => {}
                changed = watched.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Keeps the server's subscriptions as the set of watched resources says.
    async fn subscribe(&self, watched: &mut watch::Receiver<BTreeSet<String>>) {
        let mut known = BTreeSet::new();
        loop {
            let wanted = watched.borrow_and_update().clone();
            for (method, uris) in [
                ("resources/subscribe", wanted.difference(&known)),
                ("resources/unsubscribe", known.difference(&wanted)),
            ] {
                for uri in uris {
                    if let Err(error) =
                        self.request(method, &format!(r#""uri":{}"#, Value::from(uri.as_str())), None).await
                    {
                        tracing::debug!(%error, method, "the subscription was not changed");
                    }
                }
            }
            known = wanted;
            if watched.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether it can still be asked.
    pub(super) fn is_alive(&self) -> bool {
        match &self.link {
            Link::Stdio { peer, .. } | Link::Sse(peer) => !peer.is_closed(),
            Link::Http(link) => link.is_alive(),
        }
    }

    /// Waits until it can no longer be asked.
    pub(super) async fn ended(&self) {
        match &self.link {
            Link::Stdio { peer, .. } | Link::Sse(peer) => peer.closed().await,
            Link::Http(link) => link.ended().await,
        }
    }

    /// What can be said about a session that ended.
    pub(super) async fn obituary(&self) -> String {
        match &self.link {
            Link::Stdio { process, .. } => {
                let _ = tokio::time::timeout(std::time::Duration::from_millis(400), process.gone()).await;
                process.describe()
            }
            Link::Sse(_) => "its stream ended".into(),
            Link::Http(link) => link.last_failure(),
        }
    }

    /// Ends it.
    pub(super) async fn end(&self) {
        match &self.link {
            Link::Stdio { process, .. } => {
                process.stop();
                process.gone().await;
            }
            Link::Sse(peer) => peer.close(),
            Link::Http(link) => link.end().await,
        }
    }

    /// The process id, where there is a process.
    pub(super) fn pid(&self) -> Option<u32> {
        match &self.link {
            Link::Stdio { process, .. } => Some(process.pid),
            Link::Sse(_) | Link::Http(_) => None,
        }
    }

    /// How many lines were not messages.
    pub(super) fn noise(&self) -> u64 {
        match &self.link {
            Link::Stdio { peer, .. } => peer.noise(),
            Link::Sse(_) | Link::Http(_) => 0,
        }
    }

    /// Whether it is reached over streamable HTTP in the modern era, where arguments go into headers too.
    pub(super) fn mirrors_arguments(&self) -> bool {
        self.greeting.era == Era::Modern && matches!(self.link, Link::Http(_))
    }
}

/// The parameters of a request: its fields, and in `_meta` what the era wants and further entries.
fn params(fields: &str, meta: Option<&str>, more: &[&str]) -> String {
    let inner = meta.and_then(|meta| meta.strip_prefix('{')?.strip_suffix('}')).filter(|inner| !inner.is_empty());
    let entries: Vec<_> = inner.into_iter().chain(more.iter().copied()).collect();
    let meta = (meta.is_some() || !more.is_empty()).then(|| format!(r#""_meta":{{{}}}"#, entries.join(",")));
    let all: Vec<_> = Some(fields).filter(|fields| !fields.is_empty()).into_iter().chain(meta.as_deref()).collect();
    format!("{{{}}}", all.join(","))
}

#[cfg(test)]
mod tests {
    use super::params;

    #[test]
    fn parameters_are_joined_whatever_is_missing() {
        assert_eq!(params("", None, &[]), "{}");
        assert_eq!(params("", Some(r#"{"a":1}"#), &[]), r#"{"_meta":{"a":1}}"#);
        assert_eq!(params(r#""n":1"#, None, &[r#""k":"v""#]), r#"{"n":1,"_meta":{"k":"v"}}"#);
        assert_eq!(params(r#""n":1"#, Some(r#"{"a":1}"#), &[r#""k":"v""#]), r#"{"n":1,"_meta":{"a":1,"k":"v"}}"#);
        assert_eq!(params("", Some("{}"), &[r#""k":"v""#]), r#"{"_meta":{"k":"v"}}"#);
    }
}
