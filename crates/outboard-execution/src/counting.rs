//! Counting tokens exactly, on a thread of its own: nobody who calls or answers waits for it.
//!
//! Each text is counted once, and the same text not again while it is remembered; whoever shows figures reads them from
//! the journal. What there is no room for is left to the estimate that is made of its size. The thread is woken for
//! many texts at once, and writes their counts down together.

use crate::ledger::shown_text;
use outboard_gateway::Reader;
use outboard_journal::{Counted, Giver, Journal, Taker, TextPart, gather};
use outboard_ledger::TokenCounter;
use outboard_types::{ExecutionId, ToolResult, now_ms};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Bytes of texts that may wait.
const ROOM: u64 = 64 << 20;

/// Texts that may wait.
const QUEUE: usize = 65_536;

/// Texts that are written down together.
const GROUP: usize = 2_048;

/// Texts whose tokens are remembered.
const REMEMBERED: usize = 4_096;

/// The longest that somebody who shows figures waits for them.
const SETTLED: Duration = Duration::from_secs(10);

/// Hands texts to the thread that counts.
pub struct Counting {
    counter: Arc<dyn TokenCounter>,
    jobs: Giver<Job>,
    waiting: Arc<AtomicU64>,
    over: Mutex<Option<Receiver<()>>>,
    told: AtomicBool,
}

/// What the thread is to do.
enum Job {
    Count(Text),
    /// Say so when all before it is in the journal.
    Tell(oneshot::Sender<()>),
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
    fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Arguments(raw) => raw.get(),
            Self::Result(raw) => raw.get(),
        }
    }

    fn bytes(&self) -> u64 {
        self.text().len() as u64
    }

    fn count(&self, counter: &dyn TokenCounter) -> u64 {
        match self {
            Self::Result(raw) => counter.count(&shown_text(raw)),
            other => counter.count(other.text()),
        }
    }
}

impl Counting {
    /// Starts the thread; the counts go into this journal.
    pub fn start(counter: Box<dyn TokenCounter>, journal: Journal) -> io::Result<Arc<Self>> {
        let (giver, jobs) = gather(QUEUE);
        let (done, over) = sync_channel(1);
        let (counter, waiting): (Arc<dyn TokenCounter>, _) = (counter.into(), Arc::<AtomicU64>::default());
        let known = Known { counter: counter.clone(), tokens: HashMap::new(), hashes: RandomState::new() };
        let thread = Counter { known, journal, jobs, waiting: waiting.clone() };
        std::thread::Builder::new().name("tokens".to_owned()).spawn(move || {
            thread.run();
            drop(done);
        })?;
        let over = Mutex::new(Some(over));
        Ok(Arc::new(Self { counter, jobs: giver, waiting, over, told: AtomicBool::new(false) }))
    }

    /// What counts here.
    pub fn counter(&self) -> &dyn TokenCounter {
        &*self.counter
    }

    /// Whether every text so far was taken.
    pub(crate) fn is_whole(&self) -> bool {
        !self.told.load(Ordering::Acquire)
    }

    /// Waits until all texts so far are counted and in the journal, though not for long. After the close they are.
    pub async fn settled(&self) {
        let (tell, told) = oneshot::channel();
        if self.jobs.give_urgent(Job::Tell(tell)) {
            let _ = tokio::time::timeout(SETTLED, told).await;
        }
    }

    /// Counts a text that belongs to an execution, a direct call or a request. Returns at once.
    pub fn text(&self, execution: &ExecutionId, part: TextPart, text: &str) {
        self.put(execution, part, 0, Body::Plain(text.to_owned()));
    }

    fn put(&self, execution: &ExecutionId, part: TextPart, call: u64, body: Body) {
        let bytes = body.bytes();
        let before = self.waiting.fetch_add(bytes, Ordering::AcqRel);
        let room = before == 0 || before + bytes <= ROOM;
        let text = Text { execution: execution.clone(), part, call, body };
        if !room || !self.jobs.give(Job::Count(text)) {
            self.waiting.fetch_sub(bytes, Ordering::AcqRel);
            if !self.jobs.is_closed() && !self.told.swap(true, Ordering::AcqRel) {
                tracing::warn!("texts come faster than their tokens can be counted; some stay estimates");
            }
        }
    }

    /// Takes nothing more, and waits for what was taken, at most this long. Blocks the thread.
    pub fn close(&self, limit: Duration) {
        self.jobs.close();
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
    known: Known,
    journal: Journal,
    jobs: Taker<Job>,
    waiting: Arc<AtomicU64>,
}

impl Counter {
    fn run(mut self) {
        while let Some(jobs) = self.jobs.take(None) {
            let (mut rows, mut tell) = (Vec::new(), Vec::new());
            for job in jobs {
                match job {
                    Job::Count(text) => rows.push(self.count(text)),
                    Job::Tell(whom) => tell.push(whom),
                }
                if rows.len() == GROUP {
                    self.journal.counted(std::mem::take(&mut rows));
                }
            }
            if !rows.is_empty() {
                self.journal.counted(rows);
            }
            if !tell.is_empty() && self.journal.flush().is_ok() {
                for whom in tell {
                    let _ = whom.send(());
                }
            }
        }
    }

    fn count(&mut self, text: Text) -> Counted {
        let tokens = self.known.count(&text.body);
        self.waiting.fetch_sub(text.body.bytes(), Ordering::AcqRel);
        let Text { execution, part, call, .. } = text;
        Counted { execution, part, call, at_ms: now_ms(), tokens, counter: self.known.counter.label().to_owned() }
    }
}

/// Texts that were counted lately, by their hashes: loops ask the same and hear the same.
struct Known {
    counter: Arc<dyn TokenCounter>,
    tokens: HashMap<(u64, u64), u64>,
    /// Keyed with chance, so that nobody can make two texts that are taken for one.
    hashes: RandomState,
}

impl Known {
    fn count(&mut self, body: &Body) -> u64 {
        let text = (matches!(body, Body::Result(_)), body.text());
        let key = (self.hashes.hash_one(text), body.bytes());
        if let Some(tokens) = self.tokens.get(&key) {
            return *tokens;
        }
        if self.tokens.len() >= REMEMBERED {
            self.tokens.clear();
        }
        let tokens = body.count(&*self.counter);
        self.tokens.insert(key, tokens);
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::fresh_id;
    use outboard_ledger::O200k;
    use serde_json::value::to_raw_value;

    #[test]
    fn what_a_client_shows_is_counted_aside_and_is_there_after_the_close() {
        let journal = outboard_journal::memory().unwrap();
        let counting = Counting::start(Box::new(O200k), journal.clone()).unwrap();
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
        let json = O200k.count("{\"page\":3}");
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

    #[tokio::test]
    async fn who_waits_finds_everything_that_was_handed_over() {
        let journal = outboard_journal::memory().unwrap();
        let counting = Counting::start(Box::new(O200k), journal.clone()).unwrap();
        let id = fresh_id();
        let arguments: Arc<RawValue> = to_raw_value(&1).unwrap().into();
        (1..=1_000).for_each(|number| counting.call(&id, number, &arguments, None));
        counting.settled().await;
        assert_eq!((journal.tokens(&id).unwrap().len(), counting.is_whole()), (2_000, true));
        counting.close(Duration::from_secs(60));
        counting.settled().await;
    }
}
