//! What is unusual, against what the journal knows. What it knows is asked for rarely: nothing here costs a query a call.

use super::latest::Latest;
use super::{AlertOptions, Heard};
use crate::metrics::Metrics;
use outboard_journal::{Alert, Journal, JournalError, Taker};
use outboard_types::{ExecutionId, now_ms};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// Executions under way, and tools, that are remembered at most.
const MOST: usize = 10_000;

/// Earlier runs that are needed to know what is usual.
const RUNS: u64 = 5;

/// How long it is known what is usual; habits change slowly.
const GOOD: Duration = Duration::from_secs(300);

/// How often costs are added up at most.
const LOOK: Duration = Duration::from_secs(1);

const DAY_MS: u64 = 86_400_000;

pub(super) struct Judge {
    options: AlertOptions,
    journal: Journal,
    metrics: Metrics,
    /// Tools that were heard of.
    tools: HashSet<String>,
    calls: HashMap<ExecutionId, u64>,
    latest: HashMap<String, Latest>,
    /// When it was looked up, and how many calls a run makes; none where too little is known.
    usual: Option<(Instant, Option<f64>)>,
    /// What was told, and when.
    told: HashMap<(&'static str, String), Instant>,
    /// Since when something may have been spent that was not added up, and in which run.
    owed: Option<(Instant, ExecutionId)>,
    began_ms: u64,
}

impl Judge {
    pub(super) fn new(options: AlertOptions, journal: Journal, metrics: Metrics) -> Self {
        Self {
            options,
            journal,
            metrics,
            tools: HashSet::new(),
            calls: HashMap::new(),
            latest: HashMap::new(),
            usual: None,
            told: HashMap::new(),
            owed: None,
            began_ms: now_ms(),
        }
    }

    /// Judges until nobody tells anything any more. A journal that cannot be read says nothing about what is usual.
    pub(super) fn run(mut self, heard: &Taker<Heard>) {
        loop {
            let within = self.owed.as_ref().map(|(since, _)| LOOK.saturating_sub(since.elapsed()));
            let next = heard.take(within);
            let over = next.is_none();
            let judged = next.unwrap_or_default().into_iter().try_for_each(|one| self.judge(one));
            if let Err(error) = judged.and_then(|()| self.add_up(over)) {
                tracing::debug!(%error, "what is unusual cannot be told");
            }
            if over {
                return;
            }
        }
    }

    fn judge(&mut self, heard: Heard) -> Result<(), JournalError> {
        match heard {
            Heard::Called { execution, server, tool, failed } => self.called(execution, &server, &tool, failed),
            Heard::Ended(execution) => self.ended(execution),
            Heard::Spent(execution) => {
                self.spent(execution);
                Ok(())
            }
        }
    }

    fn called(&mut self, run: ExecutionId, server: &str, tool: &str, failed: bool) -> Result<(), JournalError> {
        if self.calls.len() < MOST || self.calls.contains_key(&run) {
            *self.calls.entry(run.clone()).or_default() += 1;
        }
        let name = format!("{server}.{tool}");
        if self.is_new(&name, (server, tool), &run)? {
            let text = format!("{name} is called, which was never called before");
            self.tell("new_tool", &name, Some(run.clone()), text)?;
        }
        self.errors(run, (server, tool), &name, failed)
    }

    /// Whether a tool is called for the first time. Where little ran before, everything is new and none of it news.
    fn is_new(&mut self, name: &str, (server, tool): (&str, &str), run: &ExecutionId) -> Result<bool, JournalError> {
        if self.tools.contains(name) || self.tools.len() >= MOST {
            return Ok(false);
        }
        self.tools.insert(name.to_owned());
        Ok(!self.journal.was_called_before(server, tool, self.began_ms)? && self.usual(run)?.is_some())
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
        latest.note(now_ms(), failed);
        let (calls, errors) = latest.sums();
        let rate = errors as f64 / calls as f64;
        if !failed || calls < self.options.least_calls.min(Latest::WINDOW as u64) || rate < self.options.error_rate {
            return Ok(());
        }
        let usual = latest.usual(GOOD, |before_ms| self.journal.error_rate_before(server, tool, before_ms))?;
        let Some(usual) = usual.filter(|usual| rate >= usual * 2.0) else { return Ok(()) };
        if self.usual(&run)?.is_none() {
            return Ok(());
        }
        let text = format!("{errors} of the last {calls} calls of {name} gave errors, usually {:.0} %", usual * 100.0);
        self.tell("error_rate", name, Some(run), text)
    }

    fn ended(&mut self, run: ExecutionId) -> Result<(), JournalError> {
        self.spent(run.clone());
        let calls = self.calls.remove(&run).unwrap_or(0);
        if calls < self.options.least_calls {
            return Ok(());
        }
        let Some(usual) = self.usual(&run)? else { return Ok(()) };
        if (calls as f64) <= usual.max(1.0) * self.options.calls_factor {
            return Ok(());
        }
        let text = format!("{calls} calls in one run, usually {usual:.1}");
        self.tell("calls_per_run", "", Some(run), text)
    }

    /// How many calls a run makes; none where too few ran before, or all of them lately.
    fn usual(&mut self, but: &ExecutionId) -> Result<Option<f64>, JournalError> {
        if let Some((at, usual)) = self.usual
            && at.elapsed() < GOOD
        {
            return Ok(usual);
        }
        let after = self.options.after.as_millis() as u64;
        let is_old = self.journal.first_run()?.is_some_and(|first| now_ms().saturating_sub(first) >= after);
        let usual = match is_old.then(|| self.journal.usual_run(but)).transpose()? {
            Some((mean, runs)) if runs >= RUNS => Some(mean),
            _ => None,
        };
        self.usual = Some((Instant::now(), usual));
        Ok(usual)
    }

    fn spent(&mut self, run: ExecutionId) {
        if self.options.cost_day.is_some() {
            self.owed.get_or_insert_with(|| (Instant::now(), run));
        }
    }

    /// Adds costs up, if it is time.
    fn add_up(&mut self, over: bool) -> Result<(), JournalError> {
        let Some(limit) = self.options.cost_day else { return Ok(()) };
        let Some((_, run)) = self.owed.take_if(|(since, _)| over || since.elapsed() >= LOOK) else { return Ok(()) };
        self.journal.flush()?;
        let now = now_ms();
        let spent = self.journal.cost_since(now - now % DAY_MS)? as f64 / 1e6;
        if spent <= limit {
            return Ok(());
        }
        self.tell("cost", "", Some(run), format!("{spent:.2} was spent today, more than {limit:.2}"))
    }

    fn tell(
        &mut self,
        kind: &'static str,
        of: &str,
        execution: Option<ExecutionId>,
        text: String,
    ) -> Result<(), JournalError> {
        let (quiet, key) = (self.options.quiet, (kind, of.to_owned()));
        if self.told.get(&key).is_some_and(|at| at.elapsed() < quiet) {
            return Ok(());
        }
        if self.told.len() < MOST {
            self.told.insert(key, Instant::now());
        }
        let alert = Alert { at_ms: now_ms(), kind: kind.to_owned(), of: of.to_owned(), execution, text };
        // Another process may have told it.
        if self.journal.alert(&alert, quiet.as_millis() as u64)? {
            let run = alert.execution.as_ref().map(ExecutionId::as_str).unwrap_or_default();
            tracing::warn!(kind, of, execution = run, "unusual: {}", alert.text);
            self.metrics.alert(kind);
        }
        Ok(())
    }
}
