//! What is unusual, against what the journal knows.

use super::{AlertOptions, Heard};
use crate::metrics::Metrics;
use outboard_journal::{Alert, Journal, JournalError};
use outboard_types::{ExecutionId, now_ms};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Executions under way, and tools, that are remembered at most.
const MOST: usize = 10_000;

/// Latest calls of a tool that make up its error rate.
const WINDOW: usize = 20;

/// Earlier runs that are needed to know what is usual.
const RUNS: u64 = 5;

/// How long a mean is good; habits change slowly.
const GOOD: Duration = Duration::from_secs(300);

const DAY_MS: u64 = 86_400_000;

pub(super) struct Judge {
    options: AlertOptions,
    journal: Journal,
    metrics: Metrics,
    /// Tools that were called before; none until the first call is heard of.
    tools: Option<HashSet<String>>,
    calls: HashMap<ExecutionId, u64>,
    latest: HashMap<String, VecDeque<bool>>,
    usual: Option<(Instant, f64, u64)>,
    began_ms: u64,
}

impl Judge {
    pub(super) fn new(options: AlertOptions, journal: Journal, metrics: Metrics) -> Self {
        Self {
            options,
            journal,
            metrics,
            tools: None,
            calls: HashMap::new(),
            latest: HashMap::new(),
            usual: None,
            began_ms: now_ms(),
        }
    }

    /// Judges until nobody tells anything any more. A journal that cannot be read says nothing about what is usual.
    pub(super) fn run(mut self, heard: &Receiver<Heard>) {
        while let Ok(one) = heard.recv() {
            let judged = match one {
                Heard::Called { execution, server, tool, failed } => self.called(execution, &server, &tool, failed),
                Heard::Ended(execution) => self.ended(execution),
                Heard::Spent(execution) => self.spent(execution),
            };
            if let Err(error) = judged {
                tracing::debug!(%error, "what is unusual cannot be told");
            }
        }
    }

    fn called(&mut self, run: ExecutionId, server: &str, tool: &str, failed: bool) -> Result<(), JournalError> {
        if self.calls.len() < MOST || self.calls.contains_key(&run) {
            *self.calls.entry(run.clone()).or_default() += 1;
        }
        let name = format!("{server}.{tool}");
        if self.is_new(&name, &run)? {
            let text = format!("{name} is called, which was never called before");
            self.tell("new_tool", &name, Some(run.clone()), text)?;
        }
        self.errors(run, (server, tool), &name, failed)
    }

    /// Whether a tool is called for the first time. Where little ran before, everything is new and none of it news.
    fn is_new(&mut self, name: &str, run: &ExecutionId) -> Result<bool, JournalError> {
        if self.tools.is_none() {
            self.tools = Some(self.journal.tools_before(self.began_ms)?.into_iter().collect());
        }
        let Some(known) = &mut self.tools else { return Ok(false) };
        if known.contains(name) || known.len() >= MOST {
            return Ok(false);
        }
        known.insert(name.to_owned());
        Ok(self.usual(run)?.1 >= RUNS)
    }

    fn errors(
        &mut self,
        run: ExecutionId,
        (server, tool): (&str, &str),
        name: &str,
        failed: bool,
    ) -> Result<(), JournalError> {
        if self.latest.len() >= MOST && !self.latest.contains_key(name) {
            return Ok(());
        }
        let latest = self.latest.entry(name.to_owned()).or_default();
        latest.push_back(failed);
        if latest.len() > WINDOW {
            latest.pop_front();
        }
        let (calls, errors) = (latest.len() as u64, latest.iter().filter(|failed| **failed).count() as u64);
        let rate = errors as f64 / calls as f64;
        if !failed || calls < self.options.least_calls.min(WINDOW as u64) || rate < self.options.error_rate {
            return Ok(());
        }
        let usual = self.journal.error_rate_before(server, tool, self.began_ms)?;
        if usual.is_some_and(|usual| rate < usual * 2.0) {
            return Ok(());
        }
        let usual = usual.map(|usual| format!(", usually {:.0} %", usual * 100.0)).unwrap_or_default();
        let text = format!("{errors} of the last {calls} calls of {name} gave errors{usual}");
        self.tell("error_rate", name, Some(run), text)
    }

    fn ended(&mut self, run: ExecutionId) -> Result<(), JournalError> {
        self.spent(run.clone())?;
        let calls = self.calls.remove(&run).unwrap_or(0);
        if calls < self.options.least_calls {
            return Ok(());
        }
        let (usual, runs) = self.usual(&run)?;
        if runs < RUNS || (calls as f64) <= usual.max(1.0) * self.options.calls_factor {
            return Ok(());
        }
        let text = format!("{calls} calls in one run, usually {usual:.1}");
        self.tell("calls_per_run", "", Some(run), text)
    }

    fn usual(&mut self, but: &ExecutionId) -> Result<(f64, u64), JournalError> {
        if let Some((at, mean, runs)) = self.usual
            && at.elapsed() < GOOD
        {
            return Ok((mean, runs));
        }
        let (mean, runs) = self.journal.usual_run(but)?;
        self.usual = Some((Instant::now(), mean, runs));
        Ok((mean, runs))
    }

    fn spent(&self, run: ExecutionId) -> Result<(), JournalError> {
        let Some(limit) = self.options.cost_day else { return Ok(()) };
        self.journal.flush()?;
        let now = now_ms();
        let spent = self.journal.cost_since(now - now % DAY_MS)? as f64 / 1e6;
        if spent <= limit {
            return Ok(());
        }
        self.tell("cost", "", Some(run), format!("{spent:.2} was spent today, more than {limit:.2}"))
    }

    fn tell(&self, kind: &str, of: &str, execution: Option<ExecutionId>, text: String) -> Result<(), JournalError> {
        let alert = Alert { at_ms: now_ms(), kind: kind.to_owned(), of: of.to_owned(), execution, text };
        if self.journal.alert(&alert, self.options.quiet.as_millis() as u64)? {
            let run = alert.execution.as_ref().map(ExecutionId::as_str).unwrap_or_default();
            tracing::warn!(kind, of, execution = run, "unusual: {}", alert.text);
            self.metrics.alert(kind);
        }
        Ok(())
    }
}
