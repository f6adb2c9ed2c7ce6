//! `POST /mcp`: one message. An answer comes as JSON; once something else is sent before it, as a stream.

use super::sessions::{SESSION, Session};
use super::streams::{Begun, Stream};
use super::{Http, json};
use super::{headers, repeated};
use crate::rpc::RpcError;
use crate::server::client::{Client, Tell};
use crate::server::service::Caller;
use crate::server::trace;
use crate::server::wire::{self, Incoming};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_types::{CancellationToken, Digest, Principal};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio_util::sync::DropGuard;

pub(super) async fn message(State(http): State<Arc<Http>>, headers: HeaderMap, body: Bytes) -> Response {
    let principal = match http.admit(&headers).await {
        Ok(principal) => principal,
        Err(refusal) => return refusal.into_response(),
    };
    let message = match wire::parse(&body) {
        Ok(message) => message,
        Err(answer) => return json(StatusCode::BAD_REQUEST, answer),
    };
    let modern = headers::is_modern(&headers, message.params.as_deref());
    let session = match http.sessions.named(&headers, &principal) {
        Ok(session) => session.filter(|_| !modern),
        Err(_) if modern => None,
        Err(status) => return (status, "the session is not known: initialize again\n").into_response(),
    };
    match message {
        Incoming { id: Some(id), method: Some(method), params, .. } => {
            let asked = Asked { id, method, params, modern, principal };
            request(http, &headers, session, asked).await
        }
        Incoming { id: Some(id), method: None, result, .. } => {
            session.iter().for_each(|session| session.client.questions.answered(&id, result.clone()));
            StatusCode::ACCEPTED.into_response()
        }
        Incoming { method, params, .. } => {
            notified(session.as_deref(), method.as_deref(), params.as_deref());
            StatusCode::ACCEPTED.into_response()
        }
    }
}

fn notified(session: Option<&Session>, method: Option<&str>, params: Option<&RawValue>) {
    if method == Some("notifications/cancelled")
        && let (Some(session), Some(id)) = (session, wire::cancelled(params))
    {
        session.client.requests.cancel(&id);
    }
}

/// One request.
struct Asked {
    id: Box<RawValue>,
    method: String,
    params: Option<Box<RawValue>>,
    modern: bool,
    principal: Principal,
}

impl Asked {
    /// The same for the same request sent again: within a session no other has its id.
    fn digest(&self) -> Digest {
        let params = self.params.as_deref().map_or("", RawValue::get);
        Digest::of_all([self.id.get(), &self.method, params].map(str::as_bytes))
    }
}

async fn request(http: Arc<Http>, headers: &HeaderMap, session: Option<Arc<Session>>, asked: Asked) -> Response {
    let params = asked.params.as_deref();
    let mut checked = headers::check(headers, &asked.method, params);
    if checked.is_ok() && asked.modern && asked.method == "tools/call" {
        checked = repeated::check(&http.service, &asked.principal, headers, params).await;
    }
    if let Err(error) = checked {
        return json(StatusCode::BAD_REQUEST, wire::response(&asked.id, &Err(error)));
    }
    if asked.method == "initialize" && !asked.modern {
        let (id, session) = http.sessions.open(&http.service, &asked.principal);
        let declared = session.client.declare(asked.params.as_deref());
        http.service.declare(&declared);
        let mut response = answered(http, headers, Some(session), asked).await;
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(SESSION, id);
        }
        return response;
    }
    answered(http, headers, session, asked).await
}

async fn answered(http: Arc<Http>, headers: &HeaderMap, session: Option<Arc<Session>>, asked: Asked) -> Response {
    let client = session.as_ref().map_or_else(Client::new, |session| session.client.clone());
    let request = asked.digest();
    if let Some((session, stream)) = session.as_ref().and_then(|session| Some((session, session.again(request)?))) {
        return sent(stream, Some(session), None).await;
    }
    let stream = session.as_ref().map_or_else(|| Stream::new(None), |session| session.stream(request));
    let tell = accepts_stream(headers).then(|| -> Tell {
        let stream = stream.clone();
        Arc::new(move |line| stream.push(line))
    });
    let entered = client.requests.enter(asked.id.get());
    // In the handshake era a connection that breaks off means nothing: the client may come back for the rest.
    let guard = session.is_none().then(|| entered.lost.clone().drop_guard());
    let (service, answers) = (http.service.clone(), stream.clone());
    let http_trace = trace::of_headers(headers);
    tokio::spawn(async move {
        let Asked { id, method, params, modern, principal } = asked;
        let caller = client.caller(principal, entered.cancel.clone(), &id, params.as_deref(), tell);
        let caller = Caller { http_trace, lost: entered.lost.clone(), ..caller };
        let answer = service.handle(&method, params.as_deref(), caller).await;
        answers.finish(wire::response(&id, &answer), status(modern, &answer));
        drop(entered);
    });
    sent(stream, session.as_ref(), guard).await
}

/// What a stream holds, as one answer where it is that.
async fn sent(stream: Arc<Stream>, session: Option<&Arc<Session>>, guard: Option<DropGuard>) -> Response {
    match stream.begun().await {
        Begun::Answer(status, line) => {
            guard.map(DropGuard::disarm);
            session.iter().for_each(|session| session.forget(&stream));
            json(status, line.to_string())
        }
        // The answer ends it: at the end of the process every request is answered.
        Begun::Messages => stream.events(0, guard, CancellationToken::new()),
    }
}

/// The handshake era expects protocol errors with status 200; only the stateless one maps them.
fn status(modern: bool, answer: &Result<Value, RpcError>) -> StatusCode {
    match answer {
        Err(error) if modern && error.code == RpcError::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        Err(error) if modern && (-32029..=-32020).contains(&error.code) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

fn accepts_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.into_iter().any(|value| value.contains("text/event-stream"))
}
