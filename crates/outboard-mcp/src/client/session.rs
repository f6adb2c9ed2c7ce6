//! A server that has said hello: how it is asked things.

use super::handshake::{self, Era, Greeting};
use super::http::HttpLink;
use super::process::Process;
use super::spec::ClientInfo;
use crate::rpc::{OnDrop, Peer, RequestError};
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
        let params = self.params(fields);
        match &self.link {
            Link::Stdio { peer, .. } => peer.request(method, &params, OnDrop::Cancel).await?.await,
            Link::Http(link) => link.request(method, &params, name).await,
        }
    }

    fn params(&self, fields: &str) -> String {
        match &self.meta {
            None => format!("{{{fields}}}"),
            Some(meta) if fields.is_empty() => format!(r#"{{"_meta":{meta}}}"#),
            Some(meta) => format!(r#"{{{fields},"_meta":{meta}}}"#),
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
