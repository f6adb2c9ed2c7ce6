//! From the journal's rows of one execution to its spans.
//!
//! The same rows give the same spans, ids included. What is content (arguments, results, the program) is read
//! only where somebody asked for it, and passes the caller's mask.

mod calls;
mod content;
mod langfuse;
mod model;
mod network;
mod parallel;
mod root;
mod tokens;
mod workers;

pub(crate) use calls::method;
pub(crate) use model::{run_span, turn_span};

use crate::span::{Kind, Span};
use calls::Calls;
use outboard_journal::{CallRecord, ExecutionRow, Journal, JournalError, Mark, MarkKind};
use outboard_types::{ExecutionId, Principal, SessionName, SpanId, TraceId, TraceOrigin};
use std::collections::HashSet;
use std::sync::Arc;
use tokens::Counts;

/// Makes content fit to be shown: whose it is, and the text.
pub type Content = Arc<dyn Fn(&Principal, &SessionName, &str) -> String + Send + Sync>;

/// What of an execution is drawn.
#[derive(Clone)]
pub struct TreeOptions {
    /// Whether there is more than the one span of the execution.
    pub inner: bool,
    /// Whether spans say what they are in Langfuse's own attributes too.
    pub langfuse: bool,
    /// Shows arguments and results, through this.
    pub content: Option<Content>,
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self { inner: true, langfuse: false, content: None }
    }
}

/// The spans of one execution or direct call, the outermost first.
#[derive(Debug, Clone)]
pub struct Trace {
    /// What its client said about the trace.
    pub origin: Option<TraceOrigin>,
    /// Whether it is over.
    pub ended: bool,
    /// Whether a program made it, not a call by itself.
    pub program: bool,
    /// The spans, each behind its parent, otherwise by time.
    pub spans: Vec<Span>,
}

/// Draws an execution or a direct call; `None` where the journal knows neither.
pub fn tree(journal: &Journal, id: &ExecutionId, options: &TreeOptions) -> Result<Option<Trace>, JournalError> {
    let (row, calls, marks) = (journal.execution(id)?, journal.calls(id)?, journal.marks(id)?);
    let origin = marks.iter().find_map(|mark| mark.what.origin());
    let canvas = Canvas { id, origin: origin.as_ref(), options };
    let ended = row.as_ref().map_or_else(|| model::is_over(&marks), |row| row.ending.is_some());
    let mut spans = match &row {
        Some(row) => canvas.program(journal, row, &calls, &marks)?,
        None if calls.is_empty() && !marks.iter().any(model::is_of_model) => return Ok(None),
        None => canvas.loose(&calls, &marks, &Counts::of(journal.tokens(id)?)),
    };
    if options.langfuse {
        langfuse::mark(&mut spans);
    }
    Ok(Some(Trace { origin, ended, program: row.is_some(), spans }))
}

/// Draws one and everything that was asked for by its spans: a conversation with the programs of its turns.
pub fn whole(journal: &Journal, id: &ExecutionId, options: &TreeOptions) -> Result<Option<Trace>, JournalError> {
    let Some(mut trace) = tree(journal, id, options)? else { return Ok(None) };
    let mut known: HashSet<ExecutionId> = HashSet::from([id.clone()]);
    let mut below: HashSet<SpanId> = trace.spans.iter().map(|span| span.id).collect();
    let Some(of) = trace.spans.first().map(|span| span.trace) else { return Ok(Some(trace)) };
    for other in journal.in_trace(&of)? {
        let parent = journal.trace_origin(&other)?.map(|origin| origin.parent.span);
        if parent.is_some_and(|parent| below.contains(&parent)) && known.insert(other.clone()) {
            let found = tree(journal, &other, options)?.into_iter().flat_map(|found| found.spans);
            found.for_each(|span| {
                below.insert(span.id);
                trace.spans.push(span);
            });
        }
    }
    Ok(Some(trace))
}

/// What all spans of one execution share.
struct Canvas<'a> {
    id: &'a ExecutionId,
    origin: Option<&'a TraceOrigin>,
    options: &'a TreeOptions,
}

impl Canvas<'_> {
    fn program(
        &self,
        journal: &Journal,
        row: &ExecutionRow,
        calls: &[CallRecord],
        marks: &[Mark],
    ) -> Result<Vec<Span>, JournalError> {
        let counts = Counts::of(journal.tokens(self.id)?);
        let mut root = self.root(row, calls, marks, &counts);
        let texts = content::read(journal, row, self.options)?;
        texts.show_root(&mut root);
        if !self.options.inner {
            return Ok(vec![root]);
        }
        let parent = Some(root.id);
        let mut inner = self.workers(marks, root.id);
        inner.extend(self.calls(Calls { calls, marks, parent, texts: &texts, counts: &counts }));
        inner.extend(self.network(journal, row, root.id)?);
        inner.sort_by_key(|span| span.start_us);
        let last = inner.iter().map(|span| span.end_us).max().unwrap_or(0);
        if row.ending.is_none() {
            root.end_us = root.end_us.max(last);
        }
        Ok(std::iter::once(root).chain(inner).collect())
    }

    /// Calls of no program stand under the request for them, and that under what asked for it.
    fn loose(&self, calls: &[CallRecord], marks: &[Mark], counts: &Counts) -> Vec<Span> {
        let mut spans = self.conversation(marks);
        let asked = self.origin.map(|origin| origin.parent.span);
        spans.extend(self.asked_for(marks, calls));
        let parent = spans.first().map(|request| request.id).or(asked);
        let texts = content::Texts::default();
        spans.extend(self.calls(Calls { calls, marks: &[], parent, texts: &texts, counts }));
        if !self.options.inner {
            spans.retain(|span| span.parent == asked);
        }
        if let (Some(link), Some(first)) = (self.link(), spans.first_mut()) {
            first.links.push(link);
        }
        spans
    }

    /// An empty span of this trace.
    fn span(&self, what: SpanId, parent: Option<SpanId>, name: impl Into<String>, start_us: u64) -> Span {
        Span {
            trace: self.origin.map_or_else(|| TraceId::of(self.id), |origin| origin.parent.trace),
            id: what,
            parent,
            state: self.origin.and_then(|origin| origin.state.clone()),
            name: name.into(),
            kind: Kind::Internal,
            start_us,
            end_us: start_us,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            failure: None,
        }
    }
}

/// When workers began, in microseconds since 1970.
fn worker_starts(marks: &[Mark]) -> impl Iterator<Item = u64> + '_ {
    marks.iter().filter(|mark| matches!(mark.what, MarkKind::Worker { .. })).map(|mark| mark.at_us)
}
