//! The client behind requests: what it declared, how it is asked and told something.
//!
//! In the handshake era one of these lives as long as the session; in the stateless one, as long as a request.

use super::protocol;
use super::questions::{Asker, Elicitation, Questions};
use super::requests::Requests;
use super::service::{Caller, ProgressSink};
use super::wire;
use outboard_types::{CancellationToken, Principal};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Resources that one client may watch.
const WATCHED: usize = 1_000;

/// Puts one message on the way to the client; false where that cannot be done.
pub type Tell = Arc<dyn Fn(String) -> bool + Send + Sync>;

/// How serious a log message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(usize);

const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

impl Level {
    pub(super) fn parse(text: &str) -> Option<Self> {
        LEVELS.iter().position(|level| *level == text).map(Self)
    }

    pub(super) fn as_str(self) -> &'static str {
        LEVELS[self.0]
    }
}

/// How questions reach a client.
#[derive(Clone, Default)]
pub(super) enum Way {
    /// Not at all.
    #[default]
    Unable,
    /// By a request to it while its own is under way.
    Ask(Asker),
    /// By an answer that makes it repeat its request with the replies.
    Retry,
}

/// What stands behind one request.
#[derive(Clone, Default)]
pub struct Agent {
    /// What the client declared that it can be asked.
    pub(super) capabilities: Value,
    pub(super) level: Option<Level>,
    pub(super) progress_token: Option<Value>,
    pub(super) tell: Option<Tell>,
    pub(super) way: Way,
}

impl Agent {
    /// One that declared nothing and hears nothing.
    pub(super) fn silent() -> Self {
        Self { capabilities: Value::Null, level: None, progress_token: None, tell: None, way: Way::Unable }
    }
}

/// One client.
pub struct Client {
    pub(super) requests: Arc<Requests>,
    pub(super) questions: Arc<Questions>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    capabilities: Value,
    level: Option<Level>,
    watched: BTreeSet<String>,
}

impl Client {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { requests: Arc::default(), questions: Arc::default(), state: Mutex::default() })
    }

    /// Notes what an `initialize` declares; later requests of the same session go by it.
    pub(super) fn declare(&self, params: Option<&RawValue>) -> Value {
        let declared = protocol::declared(params);
        let capabilities = if declared.is_object() { declared } else { json!({}) };
        self.lock().capabilities = capabilities.clone();
        capabilities
    }

    /// Whether it is of the handshake era.
    pub(super) fn shook_hands(&self) -> bool {
        !self.lock().capabilities.is_null()
    }

    pub(super) fn set_level(&self, level: Level) {
        self.lock().level = Some(level);
    }

    /// Starts or ends watching a resource; whether that changed anything.
    pub(super) fn watch(&self, uri: &str, on: bool) -> bool {
        let watched = &mut self.lock().watched;
        match on {
            true => watched.len() < WATCHED && watched.insert(uri.to_owned()),
            false => watched.remove(uri),
        }
    }

    pub(super) fn watches(&self, uri: &str) -> bool {
        self.lock().watched.contains(uri)
    }

    pub(super) fn watched(&self) -> BTreeSet<String> {
        self.lock().watched.clone()
    }

    /// Who asks with these parameters. `tell` reaches the client while the request is under way.
    pub(super) fn caller(
        self: &Arc<Self>,
        principal: Principal,
        cancel: CancellationToken,
        id: &RawValue,
        params: Option<&RawValue>,
        tell: Option<Tell>,
    ) -> Caller {
        let (modern, meta) = (protocol::is_modern(params), wire::meta(params));
        let state = self.lock();
        let capabilities = if modern { meta.capabilities } else { state.capabilities.clone() };
        let level = if modern { meta.level.as_deref().and_then(Level::parse) } else { state.level };
        let way = match (modern, &tell) {
            (true, _) => Way::Retry,
            (false, Some(tell)) => Way::Ask(self.questions.asker(tell.clone())),
            (false, None) => Way::Unable,
        };
        let elicitation = match &way {
            _ if !protocol::takes_forms(&capabilities) => Elicitation::Unable,
            Way::Unable => Elicitation::Unable,
            Way::Ask(asker) => Elicitation::Ask(asker.clone()),
            Way::Retry => Elicitation::Retry,
        };
        let progress = meta.progress_token.clone().zip(tell.clone()).map(|(token, tell)| -> ProgressSink {
            Box::new(move |count, message| {
                let params = json!({"progressToken": token, "progress": count, "message": message});
                let _ = tell(wire::notification("notifications/progress", &params));
            })
        });
        let progress_token = meta.progress_token;
        let agent = Agent { capabilities, level, progress_token, tell, way };
        let request = serde_json::from_str(id.get()).unwrap_or_default();
        Caller {
            principal,
            cancel,
            lost: CancellationToken::new(),
            progress,
            elicitation,
            http_trace: None,
            agent,
            client: Some(self.clone()),
            request,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
