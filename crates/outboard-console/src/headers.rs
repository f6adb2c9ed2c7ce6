//! What every request has to bring, and what every answer says.

use crate::{Console, answer};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// Scripts, styles and pictures of our own files alone; no text becomes a script, and nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const SAID: [(&str, &str); 8] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Looks at where a request was sent and where it came from, before anything else does.
pub(crate) async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let mut response = match foreign(&console.hosts, &request) {
        Some(name) => answer::refused(
            StatusCode::FORBIDDEN,
            &format!("the {name} header is not allowed here"),
            "open the console under the address that was printed at its start",
        ),
        None => next.run(request).await,
    };
    for (name, value) in SAID {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// The header that says that this is not one of our own pages, or not meant for us.
fn foreign(hosts: &[String], request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    // Over HTTP/2 the name of the host is in the address of the request.
    let authority = request.uri().authority().map(|name| name.as_str());
    let host = text(headers, header::HOST).or(authority).unwrap_or_default();
    let ours = |name: &str| hosts.iter().any(|known| known.eq_ignore_ascii_case(name));
    if !ours(host) {
        return Some("Host");
    }
    let origin = text(headers, header::ORIGIN);
    if headers.contains_key(header::ORIGIN)
        && !origin.and_then(|origin| origin.strip_prefix("http://")).is_some_and(ours)
    {
        return Some("Origin");
    }
    let site = text(headers, HeaderName::from_static("sec-fetch-site"));
    let api = request.uri().path().starts_with("/console/api/");
    (api && site.is_some_and(|site| site != "same-origin")).then_some("Sec-Fetch-Site")
}

/// A header as text.
pub(crate) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
