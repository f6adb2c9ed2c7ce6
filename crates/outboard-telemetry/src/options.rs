//! Where telemetry goes, and what of it.

use crate::sampler::Sampler;
use outboard_types::Redacted;
use std::time::Duration;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// `http/protobuf`.
    #[default]
    Protobuf,
    /// `http/json`.
    Json,
}

impl Protocol {
    /// Understands the word of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "http/protobuf" => Some(Self::Protobuf),
            "http/json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// An address that takes one kind of signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The whole address.
    pub url: String,
    /// Headers of every request.
    pub headers: Vec<(String, Redacted<String>)>,
}

/// Everything about sending. Nothing is sent by default.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where traces go.
    pub traces: Option<Endpoint>,
    /// Where metrics go.
    pub metrics: Option<Endpoint>,
    /// How they are written.
    pub protocol: Protocol,
    /// The longest that one request may take; default 10 s.
    pub timeout: Duration,
    /// What is said about this program: `service.name` and more.
    pub resource: Vec<(String, String)>,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// How often metrics are sent; default 60 s.
    pub interval: Duration,
    /// Most spans that wait to be sent.
    pub queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            traces: None,
            metrics: None,
            protocol: Protocol::default(),
            timeout: Duration::from_secs(10),
            resource: vec![("service.name".into(), "outboard".into())],
            sampler: Sampler::default(),
            interval: Duration::from_secs(60),
            queue: 65_536,
        }
    }
}

/// Looks a variable up; an empty one counts as unset, as OpenTelemetry has it.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Options {
    /// Reads the standard `OTEL_*` variables. What is not understood is left out and told: a variable that is
    /// meant for other programs must not stop this one.
    pub fn from_env(env: Env<'_>) -> (Self, Vec<String>) {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let (mut options, mut told) = (Self::default(), Vec::new());
        options.resource(&env);
        if env("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return (options, told);
        }
        options.traces = endpoint(&env, "TRACES", "v1/traces");
        options.metrics = endpoint(&env, "METRICS", "v1/metrics");
        let word = env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| env("OTEL_EXPORTER_OTLP_PROTOCOL"));
        match word.as_deref().map(|word| (word, Protocol::parse(word))) {
            Some((_, Some(protocol))) => options.protocol = protocol,
            Some((word, None)) if options.sends() => {
                told.push(format!(
                    "OTEL_EXPORTER_OTLP_PROTOCOL={word:?}: only http/protobuf and http/json are spoken; nothing is sent"
                ));
                (options.traces, options.metrics) = (None, None);
            }
            _ => {}
        }
        let ms = |name: &str| Some(Duration::from_millis(env(name)?.trim().parse().ok()?));
        options.timeout = ms("OTEL_EXPORTER_OTLP_TIMEOUT").unwrap_or(options.timeout);
        options.interval = ms("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(options.interval);
        if let Some(word) = env("OTEL_TRACES_SAMPLER") {
            match Sampler::parse(&word, env("OTEL_TRACES_SAMPLER_ARG").as_deref()) {
                Some(sampler) => options.sampler = sampler,
                None => told.push(format!("OTEL_TRACES_SAMPLER={word:?} is none of {}", Sampler::WORDS.join(", "))),
            }
        }
        (options, told)
    }

    fn resource(&mut self, env: Env<'_>) {
        for (key, value) in pairs(&env("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default()) {
            self.say(&key, value);
        }
        if let Some(name) = env("OTEL_SERVICE_NAME") {
            self.say("service.name", name);
        }
    }

    /// Says something about this program; replaces what was said before.
    pub fn say(&mut self, key: &str, value: impl Into<String>) {
        self.resource.retain(|(known, _)| known != key);
        self.resource.push((key.to_owned(), value.into()));
    }

    /// Sends both signals below a base address, as `OTEL_EXPORTER_OTLP_ENDPOINT` does.
    pub fn send_to(&mut self, base: &str, headers: Vec<(String, Redacted<String>)>) {
        self.traces = Some(Endpoint { url: below(base, "v1/traces"), headers: headers.clone() });
        self.metrics = Some(Endpoint { url: below(base, "v1/metrics"), headers });
    }

    /// Whether anything is sent.
    pub fn sends(&self) -> bool {
        self.traces.is_some() || self.metrics.is_some()
    }
}

fn endpoint(env: Env<'_>, signal: &str, path: &str) -> Option<Endpoint> {
    if env(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|word| word == "none") {
        return None;
    }
    let own = env(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));
    let url = own.or_else(|| Some(below(&env("OTEL_EXPORTER_OTLP_ENDPOINT")?, path)))?;
    let headers = env(&format!("OTEL_EXPORTER_OTLP_{signal}_HEADERS")).or_else(|| env("OTEL_EXPORTER_OTLP_HEADERS"));
    let headers = pairs(&headers.unwrap_or_default()).map(|(key, value)| (key, Redacted::new(value))).collect();
    Some(Endpoint { url, headers })
}

fn below(base: &str, path: &str) -> String {
    format!("{}/{path}", base.trim_end_matches('/'))
}

/// `key=value,key=value`, values percent-encoded.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(',').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        (!key.is_empty()).then(|| (key.to_owned(), decoded(value)))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Options, Vec<String>) {
        Options::from_env(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_base_address_is_extended_and_one_of_a_signal_is_not() {
        let (options, told) = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://other/m"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20YTpi, x-tenant = 7"),
            ("OTEL_SERVICE_NAME", "mine"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=not,deployment.environment.name=test"),
        ]);
        let traces = options.traces.unwrap();
        assert_eq!(traces.url, "http://127.0.0.1:4318/v1/traces");
        assert_eq!(traces.headers[0].1.expose(), "Basic YTpi");
        assert_eq!(
            (traces.headers[1].0.as_str(), options.metrics.unwrap().url.as_str()),
            ("x-tenant", "http://other/m")
        );
        assert!(options.resource.contains(&("service.name".into(), "mine".into())), "{:?}", options.resource);
        assert!(told.is_empty());
    }

    #[test]
    fn what_is_not_spoken_is_told_and_stops_nothing() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x");
        let (options, told) = read(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
        assert!(!options.sends() && told[0].contains("http/protobuf"), "{told:?}");
        assert!(!read(&[endpoint, ("OTEL_SDK_DISABLED", "true")]).0.sends());
        assert!(read(&[endpoint, ("OTEL_METRICS_EXPORTER", "none")]).0.metrics.is_none());
        assert!(!read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).0.sends());
    }
}
