//! What all upstreams of one program share.

use super::agents::Agents;
use super::handshake::askable;
use super::http_answer::causes;
use super::spec::{ClientInfo, Network};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by all upstreams.
pub(super) struct Shared {
    /// How we introduce ourselves.
    pub(super) client: ClientInfo,
    /// Every task and process watcher; a shutdown waits for them.
    pub(super) tasks: TaskTracker,
    /// Ends everything.
    pub(super) stop: CancellationToken,
    network: Network,
    http: OnceLock<Result<reqwest::Client, String>>,
    agents: OnceLock<Weak<dyn Agents>>,
    declared: Mutex<Map<String, Value>>,
}

impl Shared {
    pub(super) fn new(client: ClientInfo, network: Network) -> Self {
        Self {
            client,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            network,
            http: OnceLock::new(),
            agents: OnceLock::new(),
            declared: Mutex::default(),
        }
    }

    /// The HTTP client, built when first needed: it reads the system's certificates.
    pub(super) fn http(&self) -> Result<reqwest::Client, String> {
        self.http.get_or_init(|| client(&self.network)).clone()
    }

    /// Says who stands behind calls; the first one said counts.
    pub(super) fn serve(&self, agents: Weak<dyn Agents>) {
        let _ = self.agents.set(agents);
    }

    pub(super) fn agents(&self) -> Option<Arc<dyn Agents>> {
        self.agents.get()?.upgrade()
    }

    /// Adds to what legacy servers are told at their start that they may ask.
    pub(super) fn declare(&self, capabilities: &Value) {
        self.lock().extend(askable(capabilities));
    }

    /// What can be asked back by some agent.
    pub(super) fn declared(&self) -> Value {
        Value::Object(self.lock().clone())
    }

    fn lock(&self) -> MutexGuard<'_, Map<String, Value>> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client below all links.
fn client(network: &Network) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::custom(follow))
        .connect_timeout(Duration::from_secs(15));
    if let Some(path) = &network.ca {
        let unusable = |why: String| format!("network.ca {}: {why}", path.display());
        let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let roots = reqwest::Certificate::from_pem_bundle(&text).map_err(|error| unusable(error.to_string()))?;
        if roots.is_empty() {
            return Err(unusable("it holds no certificate in PEM form".into()));
        }
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(|error| format!("no HTTP client: {}", causes(error)))
}

/// Only redirects that keep the method, and only within one origin: the headers hold secrets.
fn follow(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let keeps_method = matches!(attempt.status().as_u16(), 307 | 308);
    let same_origin = attempt.previous().iter().all(|before| before.origin() == attempt.url().origin());
    if keeps_method && same_origin && attempt.previous().len() <= 5 { attempt.follow() } else { attempt.stop() }
}
