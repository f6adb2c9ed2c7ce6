//! What is told to the outside about what happens: traces, metrics, logs.

use crate::written::Given;
use outboard_types::Redacted;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Traces and metrics. What is not set here, the standard `OTEL_*` variables decide.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// The base address of a collector.
    pub endpoint: Option<String>,
    /// Headers of every request to it.
    pub headers: BTreeMap<String, Redacted<String>>,
    /// `http/protobuf` or `http/json`.
    pub protocol: Option<String>,
    /// Time limit of one request.
    pub timeout: Option<Duration>,
    /// What this program is called.
    pub service_name: Option<String>,
    /// What else is said about it.
    pub resource: BTreeMap<String, String>,
    /// Which traces are recorded.
    pub sampler: Option<String>,
    /// The share of them, for samplers that take one.
    pub ratio: Option<f64>,
    /// Whether calls and workers have spans of their own.
    pub tools: bool,
    /// Whether arguments and results are shown.
    pub content: bool,
    /// Whether spans say what they are to Langfuse.
    pub langfuse: bool,
    /// Whether metrics are sent too.
    pub metrics: bool,
    /// Whether `/metrics` needs no token.
    pub open_metrics: bool,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: BTreeMap::new(),
            protocol: None,
            timeout: None,
            service_name: None,
            resource: BTreeMap::new(),
            sampler: None,
            ratio: None,
            tools: true,
            content: false,
            langfuse: false,
            metrics: true,
            open_metrics: false,
        }
    }
}

/// The program's own log.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// Where it is written besides stderr; absolute.
    pub file: Option<PathBuf>,
    /// Beyond this size a new file is begun.
    pub max_bytes: u64,
    /// Files that are kept beside the present one.
    pub keep: usize,
    /// What is told, where neither the command line nor the environment says so.
    pub level: Option<String>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { file: None, max_bytes: 10 << 20, keep: 3, level: None }
    }
}

pub(crate) fn telemetry(settings: &mut TelemetrySettings, key: &str, given: Given) {
    match (key, given) {
        ("endpoint", Given::Text(url)) => settings.endpoint = Some(url),
        ("headers", Given::Map(map)) => {
            settings.headers = map.into_iter().map(|(name, value)| (name, Redacted::new(value))).collect();
        }
        ("protocol", Given::Text(word)) => settings.protocol = Some(word),
        ("timeout", Given::Span(span)) => settings.timeout = Some(span),
        ("service_name", Given::Text(name)) => settings.service_name = Some(name),
        ("resource", Given::Map(map)) => settings.resource = map.into_iter().collect(),
        ("sampler", Given::Text(word)) => settings.sampler = Some(word),
        ("ratio", Given::Amount(ratio)) => settings.ratio = Some(ratio),
        ("tools", Given::Flag(flag)) => settings.tools = flag,
        ("content", Given::Flag(flag)) => settings.content = flag,
        ("langfuse", Given::Flag(flag)) => settings.langfuse = flag,
        ("metrics", Given::Flag(flag)) => settings.metrics = flag,
        ("open_metrics", Given::Flag(flag)) => settings.open_metrics = flag,
        // The reader lets no other key and no other type pass.
        _ => {}
    }
}

pub(crate) fn log(settings: &mut LogSettings, key: &str, given: Given, folder: &Path) {
    match (key, given) {
        ("file", Given::Text(path)) => settings.file = Some(folder.join(path)),
        ("max_size", Given::Number(bytes)) => settings.max_bytes = bytes,
        ("keep", Given::Number(files)) => settings.keep = files as usize,
        ("level", Given::Text(word)) => settings.level = Some(word),
        _ => {}
    }
}

/// A word stays as it is, everything else is a path.
pub(crate) fn tokenizer(word: String, folder: &Path) -> String {
    match word.as_str() {
        "o200k" | "estimate" => word,
        path => folder.join(path).to_string_lossy().into_owned(),
    }
}
