//! What is counted, from what the journal hears: one table of metrics, two ways to read them.
//!
//! Labels are names of servers and tools, codes and statuses: few. Where there are more than
//! five hundred different ones of a metric, the rest is counted together under `other`.

mod count;
mod list;
mod registry;
mod text;

pub use list::{Metric, Shape};
pub use registry::{Point, Sample};

use list as m;
use outboard_journal::{Fact, Follower};
use registry::Registry;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that is looked up when metrics are read, such as how many executions are under way.
pub type Source = Box<dyn Fn(&mut Gauges) + Send + Sync>;

/// All metrics of this process; clones share them.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    registry: Registry,
    sources: Mutex<Vec<Source>>,
    /// Executions under way: when they began and in which language.
    running: Mutex<HashMap<String, (u64, &'static str)>>,
}

/// What a [`Source`] found.
#[derive(Default)]
pub struct Gauges(Vec<(&'static Metric, Vec<String>, f64)>);

impl Gauges {
    /// Executions that take a place, and those that wait for one.
    pub fn executions(&mut self, active: usize, queued: usize) {
        self.put(&m::ACTIVE, &[], active as f64);
        self.put(&m::QUEUED, &[], queued as f64);
    }

    /// Idle workers.
    pub fn idle_workers(&mut self, idle: usize) {
        self.put(&m::IDLE, &[], idle as f64);
    }

    /// Calls that wait for a person.
    pub fn approvals_waiting(&mut self, waiting: usize) {
        self.put(&m::APPROVALS_WAITING, &[], waiting as f64);
    }

    /// A server's circuit: 0 closed, 1 probing, 2 open; and how often it opened.
    pub fn circuit(&mut self, server: &str, state: u8, opened: u64) {
        self.put(&m::CIRCUIT, &[server], f64::from(state));
        self.put(&m::CIRCUIT_OPENED, &[server], opened as f64);
    }

    fn put(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        self.0.push((metric, labels.iter().map(|label| (*label).to_owned()).collect(), value));
    }
}

impl Metrics {
    /// Adds something to look up.
    pub fn source(&self, source: Source) {
        lock(&self.0.sources).push(source);
    }

    /// Counts spans that were sent, or dropped.
    pub(crate) fn spans(&self, outcome: &str, count: u64) {
        self.0.registry.add(&m::SPANS, &[outcome], count as f64);
    }

    /// Counts something unusual that was told.
    pub(crate) fn alert(&self, kind: &str) {
        self.0.registry.add(&m::ALERTS, &[kind], 1.0);
    }

    /// Everything as it stands now.
    pub fn samples(&self) -> Vec<Sample> {
        let mut found = Gauges::default();
        lock(&self.0.sources).iter().for_each(|source| source(&mut found));
        for (metric, labels, value) in found.0 {
            let labels: Vec<_> = labels.iter().map(String::as_str).collect();
            self.0.registry.set(metric, &labels, value);
        }
        self.0.registry.samples()
    }

    /// Everything in the text format of Prometheus.
    pub fn text(&self) -> String {
        text::write(&self.samples())
    }
}

impl Follower for Metrics {
    fn heard(&self, fact: Fact<'_>) {
        self.count(fact);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
