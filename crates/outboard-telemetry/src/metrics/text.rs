//! The text format of Prometheus.

use super::list::{Metric, Shape};
use super::registry::{Point, Sample};
use std::fmt::Write as _;

pub(super) fn write(samples: &[Sample]) -> String {
    let mut text = String::new();
    for sample in samples {
        let name = name(sample.metric);
        let kind = match sample.metric.shape {
            Shape::Counter => "counter",
            Shape::Gauge => "gauge",
            Shape::Histogram(_) => "histogram",
        };
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", sample.metric.help);
        for (values, point) in &sample.points {
            let labels: Vec<_> =
                sample.metric.labels.iter().zip(values).map(|(key, value)| label(key, value)).collect();
            line(&mut text, &name, sample.metric, &labels, point);
        }
    }
    text
}

fn line(text: &mut String, name: &str, metric: &Metric, labels: &[String], point: &Point) {
    let shown = |labels: &[String]| if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let all = shown(labels);
    match point {
        Point::Number(number) => drop(writeln!(text, "{name}{all} {number}")),
        Point::Buckets { counts, sum } => {
            let mut below = 0;
            let bounds = metric.bounds().iter().map(f64::to_string).chain(["+Inf".to_owned()]);
            for (bound, count) in bounds.zip(counts) {
                below += count;
                let labels = [labels, &[label("le", &bound)]].concat();
                let _ = writeln!(text, "{name}_bucket{} {below}", shown(&labels));
            }
            let _ = writeln!(text, "{name}_sum{all} {sum}\n{name}_count{all} {below}");
        }
    }
}

/// `outboard.execution.duration` in seconds as `outboard_execution_duration_seconds`.
pub(super) fn name(metric: &Metric) -> String {
    let unit = match metric.unit {
        "s" => "_seconds",
        "By" => "_bytes",
        _ => "",
    };
    let name = metric.name.replace('.', "_");
    let unit = if name.ends_with(unit) { "" } else { unit };
    let total = if metric.shape == Shape::Counter { "_total" } else { "" };
    format!("{name}{unit}{total}")
}

fn label(key: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{}=\"{value}\"", key.replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::super::list::{self, ALL};
    use super::super::registry::{Registry, SERIES};
    use super::*;

    #[test]
    fn names_follow_the_rules_and_are_different() {
        let mut names: Vec<_> = ALL.iter().map(|metric| name(metric)).collect();
        assert!(names.contains(&"outboard_bytes_total".to_owned()), "{names:?}");
        assert!(names.contains(&"mcp_client_operation_duration_seconds".to_owned()));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn the_dashboard_asks_for_nothing_that_is_not_there() {
        let page = include_str!("../../../../docs/grafana/outboard.json");
        let names: Vec<_> = ALL.iter().map(|metric| name(metric)).collect();
        let words = page.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let asked: Vec<_> = words.filter(|word| word.starts_with("outboard_") || word.starts_with("mcp_")).collect();
        assert!(asked.len() > 15);
        for word in asked {
            assert!(names.iter().any(|name| word == name || word == format!("{name}_bucket")), "{word}");
        }
    }

    #[test]
    fn labels_are_escaped_and_buckets_add_up() {
        let registry = Registry::default();
        registry.add(&list::CALLS, &["a\"b\\", "t\n", "ok"], 2.0);
        registry.observe(&list::EXECUTION_TIME, &["failed"], 0.3);
        registry.observe(&list::EXECUTION_TIME, &["failed"], 1e9);
        let text = write(&registry.samples());
        assert!(text.contains(r#"outboard_calls_total{server="a\"b\\",tool="t\n",outcome="ok"} 2"#), "{text}");
        assert!(text.contains(r#"_bucket{status="failed",le="0.25"} 0"#), "{text}");
        assert!(text.contains(r#"_bucket{status="failed",le="0.5"} 1"#), "{text}");
        assert!(text.contains(r#"_bucket{status="failed",le="+Inf"} 2"#), "{text}");
        assert!(text.contains(r#"outboard_execution_duration_seconds_count{status="failed"} 2"#), "{text}");
    }

    #[test]
    fn more_names_than_one_may_have_are_counted_together() {
        let registry = Registry::default();
        for tool in 0..SERIES + 100 {
            registry.add(&list::CALLS, &["s", &tool.to_string(), "ok"], 1.0);
        }
        let samples = registry.samples();
        assert_eq!(samples[0].points.len(), SERIES + 1);
        let other = vec!["other".to_owned(); 3];
        assert!(samples[0].points.contains(&(other, Point::Number(100.0))));
    }
}
