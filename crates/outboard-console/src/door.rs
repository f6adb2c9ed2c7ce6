//! Coming in, going out, and being known in between.

use crate::headers::text;
use crate::who::Who;
use crate::{Console, answer};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_types::{Digest, Redacted};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The header that carries a session's token.
const TOKEN: &str = "x-outboard-console";

/// How long a wrong token is thought about, so that nobody tries many.
const PAUSE: Duration = Duration::from_millis(300);

/// What somebody brings: the token, or the secret of a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brought {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    link: Option<String>,
}

/// Opens a session.
pub(crate) async fn login(State(console): State<Arc<Console>>, headers: HeaderMap, body: Bytes) -> Response {
    // Held while a wrong one is thought about: many at once are no quicker.
    let _turn = console.turns.acquire().await;
    let brought: Option<Brought> = serde_json::from_slice(&body).ok();
    let Some(who) = brought.and_then(|brought| console.known(brought)) else {
        tracing::warn!("somebody tried to log in to the console with what does not open it");
        tokio::time::sleep(PAUSE).await;
        return answer::refused(
            StatusCode::UNAUTHORIZED,
            "this token or link does not open the console",
            "take the token that was printed at start, OUTBOARD_TOKEN, or one of `outboard token create`; a link is good \
             once, for ten minutes",
        );
    };
    let only = who.only();
    tracing::info!(principal = only.as_ref().map(|name| &*name.0), "somebody logged in to the console");
    let opened = console.sessions.open(who);
    let cookie = format!("{}={}", name(&headers), opened.cookie);
    with_cookie(&cookie, answer::json(StatusCode::OK, &json!({"token": opened.token, "only": only})))
}

/// Ends the session.
pub(crate) async fn logout(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    if let Err(refused) = console.admit(&headers) {
        return refused.into_response();
    }
    cookie(&headers).iter().for_each(|cookie| console.sessions.close(cookie));
    let gone = format!("{}=; Max-Age=0", name(&headers));
    with_cookie(&gone, answer::json(StatusCode::OK, &json!({})))
}

/// The token of a session that the browser is in already, as after a reload.
pub(crate) async fn session(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    match console.session(&headers) {
        Some((token, who)) => answer::json(StatusCode::OK, &json!({"token": token, "only": who.only()})),
        None => Stranger::Nobody.into_response(),
    }
}

impl Console {
    /// Who brings this.
    fn known(&self, brought: Brought) -> Option<Who> {
        let Brought { token, link } = brought;
        let token = token.as_deref().map(str::trim);
        if token.is_some_and(|token| self.token == Some(Digest::of(token)))
            || link.is_some_and(|link| self.sessions.take_link(&link))
        {
            return Some(Who::Operator);
        }
        let token = token?;
        let principal = self.port.holder(token)?;
        Some(Who::Holder { principal, token: Redacted::new(token.to_owned()) })
    }

    /// The open session that a cookie names. One that a token opened is over when the token is.
    fn session(&self, headers: &HeaderMap) -> Option<(String, Who)> {
        let cookie = cookie(headers)?;
        let (wanted, who) = self.sessions.find(cookie)?;
        if let Who::Holder { principal, token } = &who
            && self.port.holder(token.expose()).as_ref() != Some(principal)
        {
            self.sessions.close(cookie);
            return None;
        }
        Some((wanted, who))
    }

    /// Lets a request of an open session pass: its cookie and its token belong together.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<Who, Stranger> {
        let (wanted, who) = self.session(headers).ok_or(Stranger::Nobody)?;
        match text(headers, HeaderName::from_static(TOKEN)) {
            Some(token) if Digest::of(token) == Digest::of(&wanted) => Ok(who),
            _ => Err(Stranger::Forged),
        }
    }
}

/// Why a request does not pass.
pub(crate) enum Stranger {
    /// It belongs to no session.
    Nobody,
    /// It has the cookie of a session and not its token, as one that another page makes.
    Forged,
    /// It is the holder's of a principal's token, and for the operator.
    Guest,
}

impl IntoResponse for Stranger {
    fn into_response(self) -> Response {
        let (status, message, hint) = match self {
            Self::Nobody => {
                (StatusCode::UNAUTHORIZED, "nobody is logged in here", "log in with the token printed at start")
            }
            Self::Forged => {
                (StatusCode::FORBIDDEN, "the request does not carry its session's token", "reload the page")
            }
            Self::Guest => (
                StatusCode::FORBIDDEN,
                "the token of a principal shows that principal's executions, and nothing else",
                "log in with the token that was printed at start",
            ),
        };
        answer::refused(status, message, hint)
    }
}

/// The cookie's name has the port in it: browsers do not tell ports apart, and each console has sessions of its own.
fn name(headers: &HeaderMap) -> String {
    let port = text(headers, header::HOST).and_then(|host| host.rsplit_once(':')).map_or("", |(_, port)| port);
    let digits: String = port.chars().filter(char::is_ascii_digit).collect();
    format!("outboard_console_{digits}")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let name = name(headers);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

fn with_cookie(cookie: &str, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("{cookie}; Path=/console; HttpOnly; SameSite=Strict")) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
