//! An OTLP receiver in the test's own process; it reads what it gets with the official types.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use outboard_telemetry::{Options, Protocol};
use prost::Message;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How it answers.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    Takes,
    Refuses(u16),
    /// Refuses so many times, then takes.
    Busy(u32),
    Silent,
}

pub(crate) struct Receiver {
    pub(crate) base: String,
    state: Arc<Mutex<Got>>,
}

struct Got {
    mood: Mood,
    traces: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
    headers: Vec<HeaderMap>,
}

impl Receiver {
    pub(crate) async fn start(mood: Mood) -> Self {
        let got = Got { mood, traces: Vec::new(), metrics: Vec::new(), headers: Vec::new() };
        let state = Arc::new(Mutex::new(got));
        let app = Router::new().route("/v1/traces", post(traces)).route("/v1/metrics", post(metrics));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = app.layer(axum::extract::DefaultBodyLimit::max(64 << 20)).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, state }
    }

    pub(crate) fn options(&self, protocol: Protocol) -> Options {
        let mut options = Options { protocol, ..Options::default() };
        options.send_to(&self.base, vec![("x-tenant".into(), outboard_types::Redacted::new("seven".into()))]);
        options
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let got = self.state.lock().unwrap();
        let resources = got.traces.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    pub(crate) fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        self.state.lock().unwrap().traces.clone()
    }

    pub(crate) fn metrics(&self) -> Vec<ExportMetricsServiceRequest> {
        self.state.lock().unwrap().metrics.clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let got = self.state.lock().unwrap();
        got.headers.last()?.get(name)?.to_str().ok().map(str::to_owned)
    }
}

async fn answer(state: &Mutex<Got>, headers: HeaderMap) -> Option<StatusCode> {
    let mood = {
        let mut got = state.lock().unwrap();
        got.headers.push(headers);
        if let Mood::Busy(left) = got.mood {
            got.mood = if left > 1 { Mood::Busy(left - 1) } else { Mood::Takes };
            Mood::Refuses(503)
        } else {
            got.mood
        }
    };
    match mood {
        Mood::Silent => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            None
        }
        Mood::Refuses(code) => StatusCode::from_u16(code).ok(),
        Mood::Takes | Mood::Busy(_) => None,
    }
}

fn read<T: Message + Default + serde::de::DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> T {
    match headers["content-type"].to_str().unwrap() {
        "application/json" => serde_json::from_slice(body).unwrap(),
        _ => T::decode(body).unwrap(),
    }
}

type Shared = State<Arc<Mutex<Got>>>;

async fn traces(State(state): Shared, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let request = read(&headers, &body);
    let refused = answer(&state, headers).await;
    refused.unwrap_or_else(|| state.lock().unwrap().take(|got| got.traces.push(request)))
}

async fn metrics(State(state): Shared, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let request = read(&headers, &body);
    let refused = answer(&state, headers).await;
    refused.unwrap_or_else(|| state.lock().unwrap().take(|got| got.metrics.push(request)))
}

impl Got {
    fn take(&mut self, keep: impl FnOnce(&mut Self)) -> StatusCode {
        keep(self);
        StatusCode::OK
    }
}

/// Attributes as JSON.
pub(crate) fn attributes(pairs: &[KeyValue]) -> Value {
    let value = |pair: &KeyValue| match pair.value.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => Value::from(text),
        any_value::Value::BoolValue(flag) => Value::from(flag),
        any_value::Value::IntValue(number) => Value::from(number),
        other => panic!("{other:?}"),
    };
    Value::Object(pairs.iter().map(|pair| (pair.key.clone(), value(pair))).collect())
}
