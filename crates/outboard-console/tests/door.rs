//! Coming in, and what is refused outside.

use crate::support::{Place, read};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn without_a_session_nothing_is_read_or_done() {
    let place = Place::open().await;
    for (method, path) in [
        (Method::GET, "/console/api/look/executions"),
        (Method::GET, "/console/api/session"),
        (Method::GET, "/console/api/live"),
        (Method::POST, "/console/api/act/cancel"),
        (Method::POST, "/console/api/logout"),
    ] {
        let response = place.send(method, path, &[("cookie", "outboard_console_1=x")], "{}").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(read(response).await["error"]["code"], "invalid_request");
    }
    for brought in [json!({"token": "wrong"}), json!({"link": "wrong"}), json!({}), json!({"token": "t0ken", "x": 1})] {
        let response = place.post("/console/api/login", &[], &brought).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{brought}");
        assert!(response.headers().get("set-cookie").is_none());
    }
    assert!(place.seen().is_empty());
}

#[tokio::test]
async fn cookie_and_token_belong_together() {
    let place = Place::open().await;
    let (cookie, token) = place.enter(json!({"token": "t0ken"})).await;
    let (_, other) = place.enter(json!({"token": "t0ken"})).await;
    let cancel = json!({"id": "ex_1"});
    for headers in [
        &[("cookie", cookie.as_str())][..],
        &[("cookie", &cookie), ("x-outboard-console", "guess")],
        &[("cookie", &cookie), ("x-outboard-console", &other)],
        &[("x-outboard-console", &token)],
    ] {
        let refused = place.post("/console/api/act/cancel", headers, &cancel).await.status();
        assert!(refused == StatusCode::FORBIDDEN || refused == StatusCode::UNAUTHORIZED, "{headers:?}: {refused}");
        assert_ne!(place.get("/console/api/look/servers", headers).await.status(), StatusCode::OK);
    }
    assert!(place.seen().is_empty());
    let both = [("cookie", cookie.as_str()), ("x-outboard-console", token.as_str())];
    assert_eq!(place.post("/console/api/act/cancel", &both, &cancel).await.status(), StatusCode::OK);
    assert_eq!(place.seen(), ["Cancel { id: \"ex_1\" } by somebody"]);
    let again = read(place.get("/console/api/session", &both[..1]).await).await;
    assert_eq!(again["token"], token.as_str(), "after a reload");
    assert_eq!(place.post("/console/api/logout", &both, &json!({})).await.status(), StatusCode::OK);
    assert_eq!(place.get("/console/api/session", &both[..1]).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_opens_one_session() {
    let place = Place::open().await;
    let path = place.console.link();
    let secret = path.strip_prefix("/console/#login=").unwrap();
    place.enter(json!({"link": secret})).await;
    let again = place.post("/console/api/login", &[], &json!({"link": secret})).await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn foreign_pages_and_names_are_refused_also_with_a_session() {
    let place = Place::open().await;
    let (cookie, token) = place.enter(json!({"token": "t0ken"})).await;
    let own = format!("http://{}", place.address);
    let upper = format!("LOCALHOST:{}", place.address.port());
    for (name, value, fine) in [
        ("origin", "http://evil.example", false),
        ("origin", "null", false),
        ("origin", "https://127.0.0.1", false),
        ("origin", own.as_str(), true),
        ("host", "evil.example", false),
        ("host", "127.0.0.1:1", false),
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "same-origin", true),
    ] {
        let headers = [("cookie", cookie.as_str()), ("x-outboard-console", &token), (name, value)];
        let status = place.post("/console/api/act/cancel", &headers, &json!({"id": "x"})).await.status();
        assert_eq!(status == StatusCode::OK, fine, "{name}: {value}: {status}");
    }
    assert_eq!(place.get("/console/", &[("host", "evil.example")]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(place.get("/console/", &[("host", &upper)]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_answer_carries_what_keeps_browsers_in_check() {
    let place = Place::open().await;
    for path in ["/console/", "/console/assets/main.js", "/console/assets/no.js", "/console/api/session", "/console/x"]
    {
        let response = place.get(path, &[]).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!((header("x-content-type-options"), header("cache-control")), ("nosniff".into(), "no-store".into()));
    }
    let login = place.post("/console/api/login", &[], &json!({"token": "t0ken"})).await;
    let cookie = login.headers()["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn a_principals_token_sees_its_own_executions_and_changes_nothing() {
    let place = Place::open().await;
    let (cookie, token) = place.enter(json!({"token": "outboard_alice"})).await;
    let both = [("cookie", cookie.as_str()), ("x-outboard-console", token.as_str())];
    let look = |path: &'static str| place.get(path, &both);
    for what in ["executions", "execution?id=ex_1", "calls?id=ex_1", "call?id=ex_1&number=1", "events?id=ex_1"] {
        let path = format!("/console/api/look/{what}");
        assert_eq!(place.get(&path, &both).await.status(), StatusCode::OK, "{what}");
    }
    assert!(place.seen().iter().all(|seen| seen.ends_with(" of alice")), "the port is told whose they have to be");
    for what in ["approvals", "servers", "tools", "skills", "policy", "figures", "audit", "audit_check"] {
        let path = format!("/console/api/look/{what}");
        assert_eq!(place.get(&path, &both).await.status(), StatusCode::FORBIDDEN, "{what}");
    }
    let acts = [
        ("cancel", json!({"id": "ex_1"})),
        ("reveal", json!({"id": "ex_1", "part": "program", "reason": "because"})),
        ("answer", json!({"id": "ap_1", "approve": true})),
        ("restart", json!({"server": "crm"})),
    ];
    for (what, body) in acts {
        let refused = place.post(&format!("/console/api/act/{what}"), &both, &body).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{what}");
    }
    assert!(place.seen().is_empty(), "nothing of that reached the port");
    let session = place.get("/console/api/session", &[("cookie", &cookie)]).await;
    assert_eq!(crate::support::read(session).await["only"], "alice");
    place.port.revoked.store(true, std::sync::atomic::Ordering::Release);
    assert_eq!(look("/console/api/look/executions").await.status(), StatusCode::UNAUTHORIZED, "its token was revoked");
    place.port.revoked.store(false, std::sync::atomic::Ordering::Release);
    assert_eq!(look("/console/api/look/executions").await.status(), StatusCode::UNAUTHORIZED, "its session is over");
}
