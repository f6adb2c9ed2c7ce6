//! What reaches the port, and what comes back.

use crate::support::{Place, read};
use reqwest::StatusCode;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn looks_and_acts_reach_the_port_as_they_were_meant() {
    let place = Place::open().await;
    let (cookie, token) = place.enter(json!({"token": "t0ken"})).await;
    let both = [("cookie", cookie.as_str()), ("x-outboard-console", token.as_str())];
    let look = |path: &'static str| place.get(path, &both);
    assert_eq!(look("/console/api/look/calls?id=ex%201&after=9&limit=5").await.status(), StatusCode::OK);
    assert_eq!(look("/console/api/look/nothing").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(look("/console/api/look/executions?limit=many").await.status(), StatusCode::BAD_REQUEST);
    let missing = look("/console/api/look/execution?id=none").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(read(missing).await["error"]["hint"], "list them");
    assert_eq!(place.seen().first().unwrap(), "Calls { id: \"ex 1\", after: 9, limit: Some(5) }");
    for (what, body, fine) in [
        ("answer", json!({"id": "ap_1", "approve": true, "scope": "session"}), true),
        ("reveal", json!({"id": "ex_1", "part": "call", "call": 3, "reason": "support case"}), true),
        ("call", json!({"server": "a", "tool": "b", "arguments": {"x": [1]}}), true),
        ("restart", json!({"server": "a"}), true),
        ("reveal", json!({"id": "ex_1", "part": "call"}), false),
        ("answer", json!({"id": "ap_1", "approve": true, "by": "the boss"}), false),
        ("explode", json!({}), false),
        ("cancel", json!([]), false),
    ] {
        let status = place.post(&format!("/console/api/act/{what}"), &both, &body).await.status();
        assert_eq!(status == StatusCode::OK, fine, "{what} {body}: {status}");
    }
    assert_eq!(place.seen().len(), 4);
    let huge = json!({"id": "x".repeat(2 << 20)});
    assert_eq!(place.post("/console/api/act/cancel", &both, &huge).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn hostile_texts_stay_data() {
    let place = Place::open().await;
    let (cookie, token) = place.enter(json!({"token": "t0ken"})).await;
    let both = [("cookie", cookie.as_str()), ("x-outboard-console", token.as_str())];
    let response = place.get("/console/api/look/execution?id=%3Cimg%3E%00%E2%80%AE", &both).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let shown = read(response).await;
    assert_eq!(shown["id"], "<img>\0\u{202e}");
    assert!(shown["title"].as_str().unwrap().contains("onerror"));
    for name in ["../src/lib.rs", "..%2fsrc%2flib.rs", "%2e%2e/Cargo.toml", "main.js%00", "pages"] {
        let status = place.get(&format!("/console/assets/{name}"), &[]).await.status();
        assert_ne!(status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn news_are_told_until_the_end() {
    let place = Place::open().await;
    let (cookie, token) = place.enter(json!({"token": "t0ken"})).await;
    let both = [("cookie", cookie.as_str()), ("x-outboard-console", token.as_str())];
    let mut live = place.get("/console/api/live", &both).await;
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    let mut next = async || live.chunk().await.unwrap().map(|chunk| String::from_utf8(chunk.to_vec()).unwrap());
    assert!(next().await.unwrap().starts_with("event: changed"));
    place.port.changed.store(7, Ordering::Release);
    assert_eq!(next().await.unwrap(), "event: changed\ndata: {\"number\":7}\n\n");
    place.stop.cancel();
    assert_eq!(next().await, None);
}
