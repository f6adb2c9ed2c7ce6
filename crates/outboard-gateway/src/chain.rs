//! The one place that says which layers there are and in which order.

use crate::approvals::ApprovalDesk;
use crate::layers::authorize::Authorize;
use crate::layers::bulkhead::{self, Bulkhead};
use crate::layers::{
    breaker::Breaker, cancel::Cancel, deadline::Deadline, privacy::Private, quota::Quota, record::Record, retry::Retry,
    timeout::Timeout, trace::Trace, validate::Validate,
};
use crate::spending::{Purse, SpendingOptions};
use crate::{
    Circuits, Definitions, Layer, Next, NothingPrivate, Operation, Privacy, QuotaRule, Reader, Request, RetryOptions,
    Rulebook, Run, RunawayOptions, Unpinned, Upstream,
};
use outboard_journal::Journal;
use outboard_types::{Outcome, ServerName, ToolId};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What the layers need to know. Handles in it ([`Rulebook`], [`ApprovalDesk`], [`Circuits`]) may be
/// cloned before, to be used while the chain works.
pub struct Options {
    /// The policy in force; there is no door without one.
    pub rulebook: Rulebook,
    /// Which definitions were accepted; default all.
    pub definitions: Arc<dyn Definitions>,
    /// Private values: what stands for them and where they may go; default none are known.
    pub privacy: Arc<dyn Privacy>,
    /// Where calls wait for a person. Without one, a call that has to be asked about is refused.
    pub desk: Option<ApprovalDesk>,
    /// Whether each request also leaves an entry in the journal's audit log; default yes.
    pub audit: bool,
    /// Who reads what calls carried; default nobody.
    pub reader: Option<Arc<dyn Reader>>,
    /// Largest arguments of one call, in bytes; default 8 MiB.
    pub arguments: usize,
    /// Limits on calls, rate, concurrency and bytes.
    pub quotas: Vec<QuotaRule>,
    /// Prices and budgets.
    pub spending: SpendingOptions,
    /// When a program runs wild.
    pub runaway: RunawayOptions,
    /// When servers are left alone.
    pub circuits: Circuits,
    /// How often and how patiently calls are sent again.
    pub retry: RetryOptions,
    /// Calls that one server works on at once; default 16.
    pub places: usize,
    /// The same by server.
    pub places_by_server: HashMap<ServerName, usize>,
    /// Time limit of a whole call, waiting and attempts together; default 10 min, and never less than
    /// `timeouts` gives a server for one attempt.
    pub call_timeout: Duration,
    /// Time limit of one attempt, for servers that `timeouts` does not name; default 60 s.
    pub timeout: Duration,
    /// Time limits of one attempt by server.
    pub timeouts: HashMap<ServerName, Duration>,
}

impl Options {
    /// The defaults, under this policy.
    pub fn new(rulebook: Rulebook) -> Self {
        Self {
            rulebook,
            definitions: Arc::new(Unpinned),
            privacy: Arc::new(NothingPrivate),
            desk: None,
            audit: true,
            reader: None,
            arguments: 8 << 20,
            quotas: Vec::new(),
            spending: SpendingOptions::default(),
            runaway: RunawayOptions::default(),
            circuits: Circuits::default(),
            retry: RetryOptions::default(),
            places: bulkhead::DEFAULT,
            places_by_server: HashMap::new(),
            call_timeout: Duration::from_secs(600),
            timeout: Duration::from_secs(60),
            timeouts: HashMap::new(),
        }
    }
}

/// Builds the chain, outermost layer first. Each line says why the layer stands where it does.
pub fn chain(options: Options, journal: Journal) -> Vec<Box<dyn Layer>> {
    let Options { rulebook, definitions, desk, spending, runaway, privacy, .. } = options;
    let purse = Purse::new(spending);
    vec![
        // Outermost, so that a span covers everything that happens to a call, refusals included.
        Box::new(Trace),
        // Before any layer that can refuse: a denied call is a fact worth keeping.
        Box::new(Record::new(journal, options.audit, options.reader)),
        // Around all that may wait, within the record: giving up ends a question, a queue and an attempt alike.
        Box::new(Cancel),
        // Inside the record, which so keeps no digest of a private value; before all that reads arguments.
        Box::new(Private::new(privacy.clone())),
        // Authorisation reads argument values, so they must have the declared shape first.
        Box::new(Validate::new(options.arguments)),
        // The sole maker of permits, after a person's yes where one is needed. Behind it are only layers that
        // delay, repeat or end a call.
        Box::new(Authorize { rulebook, definitions, privacy, desk, purse, runaway }),
        // Counts what policy let through. Waiting for a place happens here, outside the time limits.
        Box::new(Quota::new(options.quotas)),
        // Around all that depends on the server, so that its slowness in any form has one end.
        Box::new(Deadline::new(options.call_timeout, options.timeouts.clone())),
        // Outside the places of a server: a call that pauses before its next attempt holds none of them.
        Box::new(Retry::new(options.retry)),
        // Outside the breaker: calls that queued for a server which meanwhile broke are refused as soon as
        // their turn comes, instead of trying it one after the other.
        Box::new(Bulkhead::new(options.places, options.places_by_server)),
        // Inside retry, so that it sees every attempt and can end the repeating.
        Box::new(Breaker::new(options.circuits)),
        // Innermost, so that the limit is spent on the upstream alone, and the breaker sees who was late.
        Box::new(Timeout::new(options.timeout, options.timeouts)),
    ]
}

/// The layers, for as long as a call walks through them.
type Layers = Arc<[Box<dyn Layer>]>;

/// The door: a chain of layers in front of an upstream; clones share it.
#[derive(Clone)]
pub struct Gateway {
    layers: Arc<RwLock<Layers>>,
    upstream: Arc<dyn Upstream>,
}

impl Gateway {
    /// Puts a chain in front of what carries calls out.
    pub fn new(layers: Vec<Box<dyn Layer>>, upstream: Arc<dyn Upstream>) -> Self {
        Self { layers: Arc::new(RwLock::new(layers.into())), upstream }
    }

    /// Puts other layers in place of those that are there, for every clone. Calls under way end as they began; what
    /// layers count begins anew.
    pub fn replace(&self, layers: Vec<Box<dyn Layer>>) {
        *self.layers.write().unwrap_or_else(PoisonError::into_inner) = layers.into();
    }

    fn layers(&self) -> Layers {
        self.layers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The layers' names, outermost first.
    pub fn order(&self) -> Vec<&'static str> {
        self.layers().iter().map(|layer| layer.name()).collect()
    }

    /// Makes one call. Never fails in another way than by its outcome.
    pub async fn call(&self, run: &Arc<Run>, id: ToolId, arguments: Arc<RawValue>) -> Outcome {
        self.pass(Request::new(run.prepare(id, arguments), run.clone())).await
    }

    /// Makes a call of a replayed program, which keeps the number it had before: approvals that were asked
    /// for it are found by it.
    pub async fn call_numbered(&self, run: &Arc<Run>, number: u64, id: ToolId, arguments: Arc<RawValue>) -> Outcome {
        self.call_of_line(run, (number, None), id, arguments).await
    }

    /// Makes a numbered call of a program, which says from which of its lines.
    pub async fn call_of_line(
        &self,
        run: &Arc<Run>,
        (number, line): (u64, Option<u32>),
        id: ToolId,
        arguments: Arc<RawValue>,
    ) -> Outcome {
        let mut call = run.prepare_numbered(number, id, arguments);
        call.trace.line = line;
        self.pass(Request::new(call, run.clone())).await
    }

    /// Does something else than a tool call, through the same chain. The upstream's answer is in the
    /// outcome's structured part.
    pub async fn operate(&self, run: &Arc<Run>, server: &ServerName, operation: Operation) -> Outcome {
        let (id, arguments) = operation.subject(server)?;
        self.call(run, id, arguments).await
    }

    async fn pass(&self, request: Request) -> Outcome {
        let layers = self.layers();
        Next::new(&layers, &*self.upstream).run(request).await
    }
}
