//! What servers offer beside tools: prompts, resources, templates of resources.

use super::Upstreams;
use super::listing;
use super::session::Session;
use super::supervisor::{Life, Upstream};
use outboard_types::ServerName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a list may take while somebody waits for all servers' lists.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lists beside tools, entries as they came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Offers {
    prompts: Vec<Box<RawValue>>,
    resources: Vec<Box<RawValue>>,
    templates: Vec<Box<RawValue>>,
}

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// `prompts/list`.
    Prompts,
    /// `resources/list`.
    Resources,
    /// `resources/templates/list`.
    Templates,
}

impl Offer {
    /// The method that lists it.
    pub fn method(self) -> &'static str {
        match self {
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
        }
    }
}

impl Offers {
    fn of(&self, offer: Offer) -> &[Box<RawValue>] {
        match offer {
            Offer::Prompts => &self.prompts,
            Offer::Resources => &self.resources,
            Offer::Templates => &self.templates,
        }
    }

    /// Asks for the lists that the server declares. One that cannot be had is empty: tools are worth more.
    pub(super) async fn fetch(session: &Session, limit: Duration) -> Self {
        let declared = |part: &str| session.greeting.capabilities.get(part).is_some_and(Value::is_object);
        let list = |offer: Offer, wanted: bool| async move {
            if !wanted {
                return Vec::new();
            }
            let list = listing::fetch(session, offer.method(), limit).await;
            list.unwrap_or_else(|error| {
                tracing::warn!(list = offer.method(), %error, "not listed");
                Vec::new()
            })
        };
        let (prompts, resources) = (declared("prompts"), declared("resources"));
        Self {
            prompts: list(Offer::Prompts, prompts).await,
            resources: list(Offer::Resources, resources).await,
            templates: list(Offer::Templates, resources).await,
        }
    }
}

impl Upstreams {
    /// One list of every server, as far as it is known; servers that run and said that something changed are
    /// asked again.
    pub async fn offers(&self, offer: Offer) -> Vec<(ServerName, Vec<Box<RawValue>>)> {
        let asked = self.all().into_iter().map(|upstream| async move {
            let refreshed = upstream.refresh_offers();
            if tokio::time::timeout(PATIENCE, refreshed).await.is_err() {
                tracing::warn!(server = %upstream.spec.name, "its lists come too late");
            }
            let memory = upstream.remembered().await;
            let list = memory.map(|memory| memory.offers.of(offer).to_vec()).unwrap_or_default();
            (upstream.spec.name.clone(), list)
        });
        futures::future::join_all(asked).await
    }

    /// What one of some servers declares to offer, by its key in `ServerCapabilities`; as far as it is known.
    pub fn any_offers(&self, key: &str, of: &dyn Fn(&ServerName) -> bool) -> bool {
        let declares = |upstream: &Arc<Upstream>| {
            upstream.remembered_now().is_some_and(|memory| memory.capabilities.get(key).is_some_and(Value::is_object))
        };
        self.all().iter().filter(|upstream| of(&upstream.spec.name)).any(declares)
    }

    /// The names of all configured servers.
    pub fn names(&self) -> Vec<ServerName> {
        self.all().iter().map(|upstream| upstream.spec.name.clone()).collect()
    }

    /// Starts or ends hearing of changes of a resource.
    pub fn watch(&self, server: &ServerName, uri: &str, on: bool) {
        let Ok(upstream) = self.get(server) else { return };
        upstream.watched.send_if_modified(|watched| match on {
            true => watched.insert(uri.to_owned()),
            false => watched.remove(uri),
        });
        if on {
            // Only a server that runs can tell of changes.
            let upstream = upstream.clone();
            tokio::spawn(async move { drop(upstream.session().await) });
        }
    }
}

impl Upstream {
    async fn refresh_offers(self: &Arc<Self>) {
        let session = match &self.inner().life {
            Life::Ready(session) if session.is_alive() => session.clone(),
            _ => return,
        };
        if !self.ear.stale_offers.swap(false, Ordering::AcqRel) {
            return;
        }
        let offers = Offers::fetch(&session, self.spec.timeout).await;
        let mut inner = self.inner();
        if let Some(memory) = &mut inner.memory {
            let known = Arc::make_mut(memory);
            known.offers = offers;
        }
    }
}
