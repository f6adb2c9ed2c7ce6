//! What a layer is, and how a request walks from one to the next.

use crate::{CallClock, Kind, Notes, Permit, Run};
use outboard_catalog::{Hints, Tool};
use outboard_types::{Call, ErrorCode, Outcome, ToolError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::Instant;

/// A boxed future of an outcome; boxed because the chain is short and a call costs far more than the box.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One call and the run it belongs to.
#[derive(Clone)]
pub struct Request {
    /// The call.
    pub call: Call,
    /// The run: pins the catalogue that the program was written against, counts its calls.
    pub run: Arc<Run>,
    /// When the whole call has to be over, once the `deadline` layer has said so.
    pub deadline: Option<Instant>,
    /// What layers noted for the record.
    pub notes: Notes,
    /// By which its time limits are measured.
    pub clock: CallClock,
}

impl Request {
    /// A request at the beginning of its way.
    pub fn new(call: Call, run: Arc<Run>) -> Self {
        Self { call, run, deadline: None, notes: Notes::default(), clock: CallClock::default() }
    }

    /// The definition of the tool, in the catalogue that the run is pinned to.
    pub fn tool(&self) -> Option<&Tool> {
        self.run.catalogue().tool(&self.call.id)
    }

    /// What the request is about.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.call.id)
    }

    /// What is declared about its effects: by the server for tools, by the protocol for all else.
    pub fn hints(&self) -> Hints {
        match (self.kind(), self.tool()) {
            (Kind::Tool, Some(tool)) => tool.hints,
            (kind, _) => kind.hints(),
        }
    }
}

/// One concern of the door. A layer either answers by itself or passes on with [`Next::run`].
pub trait Layer: Send + Sync {
    /// The name in the chain's printed order, traces and documentation.
    fn name(&self) -> &'static str;

    /// Handles one request.
    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a>;
}

/// What lies behind the door: a connection that can carry out a permitted call.
pub trait Upstream: Send + Sync {
    /// Carries out one call; [`Permit::kind`] says what it is about. Dropping the future means that nobody
    /// waits any more: the implementation must then tell the server to cancel.
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a>;
}

/// The rest of the chain behind a layer.
pub struct Next<'a> {
    layers: &'a [Box<dyn Layer>],
    upstream: &'a dyn Upstream,
    permit: Option<Permit>,
}

impl<'a> Next<'a> {
    pub(crate) fn new(layers: &'a [Box<dyn Layer>], upstream: &'a dyn Upstream) -> Self {
        Self { layers, upstream, permit: None }
    }

    /// Goes on with a permit; the way the `authorize` layer passes on what it made.
    pub(crate) fn permitted(mut self, permit: Permit) -> Self {
        self.permit = Some(permit);
        self
    }

    /// The same rest once more, for a layer that may have to send a call again. Within the crate only:
    /// whether a permit covers a second sending of the same call is for `retry` to argue.
    pub(crate) fn again(&self) -> Next<'a> {
        Next { layers: self.layers, upstream: self.upstream, permit: self.permit.as_ref().map(Permit::again) }
    }

    /// Passes the request to the next layer, or to the upstream after the last one.
    pub fn run(self, request: Request) -> Answer<'a> {
        if let Some((layer, rest)) = self.layers.split_first() {
            return layer.call(request, Next { layers: rest, ..self });
        }
        let (upstream, permit) = (self.upstream, self.permit);
        Box::pin(async move {
            match permit.filter(|permit| permit.covers(&request.call)) {
                Some(permit) => upstream.call(permit.timed(request.clock), &request.call).await,
                None => Err(unpermitted(&request.call)),
            }
        })
    }
}

/// A layer changed the call after it was authorised, or none authorised it. Both are faults of ours; both
/// end closed.
fn unpermitted(call: &Call) -> ToolError {
    ToolError::new(ErrorCode::Denied, "no permit covers this call").on(&call.id)
}
