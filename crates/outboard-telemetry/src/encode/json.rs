//! The same messages in JSON: ids in hexadecimal, 64-bit numbers as texts.

use super::traces::SAMPLED;
use crate::metrics::{Point, Sample, Shape};
use crate::names;
use crate::span::{Attributes, Span, Value as Attribute};
use serde_json::{Value, json};

pub(super) fn traces(about: &[(String, String)], spans: &[Span]) -> Value {
    let spans: Vec<_> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{
        "resource": resource(about),
        "scopeSpans": [{"scope": scope(), "spans": spans}],
    }]})
}

pub(super) fn metrics(about: &[(String, String)], times: (u64, u64), samples: &[Sample]) -> Value {
    let metrics: Vec<_> = samples.iter().map(|sample| metric(times, sample)).collect();
    json!({"resourceMetrics": [{
        "resource": resource(about),
        "scopeMetrics": [{"scope": scope(), "metrics": metrics}],
    }]})
}

pub(super) fn rejected(answer: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let partial = &answer["partialSuccess"];
    let count = |key: &str| match &partial[key] {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    count("rejectedSpans").or_else(|| count("rejectedDataPoints")).unwrap_or(0)
}

fn resource(about: &[(String, String)]) -> Value {
    let attributes: Vec<_> =
        about.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
    json!({"attributes": attributes})
}

fn scope() -> Value {
    json!({"name": names::SCOPE, "version": env!("CARGO_PKG_VERSION")})
}

fn attributes(attributes: &Attributes) -> Vec<Value> {
    let value = |value: &Attribute| match value {
        Attribute::Text(text) => json!({"stringValue": text}),
        Attribute::Flag(flag) => json!({"boolValue": flag}),
        Attribute::Int(number) => json!({"intValue": number.to_string()}),
    };
    attributes.iter().map(|(key, found)| json!({"key": key, "value": value(found)})).collect()
}

/// Microseconds as nanoseconds.
fn nanos(us: u64) -> String {
    (us * 1_000).to_string()
}

fn span(span: &Span) -> Value {
    let event = |event: &crate::span::Event| json!({"timeUnixNano": nanos(event.at_us), "name": event.name, "attributes": attributes(&event.attributes)});
    let link = |link: &crate::span::Link| {
        json!({"traceId": link.trace.to_string(), "spanId": link.span.to_string(),
            "attributes": attributes(&link.attributes)})
    };
    json!({
        "traceId": span.trace.to_string(),
        "spanId": span.id.to_string(),
        "traceState": span.state.as_deref().unwrap_or_default(),
        "parentSpanId": span.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        "name": span.name,
        "kind": span.kind as u64,
        "startTimeUnixNano": nanos(span.start_us),
        "endTimeUnixNano": nanos(span.end_us),
        "attributes": attributes(&span.attributes),
        "events": span.events.iter().map(event).collect::<Vec<_>>(),
        "links": span.links.iter().map(link).collect::<Vec<_>>(),
        "status": match &span.failure {
            Some(code) => json!({"message": code, "code": 2}),
            None => json!({}),
        },
        "flags": SAMPLED,
    })
}

fn metric(times: (u64, u64), sample: &Sample) -> Value {
    let points: Vec<_> = sample.points.iter().map(|(labels, point)| one(times, sample, labels, point)).collect();
    let about = sample.metric;
    let mut metric = json!({"name": about.name, "description": about.help, "unit": about.unit});
    let (key, data) = match about.shape {
        Shape::Gauge => ("gauge", json!({"dataPoints": points})),
        Shape::Counter => ("sum", json!({"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": true})),
        Shape::Histogram(_) => ("histogram", json!({"dataPoints": points, "aggregationTemporality": 2})),
    };
    metric[key] = data;
    metric
}

fn one((began_us, now_us): (u64, u64), sample: &Sample, labels: &[String], point: &Point) -> Value {
    let named = sample.metric.labels.iter().zip(labels);
    let attributes: Vec<_> = named.map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
    let mut shown =
        json!({"startTimeUnixNano": nanos(began_us), "timeUnixNano": nanos(now_us), "attributes": attributes});
    match point {
        Point::Number(number) => shown["asDouble"] = json!(number),
        Point::Buckets { counts, sum } => {
            shown["count"] = json!(counts.iter().sum::<u64>().to_string());
            shown["sum"] = json!(sum);
            shown["bucketCounts"] = counts.iter().map(|count| json!(count.to_string())).collect();
            shown["explicitBounds"] = json!(sample.metric.bounds());
        }
    }
    shown
}
