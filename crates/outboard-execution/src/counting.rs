//! Counting tokens exactly, on a thread of its own: nobody who calls or answers waits for it.
//!
//! The vocabulary is loaded at the first text and dropped after a while without any, so that a process that idles
//! stays small. What there is no room for is left to the estimate that is made of its size.

use crate::executions::{Executions, fresh_id};
use crate::ledger::shown_text;
use crate::traced;
use outboard_gateway::Reader;
use outboard_journal::{Counted, Journal, MarkKind, TextPart};
use outboard_ledger::{TokenCounter, Tokenizer};
use outboard_types::{ExecutionId, Principal, ToolResult, TraceOrigin, now_ms};
use serde_json::value::RawValue;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of texts that may wait.
const ROOM: u64 = 64 << 20;

/// Texts that may wait.
const QUEUE: usize = 65_536;

/// Texts that are written down together.
const GROUP: usize = 256;

/// How long the vocabulary stays without use.
const IDLE: Duration = Duration::from_secs(60);

/// Hands texts to the thread that counts.
pub struct Counting {
    texts: Mutex<Option<SyncSender<Text>>>,
    waiting: Arc<AtomicU64>,
    over: Mutex<Option<Receiver<()>>>,
    told: AtomicBool,
}

/// A text to count.
struct Text {
    execution: ExecutionId,
    part: TextPart,
    call: u64,
    body: Body,
}

enum Body {
    Plain(String),
    Arguments(Arc<RawValue>),
    /// What a client would show of it is counted.
    Result(Box<RawValue>),
}

impl Body {
    fn bytes(&self) -> u64 {
        match self {
            Self::Plain(text) => text.len() as u64,
            Self::Arguments(raw) => raw.get().len() as u64,
            Self::Result(raw) => raw.get().len() as u64,
        }
    }

    fn count(&self, counter: &dyn TokenCounter) -> u64 {
        match self {
            Self::Plain(text) => counter.count(text),
            Self::Arguments(raw) => counter.count(raw.get()),
            Self::Result(raw) => counter.count(&shown_text(raw)),
        }
    }
}

impl Counting {
    /// Starts the thread; the counts go into this journal.
    pub fn start(tokenizer: Tokenizer, journal: Journal) -> io::Result<Arc<Self>> {
        let (sender, texts) = sync_channel(QUEUE);
        let (done, over) = sync_channel(1);
        let waiting = Arc::<AtomicU64>::default();
        let counter = Counter { tokenizer, journal, texts, waiting: waiting.clone() };
        std::thread::Builder::new().name("tokens".to_owned()).spawn(move || {
            counter.run();
            drop(done);
        })?;
        let (texts, over) = (Mutex::new(Some(sender)), Mutex::new(Some(over)));
        Ok(Arc::new(Self { texts, waiting, over, told: AtomicBool::new(false) }))
    }

    /// Counts a text that belongs to an execution, a direct call or a request. Returns at once.
    pub fn text(&self, execution: &ExecutionId, part: TextPart, text: &str) {
        self.put(execution, part, 0, Body::Plain(text.to_owned()));
    }

    fn put(&self, execution: &ExecutionId, part: TextPart, call: u64, body: Body) {
        let bytes = body.bytes();
        let sender = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = sender.as_ref() else { return };
        let before = self.waiting.fetch_add(bytes, Ordering::AcqRel);
        let room = before == 0 || before + bytes <= ROOM;
        let text = Text { execution: execution.clone(), part, call, body };
        if !room || matches!(sender.try_send(text), Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) {
            self.waiting.fetch_sub(bytes, Ordering::AcqRel);
            if !self.told.swap(true, Ordering::AcqRel) {
                tracing::warn!("texts come faster than their tokens can be counted; some stay estimates");
            }
        }
    }

    /// Takes nothing more, and waits for what was taken, at most this long. Blocks the thread.
    pub fn close(&self, limit: Duration) {
        drop(self.texts.lock().unwrap_or_else(PoisonError::into_inner).take());
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(RecvTimeoutError::Timeout)) = over.map(|over| over.recv_timeout(limit)) {
            let bytes = self.waiting.load(Ordering::Acquire);
            tracing::warn!(bytes, "not all tokens were counted before the end; what is left stays an estimate");
        }
    }
}

impl Reader for Counting {
    fn call(&self, execution: &ExecutionId, number: u64, arguments: &Arc<RawValue>, result: Option<&ToolResult>) {
        self.put(execution, TextPart::Arguments, number, Body::Arguments(arguments.clone()));
        let shown = result.and_then(|result| result.content.as_ref().or(result.structured.as_ref()));
        let body = shown.map_or_else(|| Body::Plain(String::new()), |raw| Body::Result(raw.clone()));
        self.put(execution, TextPart::Results, number, body);
    }
}

/// The thread.
struct Counter {
    tokenizer: Tokenizer,
    journal: Journal,
    texts: Receiver<Text>,
    waiting: Arc<AtomicU64>,
}

impl Counter {
    fn run(self) {
        let mut loaded: Option<Box<dyn TokenCounter>> = None;
        loop {
            match self.texts.recv_timeout(IDLE) {
                Ok(first) => {
                    if loaded.is_none() {
                        loaded = self.load();
                    }
                    let Some(counter) = &loaded else { return };
                    self.count(&**counter, first);
                }
                Err(RecvTimeoutError::Timeout) => loaded = None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn load(&self) -> Option<Box<dyn TokenCounter>> {
        let loaded = self.tokenizer.load();
        loaded.inspect_err(|error| tracing::error!(%error, "tokens are not counted")).ok()
    }

    fn count(&self, counter: &dyn TokenCounter, first: Text) {
        let texts = std::iter::once(first).chain(self.texts.try_iter()).take(GROUP);
        let row = |text: Text| {
            let tokens = text.body.count(counter);
            self.waiting.fetch_sub(text.body.bytes(), Ordering::AcqRel);
            let Text { execution, part, call, .. } = text;
            Counted { execution, part, call, at_ms: now_ms(), tokens, counter: counter.label().to_owned() }
        };
        self.journal.counted(texts.map(row).collect());
    }
}

/// What a model asked for that ran no program.
pub struct Asked<'a> {
    /// The tool of ours, or the method.
    pub tool: &'a str,
    /// On whose authority.
    pub principal: &'a Principal,
    /// The trace that its client named.
    pub origin: Option<&'a TraceOrigin>,
    /// When it came.
    pub since: Instant,
    /// What the model wrote for it.
    pub arguments: &'a str,
    /// What the model read.
    pub answer: (TextPart, &'a str),
    /// The code of its error.
    pub error: Option<String>,
}

impl Executions {
    /// Notes what a model was told of an execution or a direct call.
    pub fn told(&self, id: &ExecutionId, text: &str) {
        self.count(id, TextPart::Reports, text);
    }

    /// Notes a request that ran no program and called nothing.
    pub fn asked(&self, asked: Asked<'_>) {
        let id = ExecutionId(fresh_id().as_str().replacen("ex_", "rq_", 1).into());
        let took = asked.since.elapsed();
        asked.origin.iter().for_each(|origin| self.note_origin(&id, origin));
        let (tool, principal) = (asked.tool.to_owned(), asked.principal.0.to_string());
        let what = MarkKind::Request { tool, principal, took_us: Some(took.as_micros() as u64), error: asked.error };
        traced::note(&self.deps().journal, &id, took, what);
        self.count(&id, TextPart::Arguments, asked.arguments);
        self.count(&id, asked.answer.0, asked.answer.1);
    }

    /// Notes a request for one call, under the id of the call, before it is made.
    pub fn asked_for_call(&self, id: &ExecutionId, principal: &Principal, arguments: &str) {
        let (tool, principal) = ("call_tool".to_owned(), principal.0.to_string());
        let what = MarkKind::Request { tool, principal, took_us: None, error: None };
        traced::note(&self.deps().journal, id, Duration::ZERO, what);
        self.count(id, TextPart::Arguments, arguments);
    }

    /// Counts the answer of such a request.
    pub fn answered_call(&self, id: &ExecutionId, text: &str) {
        self.count(id, TextPart::Results, text);
    }

    fn count(&self, id: &ExecutionId, part: TextPart, text: &str) {
        self.deps().counting.iter().for_each(|counting| counting.text(id, part, text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::to_raw_value;

    #[test]
    fn what_a_client_shows_is_counted_aside_and_is_there_after_the_close() {
        let journal = outboard_journal::memory().unwrap();
        let counting = Counting::start(Tokenizer::O200k, journal.clone()).unwrap();
        let id = fresh_id();
        let arguments: Arc<RawValue> = to_raw_value(&serde_json::json!({"page": 3})).unwrap().into();
        let content = to_raw_value(&serde_json::json!([{"type": "text", "text": "Hello, world"}])).unwrap();
        let result = ToolResult { content: Some(content), structured: None, meta: None };
        counting.call(&id, 4, &arguments, Some(&result));
        counting.call(&id, 5, &arguments, None);
        counting.text(&id, TextPart::Reports, "Hello, world");
        counting.close(Duration::from_secs(60));
        counting.text(&id, TextPart::Code, "too late");
        journal.flush().unwrap();
        let rows = journal.tokens(&id).unwrap();
        let tokens: Vec<_> = rows.iter().map(|row| (row.part, row.call, row.tokens)).collect();
        let json = outboard_ledger::O200k.count("{\"page\":3}");
        assert_eq!(
            tokens,
            [
                (TextPart::Arguments, 4, json),
                (TextPart::Arguments, 5, json),
                (TextPart::Reports, 0, 3),
                (TextPart::Results, 4, 3),
                (TextPart::Results, 5, 0),
            ]
        );
        assert!(rows.iter().all(|row| row.counter == "o200k"));
    }

    #[test]
    fn what_cannot_be_loaded_leaves_estimates_and_holds_nobody_up() {
        let journal = outboard_journal::memory().unwrap();
        let counting = Counting::start(Tokenizer::File("/nowhere.tiktoken".into()), journal.clone()).unwrap();
        let id = fresh_id();
        for _ in 0..10 {
            counting.text(&id, TextPart::Code, "x");
        }
        counting.close(Duration::from_secs(60));
        journal.flush().unwrap();
        assert!(journal.tokens(&id).unwrap().is_empty());
    }
}
