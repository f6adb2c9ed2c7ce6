//! Numbers by metric and labels.

use super::list::{ALL, Metric, Shape};
use super::lock;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Most different labels of one metric.
pub(super) const SERIES: usize = 500;

/// What stands for the labels of all beyond that.
const OTHER: &str = "other";

/// One metric with all its numbers.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The metric.
    pub metric: &'static Metric,
    /// The numbers by the values of the labels.
    pub points: Vec<(Vec<String>, Point)>,
}

/// A number, or several.
#[derive(Debug, Clone, PartialEq)]
pub enum Point {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram.
    Buckets {
        /// How many fall between each two bounds, and beyond the last.
        counts: Vec<u64>,
        /// The sum of all.
        sum: f64,
    },
}

type Series = BTreeMap<Vec<String>, Point>;

#[derive(Default)]
pub(super) struct Registry(Mutex<BTreeMap<&'static str, Series>>);

impl Registry {
    /// Adds to a counter.
    pub(super) fn add(&self, metric: &'static Metric, labels: &[&str], value: f64) {
        self.change(metric, labels, |point| {
            if let Point::Number(number) = point {
                *number += value;
            }
        });
    }

    /// Sets a gauge.
    pub(super) fn set(&self, metric: &'static Metric, labels: &[&str], value: f64) {
        self.change(metric, labels, |point| *point = Point::Number(value));
    }

    /// Forgets all numbers of a metric.
    pub(super) fn clear(&self, metric: &'static Metric) {
        lock(&self.0).remove(metric.name);
    }

    /// Adds to a histogram.
    pub(super) fn observe(&self, metric: &'static Metric, labels: &[&str], value: f64) {
        let at = metric.bounds().iter().position(|bound| value <= *bound).unwrap_or(metric.bounds().len());
        self.change(metric, labels, |point| {
            if let Point::Buckets { counts, sum } = point {
                counts[at] += 1;
                *sum += value;
            }
        });
    }

    fn change(&self, metric: &'static Metric, labels: &[&str], change: impl FnOnce(&mut Point)) {
        let mut all = lock(&self.0);
        let series = all.entry(metric.name).or_default();
        let mut labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        if series.len() >= SERIES && !series.contains_key(&labels) {
            labels.iter_mut().for_each(|label| OTHER.clone_into(label));
        }
        change(series.entry(labels).or_insert_with(|| empty(metric)));
    }

    /// What there is, in the order of the table.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let all = lock(&self.0);
        let sample = |metric: &&'static Metric| {
            let series = all.get(metric.name)?;
            let points = series.iter().map(|(labels, point)| (labels.clone(), point.clone())).collect();
            Some(Sample { metric, points })
        };
        ALL.iter().filter_map(sample).collect()
    }
}

fn empty(metric: &Metric) -> Point {
    match metric.shape {
        Shape::Histogram(bounds) => Point::Buckets { counts: vec![0; bounds.len() + 1], sum: 0.0 },
        _ => Point::Number(0.0),
    }
}
