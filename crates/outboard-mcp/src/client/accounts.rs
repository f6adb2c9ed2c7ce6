//! Requests with the token of an account, sent again where another token helps.

use super::Upstreams;
use super::http_answer::causes;
use super::supervisor::Upstream;
use outboard_auth::{AuthError, Challenge, Keeper, Standing, Verdict};
use outboard_types::{Redacted, ServerName, ToolError};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Client, Request, RequestBuilder, Response, Url};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// The headers of tokens that are bound to a key (RFC 9449).
const PROOF: HeaderName = HeaderName::from_static("dpop");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// How often one request is sent at most: as it is, with a renewed token, and with one that has more scopes.
const ATTEMPTS: usize = 3;

/// The longest that a shutdown waits for tokens; a renewal itself takes no longer.
const SETTLING: Duration = Duration::from_secs(25);

/// How often it is looked whether somebody has signed in by now.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Sends requests to one server.
#[derive(Clone)]
pub(super) struct Sender {
    http: Client,
    keeper: Option<Arc<Keeper>>,
}

/// Why no answer came.
pub(super) enum Unsent {
    /// The connection failed.
    Http(reqwest::Error),
    /// There is no token to send.
    NoToken(AuthError),
}

impl Unsent {
    /// Whether the server may have seen the request.
    pub(super) fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Http(error) if !(error.is_connect() || error.is_builder()))
    }

    /// What happened.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Http(error) => causes(error),
            Self::NoToken(error) => error.to_string(),
        }
    }
}

impl Sender {
    pub(super) fn new(http: Client, keeper: Option<Arc<Keeper>>) -> Self {
        Self { http, keeper }
    }

    pub(super) fn get(&self, url: &Url) -> RequestBuilder {
        self.http.get(url.clone())
    }

    pub(super) fn post(&self, url: &Url) -> RequestBuilder {
        self.http.post(url.clone())
    }

    pub(super) fn delete(&self, url: &Url) -> RequestBuilder {
        self.http.delete(url.clone())
    }

    /// Sends it with the account's token. A refusal that no other token changes is the answer.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Unsent> {
        let Some(keeper) = &self.keeper else { return request.send().await.map_err(Unsent::Http) };
        let request = request.build().map_err(Unsent::Http)?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            // Bodies are bytes, which can be sent again.
            let Some(attempt) = request.try_clone() else { break };
            let token = keeper.token().await.map_err(Unsent::NoToken)?;
            let attempt = with(attempt, keeper, token.as_ref())?;
            let response = self.http.execute(attempt).await.map_err(Unsent::Http)?;
            response.headers().get(NONCE).and_then(|nonce| nonce.to_str().ok()).iter().for_each(|it| keeper.heard(it));
            let status = response.status().as_u16();
            if !matches!(status, 401 | 403) {
                if response.status().is_success() {
                    keeper.worked();
                }
                return Ok(response);
            }
            let said = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
            let challenge = Challenge::read(said);
            let verdict = keeper.refused(token.as_ref(), status, challenge.as_ref()).await;
            last = Some(response);
            if matches!(verdict, Verdict::Refused(_)) {
                break;
            }
        }
        match last {
            Some(response) => Ok(response),
            None => self.http.execute(request).await.map_err(Unsent::Http),
        }
    }
}

/// The request with the token, and with the proof that it is ours where the token needs one.
fn with(mut request: Request, keeper: &Keeper, token: Option<&Redacted<String>>) -> Result<Request, Unsent> {
    let Some(token) = token else { return Ok(request) };
    let proof = keeper.proof(token, request.method().as_str(), request.url()).map_err(Unsent::NoToken)?;
    let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
    if let Ok(mut value) = HeaderValue::from_str(&format!("{scheme} {}", token.expose())) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    if let Some(proof) = proof.and_then(|proof| HeaderValue::from_str(&proof).ok()) {
        request.headers_mut().insert(PROOF, proof);
    }
    Ok(request)
}

impl Upstreams {
    /// Waits for tokens that are being renewed, so that what was granted is kept.
    pub(super) async fn settled(&self) {
        let personal =
            self.personal.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect::<Vec<_>>();
        let all = self.all();
        let keepers = all.iter().chain(&personal).filter_map(|upstream| upstream.spec.keeper.as_ref());
        let all = futures::future::join_all(keepers.map(|keeper| keeper.settled()));
        if tokio::time::timeout(SETTLING, all).await.is_err() {
            tracing::warn!("a token was not renewed in time; sign in again if it is refused");
        }
    }

    /// Waits until somebody has signed in to a server.
    pub async fn signed_in(&self, name: &ServerName) {
        let keeper = self.get(name).ok().and_then(|upstream| upstream.spec.keeper.clone());
        while keeper.as_ref().is_none_or(|keeper| keeper.standing() != Standing::SignedIn) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl Upstream {
    /// What keeps the account from being used, if something does.
    pub(super) fn sign_in_problem(&self) -> Option<ToolError> {
        let problem = self.spec.keeper.as_ref()?.problem()?;
        let error = self.error(problem.reason.code(), problem.to_string());
        Some(match problem.hint {
            Some(hint) => error.hint(hint),
            None => error,
        })
    }
}
