//! Spans and metrics in the two formats of OTLP over HTTP: protobuf and JSON.
//!
//! Written by hand, because a dozen messages that never change need no code generator; tests read them with the
//! official types.

mod json;
mod metrics;
mod protobuf;
mod traces;
mod wire;

use crate::metrics::Sample;
use crate::options::{Options, Protocol};
use crate::span::Span;

/// The `Content-Type` of what is written.
pub(crate) fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Protobuf => "application/x-protobuf",
        Protocol::Json => "application/json",
    }
}

/// One request that holds these spans.
pub(crate) fn spans(options: &Options, spans: &[Span]) -> Vec<u8> {
    match options.protocol {
        Protocol::Protobuf => traces::request(&options.resource, spans),
        Protocol::Json => json::traces(&options.resource, spans).to_string().into_bytes(),
    }
}

/// One request that holds these measurements.
pub(crate) fn samples(options: &Options, times: (u64, u64), samples: &[Sample]) -> Vec<u8> {
    match options.protocol {
        Protocol::Protobuf => metrics::request(&options.resource, times, samples),
        Protocol::Json => json::metrics(&options.resource, times, samples).to_string().into_bytes(),
    }
}

/// How many spans or points a server says it did not take, by the `partial_success` of its answer.
pub(crate) fn rejected(protocol: Protocol, answer: &[u8]) -> u64 {
    match protocol {
        Protocol::Json => json::rejected(answer),
        Protocol::Protobuf => wire::rejected(answer).unwrap_or(0),
    }
}
