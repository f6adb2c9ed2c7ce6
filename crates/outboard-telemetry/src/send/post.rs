//! One request to a collector, and when it is worth another try.

use super::SendError;
use crate::encode;
use crate::metrics::Sample;
use crate::options::{Endpoint, Options};
use crate::span::Span;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Most spans in one request.
pub(super) const BATCH: usize = 1_000;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;

/// The pause before the second attempt; doubles.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause that a server may ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// Largest answer that is looked at, in bytes.
const ANSWER: usize = 64 << 10;

pub(super) struct Poster {
    client: OnceCell<reqwest::Client>,
    options: Options,
    traces: Option<Place>,
    metrics: Option<Place>,
}

/// An address with headers as the client wants them.
struct Place {
    url: reqwest::Url,
    headers: HeaderMap,
}

/// Why a request failed, and whether another may succeed.
struct Fault {
    error: SendError,
    again: Option<Duration>,
}

impl Poster {
    pub(super) fn new(options: &Options) -> Result<Self, SendError> {
        let place = |endpoint: &Option<Endpoint>| endpoint.as_ref().map(Place::new).transpose();
        let (traces, metrics) = (place(&options.traces)?, place(&options.metrics)?);
        Ok(Self { client: OnceCell::new(), options: options.clone(), traces, metrics })
    }

    /// Made when it is first needed, and not by who starts: certificates of a machine are many.
    async fn client(&self) -> Result<&reqwest::Client, SendError> {
        let places = self.traces.iter().chain(&self.metrics);
        let (seals, timeout) = (places.into_iter().any(|place| place.url.scheme() != "http"), self.options.timeout);
        let build = || async move {
            let built = tokio::task::spawn_blocking(move || client(seals, timeout)).await;
            built.map_err(|error| SendError::Client(error.to_string()))?
        };
        self.client.get_or_try_init(build).await
    }

    /// Sends spans once; gives how many were not taken.
    pub(super) async fn spans(&self, spans: &[Span]) -> Result<u64, SendError> {
        let place = self.traces.as_ref().ok_or(SendError::Nowhere)?;
        self.post(place, encode::spans(&self.options, spans)).await.map_err(|fault| fault.error)
    }

    /// Sends spans, again where that may help, unless `hurries`.
    pub(super) async fn spans_patiently(&self, spans: &[Span], hurries: impl Fn() -> bool) -> Result<u64, SendError> {
        let place = self.traces.as_ref().ok_or(SendError::Nowhere)?;
        let body = encode::spans(&self.options, spans);
        let mut attempt = 0;
        loop {
            let fault = match self.post(place, body.clone()).await {
                Ok(rejected) => return Ok(rejected),
                Err(fault) => fault,
            };
            attempt += 1;
            let Some(asked) = fault.again.filter(|_| attempt < ATTEMPTS && !hurries()) else { return Err(fault.error) };
            tokio::time::sleep(asked.max(PAUSE * (1 << attempt) / 2).min(LONGEST)).await;
        }
    }

    /// Sends measurements once: the next ones hold them too.
    pub(super) async fn samples(&self, times: (u64, u64), samples: &[Sample]) -> Result<u64, SendError> {
        let place = self.metrics.as_ref().ok_or(SendError::Nowhere)?;
        self.post(place, encode::samples(&self.options, times, samples)).await.map_err(|fault| fault.error)
    }

    pub(super) fn refused(&self, reason: String) -> SendError {
        let url = self.traces.as_ref().map(|place| place.shown()).unwrap_or_default();
        SendError::Refused { url, reason }
    }

    async fn post(&self, place: &Place, body: Vec<u8>) -> Result<u64, Fault> {
        let kind = HeaderValue::from_static(encode::content_type(self.options.protocol));
        let client = self.client().await.map_err(|error| Fault { error, again: None })?;
        let request = client.post(place.url.clone()).headers(place.headers.clone()).header(CONTENT_TYPE, kind);
        let sent = request.body(body).send().await;
        let response = sent.map_err(|error| place.fault(causes(&error.without_url()), Some(Duration::ZERO)))?;
        if !response.status().is_success() {
            return Err(place.refusal(response).await);
        }
        let answer = read(response).await;
        Ok(encode::rejected(self.options.protocol, &answer))
    }
}

/// A client; one that never speaks over TLS needs no certificates.
fn client(seals: bool, timeout: Duration) -> Result<reqwest::Client, SendError> {
    // Headers hold secrets: they go to the address that was given, and nowhere else.
    let builder = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    let builder = if seals { builder } else { builder.tls_certs_only([]) };
    builder.build().map_err(|error| SendError::Client(causes(&error)))
}

impl Place {
    fn new(endpoint: &Endpoint) -> Result<Self, SendError> {
        let wrong = |reason: String| SendError::Refused { url: endpoint.url.clone(), reason };
        let url: reqwest::Url = endpoint.url.parse().map_err(|error| wrong(format!("is no address: {error}")))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &endpoint.headers {
            let unusable = || wrong(format!("the header {name:?} is not usable"));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unusable())?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        Ok(Self { url, headers })
    }

    /// The address without what may be secret in it.
    fn shown(&self) -> String {
        let mut url = self.url.clone();
        let _ = url.set_password(None);
        url.set_query(None);
        url.to_string()
    }

    fn fault(&self, reason: String, again: Option<Duration>) -> Fault {
        Fault { error: SendError::Refused { url: self.shown(), reason }, again }
    }

    /// What OTLP says may be sent again: 429, 502, 503, 504.
    async fn refusal(&self, response: Response) -> Fault {
        let status = response.status();
        let passing = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let again = passing.contains(&status).then(|| Duration::from_secs(asked.unwrap_or(0)));
        let said = read(response).await;
        let said: String = String::from_utf8_lossy(&said).chars().filter(|c| !c.is_control()).take(200).collect();
        self.fault(format!("answered {status}: {said}"), again)
    }
}

/// The beginning of an answer.
async fn read(mut response: Response) -> Vec<u8> {
    let mut answer = Vec::new();
    while let Ok(Some(part)) = response.chunk().await {
        answer.extend_from_slice(&part);
        if answer.len() > ANSWER {
            break;
        }
    }
    answer
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
