//! The one task that draws and sends.

use super::post::{BATCH, Poster};
use super::queue::{Job, Jobs, News};
use super::{Counters, SendError, Settled};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::span::Span;
use crate::tree::{Trace, TreeOptions, tree};
use outboard_journal::{Journal, JournalError};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often spans that got lost are told of at most.
const TELL: Duration = Duration::from_secs(60);

/// How often an end that was announced is looked for before it is given up, and how long between.
const LOOKS: u32 = 40;
const LOOK: Duration = Duration::from_millis(50);

pub(super) struct Background {
    pub(super) journal: Journal,
    pub(super) options: Arc<Options>,
    pub(super) drawn: TreeOptions,
    pub(super) poster: Poster,
    pub(super) jobs: Jobs,
    pub(super) metrics: Metrics,
    pub(super) counters: Arc<Counters>,
    pub(super) settled: Arc<OnceLock<Settled>>,
    /// When somebody was last told of spans that got lost, and how many had by then.
    pub(super) told: Option<(Instant, u64)>,
}

/// What the journal says about a job.
enum Found {
    Ready(Trace),
    /// Not there yet, or not over.
    Later,
    Gone,
}

impl Background {
    /// Works until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        let mut tick = tokio::time::interval(self.options.interval);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tick.tick().await;
        let began_us = now_us();
        loop {
            tokio::select! {
                job = self.jobs.next() => match job {
                    Some(job) => self.work(job).await,
                    None => break,
                },
                _ = tick.tick() => self.measure(began_us).await,
            }
        }
        self.tell();
        self.measure(began_us).await;
    }

    /// Draws what waits, up to a batch, and sends it.
    async fn work(&mut self, first: Job) {
        let (mut spans, mut next, mut weight) = (Vec::new(), Some(first), 0);
        while let Some(job) = next.take() {
            weight += job.weight;
            match self.draw(&job).await {
                // A program that another process began: its end is a job of its own.
                Ok(Found::Ready(trace)) if trace.program && job.news == News::Call => {}
                Ok(Found::Ready(trace)) => self.keep(&job, trace, &mut spans),
                Ok(Found::Later) => self.jobs.goes_on(&job.id),
                Ok(Found::Gone) => self.drop(job.weight, "the journal has no end of it"),
                Err(error) => self.drop(job.weight, &error.to_string()),
            }
            next = if spans.len() < BATCH { self.jobs.ready() } else { None };
        }
        for part in spans.chunks(BATCH) {
            self.send(part).await;
        }
        self.jobs.done(weight);
    }

    fn keep(&self, job: &Job, trace: Trace, spans: &mut Vec<Span>) {
        let parent = trace.origin.as_ref().map(|origin| &origin.parent);
        let recorded = trace.spans.first().is_some_and(|span| self.options.sampler.samples(span.trace, parent));
        if recorded {
            spans.extend(trace.spans);
        } else {
            self.counters.sampled_out.fetch_add(job.weight, Ordering::AcqRel);
        }
    }

    /// What was heard of is on its way to the disk: it may take a moment until it can be read. An end that was announced
    /// is waited for, as nobody announces it again.
    async fn draw(&self, job: &Job) -> Result<Found, JournalError> {
        if let Some(settled) = self.settled.get() {
            settled().await;
        }
        for _ in 0..LOOKS {
            let (journal, drawn, wanted) = (self.journal.clone(), self.drawn.clone(), job.id.clone());
            let found = tokio::task::spawn_blocking(move || {
                journal.flush().ok();
                tree(&journal, &wanted, &drawn)
            });
            match found.await {
                Ok(Ok(Some(trace))) if trace.ended => return Ok(Found::Ready(trace)),
                Ok(Ok(Some(_))) if job.news != News::End && !self.jobs.is_closed() => return Ok(Found::Later),
                Ok(Err(error)) => return Err(error),
                _ => tokio::time::sleep(LOOK).await,
            }
        }
        Ok(Found::Gone)
    }

    async fn send(&mut self, spans: &[Span]) {
        let count = spans.len() as u64;
        self.counters.asking.store(true, Ordering::Release);
        let answer = self.poster.spans_patiently(spans, || self.jobs.is_closed()).await;
        self.counters.asking.store(false, Ordering::Release);
        match answer {
            Ok(rejected) => {
                let taken = count.saturating_sub(rejected);
                self.counters.sent.fetch_add(taken, Ordering::AcqRel);
                self.metrics.spans("sent", taken);
                if rejected > 0 {
                    self.drop(rejected, "the server did not take them");
                }
            }
            Err(error) => self.drop(count, &error.to_string()),
        }
    }

    fn drop(&mut self, spans: u64, why: &str) {
        self.counters.dropped.fetch_add(spans, Ordering::AcqRel);
        self.metrics.spans("dropped", spans);
        tracing::debug!(spans, why, "spans were not sent");
        if self.told.is_none_or(|(at, _)| at.elapsed() >= TELL) {
            self.tell_why(why);
        }
    }

    fn tell_why(&mut self, why: &str) {
        let all = self.counters.dropped.load(Ordering::Acquire);
        let before = self.told.map_or(0, |(_, told)| told);
        if all > before {
            tracing::warn!(spans = all - before, why, "spans got lost; `outboard trace export ID` sends them again");
            self.told = Some((Instant::now(), all));
        }
    }

    fn tell(&mut self) {
        self.tell_why("the queue was full, or they were not taken");
    }

    async fn measure(&self, began_us: u64) {
        let samples = self.metrics.samples();
        if samples.is_empty() {
            return;
        }
        self.counters.asking.store(true, Ordering::Release);
        let answer = self.poster.samples((began_us, now_us()), &samples).await;
        self.counters.asking.store(false, Ordering::Release);
        match answer {
            Ok(_) | Err(SendError::Nowhere) => {}
            Err(error) => tracing::warn!(%error, "metrics could not be sent"),
        }
    }
}

fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}
