//! The trace that a request belongs to: named in the message (SEP-414), or by the HTTP request around it.

use axum::http::HeaderMap;
use outboard_types::{TraceOrigin, TraceParent};
use serde::Deserialize;
use serde_json::Value;

/// The part of `_meta` that says so. Anything else than texts there is as good as nothing.
#[derive(Default, Deserialize)]
pub(super) struct TraceMeta {
    #[serde(default)]
    traceparent: Value,
    #[serde(default)]
    tracestate: Value,
}

impl TraceMeta {
    /// The message wins; the trace of the HTTP request then becomes a link, unless it is the same span.
    pub(super) fn origin(&self, http: Option<TraceParent>) -> Option<TraceOrigin> {
        let said = self.traceparent.as_str().and_then(|text| TraceOrigin::read(text, self.tracestate.as_str()));
        match said {
            Some(origin) => Some(TraceOrigin { link: http.filter(|http| *http != origin.parent), ..origin }),
            None => http.map(|parent| TraceOrigin { parent, state: None, link: None }),
        }
    }
}

/// What the headers of an HTTP request say.
pub(super) fn of_headers(headers: &HeaderMap) -> Option<TraceParent> {
    TraceParent::parse(headers.get("traceparent")?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    #[test]
    fn the_message_wins_and_the_request_around_it_is_linked() {
        let meta = |value: Value| serde_json::from_value::<TraceMeta>(value).unwrap();
        let http = TraceParent::parse(OTHER);
        let both = meta(json!({"traceparent": ONE, "progressToken": 1})).origin(http).unwrap();
        assert_eq!((both.parent.to_string().as_str(), both.link), (ONE, http));
        let header = meta(json!({"traceparent": 3})).origin(http).unwrap();
        assert_eq!((Some(header.parent), header.link), (http, None));
        assert_eq!(meta(json!({})).origin(None), None);
    }
}
