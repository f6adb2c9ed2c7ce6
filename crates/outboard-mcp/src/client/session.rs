//! A server that has said hello: how it is asked things.

use super::handshake::{self, Era, Greeting};
use super::http::HttpLink;
use super::process::Process;
use super::spec::ClientInfo;
use crate::rpc::{OnDrop, Peer, RequestError};
use outboard_types::{Wire, WireNote};
use serde_json::value::RawValue;

/// What lies between us and the server.
pub(super) enum Link {
    /// A child process.
    Stdio { process: Process, peer: Peer },
    /// An address.
    Http(Box<HttpLink>),
}

/// A connection in a known era.
pub(super) struct Session {
    /// What lies below.
    pub(super) link: Link,
    /// What the server said about itself.
    pub(super) greeting: Greeting,
    meta: Option<String>,
}

impl Session {
    /// Puts the two together.
    pub(super) fn new(link: Link, greeting: Greeting, client: &ClientInfo) -> Self {
        let meta = (greeting.era == Era::Modern).then(|| handshake::modern_meta(client));
        Self { link, greeting, meta }
    }

    /// Asks; `fields` is the inside of the parameter object as JSON text, `name` the tool concerned.
    /// Giving up the wait cancels the request at the server.
    pub(super) async fn request(
        &self,
        method: &str,
        fields: &str,
        name: Option<&str>,
    ) -> Result<Box<RawValue>, RequestError> {
        self.request_with(method, fields, name, None, None).await
    }

    /// Sends a request with more entries, as JSON text, in its `_meta`, and notes how it went.
    pub(super) async fn request_with(
        &self,
        method: &str,
        fields: &str,
        name: Option<&str>,
        entry: Option<&str>,
        note: Option<&WireNote>,
    ) -> Result<Box<RawValue>, RequestError> {
        let params = params(fields, self.meta.as_deref(), entry);
        match &self.link {
            Link::Stdio { peer, .. } => {
                let pending = peer.request(method, &params, OnDrop::Cancel).await?;
                note.inspect(|note| note.add(|wire| wire.request = Some(pending.id())));
                pending.await
            }
            Link::Http(link) => link.request(method, &params, name).await,
        }
    }

    /// How requests go to the server, for traces.
    pub(super) fn wire(&self) -> Wire {
        let protocol = Some(self.greeting.version.clone());
        match &self.link {
            Link::Stdio { .. } => Wire { transport: "pipe".into(), protocol, ..Wire::default() },
            Link::Http(link) => {
                let (address, port) = link.place();
                Wire { transport: "tcp".into(), address, port, protocol, ..Wire::default() }
            }
        }
    }

    /// Hears of list changes for as long as the session lasts; a modern server is asked to tell, an HTTP
    /// server of the legacy era over a stream of its own.
    pub(super) async fn listen(&self) {
        if !self.greeting.announces_changes {
            return;
        }
        let heard = match (&self.link, self.greeting.era) {
            (_, Era::Modern) => {
                self.request("subscriptions/listen", r#""notifications":{"toolsListChanged":true}"#, None).await.err()
            }
            (Link::Http(link), Era::Legacy) => Some(link.listen().await),
            (Link::Stdio { .. }, Era::Legacy) => None,
        };
        if let Some(error) = heard {
            tracing::debug!(%error, "no announcements of list changes");
        }
    }

    /// Whether it can still be asked.
    pub(super) fn is_alive(&self) -> bool {
        match &self.link {
            Link::Stdio { peer, .. } => !peer.is_closed(),
            Link::Http(link) => link.is_alive(),
        }
    }

    /// Waits until it can no longer be asked.
    pub(super) async fn ended(&self) {
        match &self.link {
            Link::Stdio { peer, .. } => peer.closed().await,
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
            Link::Http(link) => link.end().await,
        }
    }

    /// The process id, where there is a process.
    pub(super) fn pid(&self) -> Option<u32> {
        match &self.link {
            Link::Stdio { process, .. } => Some(process.pid),
            Link::Http(_) => None,
        }
    }

    /// How many lines were not messages.
    pub(super) fn noise(&self) -> u64 {
        match &self.link {
            Link::Stdio { peer, .. } => peer.noise(),
            Link::Http(_) => 0,
        }
    }
}

/// The parameters of a request: its fields, and in `_meta` what the era wants and one more entry.
fn params(fields: &str, meta: Option<&str>, entry: Option<&str>) -> String {
    let inner = meta.and_then(|meta| meta.strip_prefix('{')?.strip_suffix('}')).filter(|inner| !inner.is_empty());
    let entries: Vec<_> = inner.into_iter().chain(entry).collect();
    let meta = (meta.is_some() || entry.is_some()).then(|| format!(r#""_meta":{{{}}}"#, entries.join(",")));
    let all: Vec<_> = Some(fields).filter(|fields| !fields.is_empty()).into_iter().chain(meta.as_deref()).collect();
    format!("{{{}}}", all.join(","))
}

#[cfg(test)]
mod tests {
    use super::params;

    #[test]
    fn parameters_are_joined_whatever_is_missing() {
        assert_eq!(params("", None, None), "{}");
        assert_eq!(params("", Some(r#"{"a":1}"#), None), r#"{"_meta":{"a":1}}"#);
        assert_eq!(params(r#""n":1"#, None, Some(r#""k":"v""#)), r#"{"n":1,"_meta":{"k":"v"}}"#);
        assert_eq!(params(r#""n":1"#, Some(r#"{"a":1}"#), Some(r#""k":"v""#)), r#"{"n":1,"_meta":{"a":1,"k":"v"}}"#);
        assert_eq!(params("", Some("{}"), Some(r#""k":"v""#)), r#"{"_meta":{"k":"v"}}"#);
    }
}
