//! Sends prompts, reads streams, and asks again where that may help.

use super::{Decoder, Model, ModelError, Prompt, Provider, Reply, anthropic, chat, error, responses, sse};
use crate::ports::{Note, Watch};
use futures::future::BoxFuture;
use outboard_types::{CancellationToken, Redacted};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Response, Url};
use serde_json::Value;
use std::time::Duration;

const ANTHROPIC_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// The largest answer, in bytes of its stream.
const LARGEST: usize = 64 << 20;

/// As much of an error's body is read.
const ERROR_BODY: usize = 64 << 10;

/// How a provider is asked.
pub struct ClientOptions {
    /// Whose format it speaks.
    pub provider: Provider,
    /// The model.
    pub model: String,
    /// Where it is; the provider's own address without it.
    pub base_url: Option<String>,
    /// Its key.
    pub key: Option<Redacted<String>>,
    /// How often one prompt is sent at most; default 5.
    pub attempts: u32,
    /// How long nothing may come; default 10 min, as local models read slowly.
    pub patience: Duration,
    /// The longest pause before asking again; default 60 s.
    pub longest_pause: Duration,
}

impl ClientOptions {
    /// With defaults.
    pub fn new(provider: Provider, model: impl Into<String>) -> Self {
        Self {
            provider,
            model: model.into(),
            base_url: None,
            key: None,
            attempts: 5,
            patience: Duration::from_secs(600),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// A model behind a provider's address.
pub struct Client {
    http: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    options: ClientOptions,
}

impl Client {
    /// Prepares it; nothing is sent.
    ///
    /// # Errors
    ///
    /// What is wrong with the address or the key, in words for the person who gave them.
    pub fn new(options: ClientOptions) -> Result<Self, String> {
        let url = endpoint(&options)?;
        let safe = url.scheme() == "https" || is_local(&url);
        if options.key.is_some() && !safe {
            return Err(format!(
                "the key would go to {} unencrypted; use an https address, or one of this machine",
                url.host_str().unwrap_or_default()
            ));
        }
        let http = reqwest::Client::builder()
            // A redirect would carry the key and the conversation elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(options.patience)
            .build()
            .map_err(|error| format!("no HTTP client: {}", causes(&error)))?;
        Ok(Self { http, url, headers: headers(&options)?, options })
    }

    /// Whether the model runs on this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.url)
    }

    fn body(&self, prompt: Prompt<'_>) -> Value {
        let model = &self.options.model;
        match self.options.provider {
            Provider::Anthropic => anthropic::body(model, prompt),
            Provider::Openai => responses::body(model, prompt),
            Provider::Chat => chat::body(model, prompt, self.url.host_str() == Some("api.openai.com")),
        }
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        match self.options.provider {
            Provider::Anthropic => Box::<anthropic::Events>::default(),
            Provider::Openai => Box::<responses::Events>::default(),
            Provider::Chat => Box::<chat::Events>::default(),
        }
    }

    /// Asks, and asks again after a pause where the failure may pass. A turn changes nothing until it is whole,
    /// so it may always be asked for again.
    async fn ask(&self, prompt: Prompt<'_>, watch: &dyn Watch) -> Result<Reply, ModelError> {
        let body = self.body(prompt).to_string();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(body.clone(), watch).await {
                Ok(reply) => return Ok(reply),
                Err(error) => self.without_key(error),
            };
            if attempt >= self.options.attempts || !error.may_pass() {
                return Err(error);
            }
            let wait = self.pause(attempt, &error);
            watch.note(&Note::Retry { reason: error.to_string(), wait });
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, body: String, watch: &dyn Watch) -> Result<Reply, ModelError> {
        let request = self.http.post(self.url.clone()).headers(self.headers.clone()).body(body);
        let response = request.send().await.map_err(|error| ModelError::Unreachable(causes(&error)))?;
        let status = response.status();
        if status.is_success() {
            return self.read(response, watch).await;
        }
        let retry_after = retry_after(response.headers());
        let body = beginning(response).await;
        Err(error::of_status(status.as_u16(), retry_after, &body))
    }

    async fn read(&self, mut response: Response, watch: &dyn Watch) -> Result<Reply, ModelError> {
        let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let whole = kind.starts_with("application/json") && self.options.provider == Provider::Chat;
        let (mut decoder, mut stream, mut size) = (self.decoder(), sse::Stream::default(), 0);
        let mut tell = |piece: &str| {
            if !piece.is_empty() {
                watch.text(piece);
            }
        };
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| ModelError::Unreachable(causes(&error)))? {
            size += chunk.len();
            if size > LARGEST {
                return Err(ModelError::BadAnswer(format!("it is larger than {} MiB", LARGEST >> 20)));
            }
            if whole {
                text.extend_from_slice(&chunk);
                continue;
            }
            let events = stream.feed(&chunk).map_err(|_| ModelError::BadAnswer("an event is too large".into()))?;
            for event in events {
                decoder.event(&event, &mut tell)?;
            }
            if decoder.is_done() {
                return decoder.finish();
            }
        }
        if whole {
            decoder.event(&String::from_utf8_lossy(&text), &mut tell)?;
        } else if let Some(event) = stream.rest() {
            match decoder.event(&event, &mut tell) {
                // Half of an event is what a connection leaves that breaks: the answer is not whole, as the end says.
                Err(ModelError::BadAnswer(_)) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
        decoder.finish()
    }

    /// What the provider asks for, else twice as long each time, within bounds, and never all clients at once.
    fn pause(&self, attempt: u32, error: &ModelError) -> Duration {
        let asked = if let ModelError::Busy { retry_after, .. } = error { *retry_after } else { None };
        let doubled = Duration::from_millis(500).saturating_mul(1 << attempt.min(10));
        let pause = asked.unwrap_or(doubled).min(self.options.longest_pause);
        let more = pause.mul_f64(f64::from(random()) / 255.0 * 0.25);
        pause.saturating_add(more).min(self.options.longest_pause)
    }

    /// Some providers repeat the key in what they say about it.
    fn without_key(&self, error: ModelError) -> ModelError {
        let Some(key) = self.options.key.as_ref().filter(|key| key.expose().len() >= 6) else { return error };
        let hide = |text: String| text.replace(key.expose().as_str(), "[redacted]");
        match error {
            ModelError::Key { status, message } => ModelError::Key { status, message: hide(message) },
            ModelError::Refused { status, message } => ModelError::Refused { status, message: hide(message) },
            ModelError::Busy { status, message, retry_after } => {
                ModelError::Busy { status, message: hide(message), retry_after }
            }
            other => other,
        }
    }
}

impl Model for Client {
    fn reply<'a>(
        &'a self,
        prompt: Prompt<'a>,
        watch: &'a dyn Watch,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, ModelError>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(ModelError::Stopped),
                reply = self.ask(prompt, watch) => reply,
            }
        })
    }
}

fn random() -> u8 {
    let mut byte = [128];
    // Without randomness the pause is the middle one.
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

fn endpoint(options: &ClientOptions) -> Result<Url, String> {
    let base = options.base_url.as_deref().unwrap_or(options.provider.address());
    let mut url: Url = base.parse().map_err(|error| format!("the address {base:?} is not usable: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("the address {base:?} is not usable: expected http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a user name or password; give the key in `key` or the environment".into());
    }
    let path = url.path().trim_end_matches('/');
    let version = if path.is_empty() { "/v1" } else { path };
    let end = match options.provider {
        Provider::Anthropic => "messages",
        Provider::Openai => "responses",
        Provider::Chat => "chat/completions",
    };
    let path = format!("{version}/{end}");
    url.set_path(&path);
    Ok(url)
}

fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn headers(options: &ClientOptions) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("accept", HeaderValue::from_static("text/event-stream, application/json"));
    if options.provider == Provider::Anthropic {
        headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"));
    }
    if let Some(key) = &options.key {
        let (name, text) = match options.provider {
            Provider::Anthropic => (ANTHROPIC_KEY, key.expose().clone()),
            Provider::Openai | Provider::Chat => (AUTHORIZATION, format!("Bearer {}", key.expose())),
        };
        let unusable = |_| "the key holds characters that no key has; check for a line break".to_owned();
        let mut value = HeaderValue::from_str(&text).map_err(unusable)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Seconds, or milliseconds where a provider says it more exactly.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1e3).or_else(|| number(RETRY_AFTER.as_str()))?;
    Duration::try_from_secs_f64(seconds).ok()
}

async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= ERROR_BODY {
            body.truncate(ERROR_BODY);
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// An error with its causes, without its address.
fn causes(error: &reqwest::Error) -> String {
    let mut chain: Vec<String> = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        chain.push(cause.to_string());
        next = cause.source();
    }
    // The outermost names the address, and says no more than that something failed.
    let skip = usize::from(chain.len() > 1);
    chain[skip..].join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(provider: Provider, base: &str, key: Option<&str>) -> Result<Client, String> {
        let key = key.map(|key| Redacted::new(key.to_owned()));
        Client::new(ClientOptions { base_url: Some(base.into()), key, ..ClientOptions::new(provider, "m") })
    }

    #[test]
    fn addresses_are_completed() {
        let url = |provider, base| client(provider, base, None).map(|client| client.url.to_string()).unwrap();
        assert_eq!(url(Provider::Anthropic, "https://x.example"), "https://x.example/v1/messages");
        assert_eq!(url(Provider::Openai, "https://x.example/v1/"), "https://x.example/v1/responses");
        assert_eq!(url(Provider::Chat, "http://localhost:1/api/v1"), "http://localhost:1/api/v1/chat/completions");
        for bad in ["file:///x", "nonsense", "https://u:p@x.example/"] {
            assert!(client(Provider::Chat, bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_never_goes_unencrypted_to_another_machine() {
        let refused = client(Provider::Chat, "http://10.0.0.5:8000/v1", Some("k-123456")).err().unwrap();
        assert!(refused.contains("unencrypted") && !refused.contains("k-123456"), "{refused}");
        assert!(client(Provider::Chat, "http://10.0.0.5:8000/v1", None).is_ok());
        assert!(client(Provider::Chat, "http://[::1]:8000/v1", Some("k")).is_ok());
    }

    #[test]
    fn a_key_is_not_shown() {
        let client = client(Provider::Openai, "https://x.example", Some("k-123456")).unwrap();
        assert!(!format!("{:?}", client.headers).contains("k-123456"));
        let error = client.without_key(ModelError::Key { status: 401, message: "bad key k-123456".into() });
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        let client = client(Provider::Chat, "http://localhost:1", None).unwrap();
        let busy = |retry_after| ModelError::Busy { status: Some(429), message: String::new(), retry_after };
        let second = Duration::from_secs(1);
        let first = client.pause(1, &busy(None));
        assert!(first >= second && first <= second * 2, "{first:?}");
        assert!(client.pause(30, &busy(None)) <= second * 60);
        assert!(client.pause(1, &busy(Some(second * 7))) >= second * 7);
        assert_eq!(client.pause(1, &busy(Some(second * 3_600))), second * 60);
        assert_eq!(client.pause(1, &busy(Some(Duration::ZERO))), Duration::ZERO);
    }
}
