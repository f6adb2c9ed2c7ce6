//! The one place that says which layers there are and in which order.

use crate::layers::authorize::{Access, Authorize};
use crate::layers::{quota::Quota, record::Record, timeout::Timeout, trace::Trace, validate::Validate};
use crate::{Layer, Next, Request, Run, Upstream};
use outboard_journal::Journal;
use outboard_types::{Outcome, ServerName, ToolId};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What the layers need to know.
#[derive(Default)]
pub struct Options {
    /// Which tools of which server may be called.
    pub access: Access,
    /// Time limit of one attempt, for servers that `timeouts` does not name; default 60 s.
    pub timeout: Option<Duration>,
    /// Time limits by server.
    pub timeouts: HashMap<ServerName, Duration>,
}

/// Builds the chain, outermost layer first. Each line says why the layer stands where it does.
pub fn chain(options: Options, journal: Journal) -> Vec<Box<dyn Layer>> {
    vec![
        // Outermost, so that a span covers everything that happens to a call, refusals included.
        Box::new(Trace),
        // Before any layer that can refuse: a denied call is a fact worth keeping.
        Box::new(Record::new(journal)),
        // Authorisation reads argument values, so they must have the declared shape first.
        Box::new(Validate::default()),
        // The sole maker of permits. Behind it are only layers that delay or end a call.
        Box::new(Authorize::new(options.access)),
        // Counts what policy let through. Waiting for a place happens here, outside the time limit.
        Box::new(Quota),
        // Innermost, so that the limit is spent on the upstream alone.
        Box::new(Timeout::new(options.timeout.unwrap_or(Duration::from_secs(60)), options.timeouts)),
    ]
}

/// The door: a chain of layers in front of an upstream.
pub struct Gateway {
    layers: Vec<Box<dyn Layer>>,
    upstream: Arc<dyn Upstream>,
}

impl Gateway {
    /// Puts a chain in front of what carries calls out.
    pub fn new(layers: Vec<Box<dyn Layer>>, upstream: Arc<dyn Upstream>) -> Self {
        Self { layers, upstream }
    }

    /// The layers' names, outermost first.
    pub fn order(&self) -> Vec<&'static str> {
        self.layers.iter().map(|layer| layer.name()).collect()
    }

    /// Makes one call. Never fails in another way than by its outcome.
    pub async fn call(&self, run: &Arc<Run>, id: ToolId, arguments: Arc<RawValue>) -> Outcome {
        let request = Request { call: run.prepare(id, arguments), run: run.clone() };
        Next::new(&self.layers, &*self.upstream).run(request).await
    }
}
