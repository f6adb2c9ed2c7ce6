//! `fetch` against servers on loopback.

use crate::world::{World, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outboard_egress::{Decision, Way};
use outboard_types::ErrorCode;
use outboard_worker_protocol::FetchRequest;
use std::time::Duration;

fn get(url: &str) -> FetchRequest {
    FetchRequest { method: "GET".into(), url: url.into(), ..FetchRequest::default() }
}

fn text(body: &str) -> String {
    String::from_utf8(STANDARD.decode(body).unwrap()).unwrap()
}

#[tokio::test]
async fn a_server_with_a_good_certificate_answers() {
    let world = World::new();
    world.names.set("api.example.com", &[&["93.184.216.34"]]);
    let seen = world.server("93.184.216.34:443", true, |_| ok("hello")).await;
    let outlet = world.outlet(&["api.example.com"], &[]);
    let mut request = get("https://API.example.com/a/../b?x=1#y");
    request.method = "post".into();
    request.headers = vec![("X-Token".into(), "t".into()), ("Host".into(), "127.0.0.1".into())];
    request.body = Some(STANDARD.encode("body"));
    let response = outlet.fetch(request).await.unwrap();
    assert_eq!((response.status, response.status_text.as_str(), text(&response.body).as_str()), (200, "OK", "hello"));
    assert_eq!(response.url, "https://api.example.com/b?x=1");
    let seen = seen.lock().unwrap().join("");
    assert!(seen.starts_with("POST /b?x=1 HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nbody"), "{seen}");
    assert!(
        seen.contains("host: api.example.com\r\n") && seen.contains("x-token: t\r\n") && !seen.contains("127.0.0.1"),
        "{seen}"
    );
    let record = world.record();
    assert_eq!(
        (record.way, record.method.as_str(), record.host.as_str(), record.port),
        (Way::Fetch, "POST", "api.example.com", 443)
    );
    assert_eq!((record.decision, record.status, record.error), (Decision::Allowed, Some(200), None));
    assert_eq!(record.address.unwrap().to_string(), "93.184.216.34:443");
    assert!(record.up > 300 && record.down > 500, "TLS is counted: {} up, {} down", record.up, record.down);
}

#[tokio::test]
async fn a_server_with_a_wrong_certificate_does_not() {
    let world = World::new();
    world.names.set("wrong.example", &[&["93.184.216.34"]]);
    let seen = world.server("93.184.216.34:443", true, |_| ok("hello")).await;
    let error = world.outlet(&["wrong.example"], &[]).fetch(get("https://wrong.example/")).await.unwrap_err();
    assert!(error.code == ErrorCode::UpstreamUnavailable && error.message.contains("certificate"), "{error}");
    assert!(seen.lock().unwrap().is_empty());
    assert!(world.record().error.unwrap().contains("certificate"));
}

#[tokio::test]
async fn private_addresses_are_granted_one_by_one() {
    let world = World::new();
    world.names.set("inner.example", &[&["10.0.0.5"]]);
    world.server("10.0.0.5:8080", false, |_| ok("inside")).await;
    let outlet = world.outlet(&["inner.example:8080", "inner.example:9090"], &["10.0.0.5:8080"]);
    for url in ["http://inner.example:8080/", "http://10.0.0.5:8080/", "http://0xa.5:8080/"] {
        assert_eq!(text(&outlet.fetch(get(url)).await.unwrap().body), "inside", "{url}");
    }
    let error = outlet.fetch(get("http://inner.example:9090/")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NetworkDenied);
    assert!(error.message.ends_with("[sandbox.network] allow_private = [\"10.0.0.5:9090\"]"), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_as_programs_expect() {
    let world = World::new();
    world.names.set("a.example", &[&["93.184.216.34"]]);
    world.names.set("b.example", &[&["93.184.216.35"]]);
    world
        .server("93.184.216.34:80", false, |_| {
            "HTTP/1.1 303 See Other\r\nLocation: http://b.example/end\r\nContent-Length: 0\r\n\r\n".into()
        })
        .await;
    let seen = world.server("93.184.216.35:80", false, |_| ok("end")).await;
    let outlet = world.outlet(&["a.example:80", "b.example:80"], &[]);
    let mut request = get("http://a.example/start");
    request.method = "POST".into();
    request.body = Some(STANDARD.encode("secret body"));
    request.headers = vec![("Authorization".into(), "Bearer x".into()), ("Content-Type".into(), "text/plain".into())];
    let response = outlet.fetch(request.clone()).await.unwrap();
    assert_eq!((response.url.as_str(), response.redirected), ("http://b.example/end", true));
    let end = seen.lock().unwrap().join("");
    assert!(
        end.starts_with("GET /end ")
            && !end.contains("Bearer")
            && !end.contains("secret")
            && !end.contains("content-type"),
        "{end}"
    );
    assert_eq!(world.recorded(2).await.len(), 2, "each step is a record");
    request.redirect = "manual".into();
    assert_eq!(outlet.fetch(request.clone()).await.unwrap().status, 303);
    request.redirect = "error".into();
    assert!(outlet.fetch(request).await.unwrap_err().message.contains("redirects"));
}

#[tokio::test]
async fn limits_end_what_does_not() {
    let mut world = World::new();
    world.limits.body_bytes = 1 << 20;
    world.limits.idle_time = Duration::from_millis(300);
    world.limits.redirects = 3;
    world.names.set("a.example", &[&["93.184.216.34"]]);
    world
        .server("93.184.216.34:80", false, |head| match head.split(' ').nth(1).unwrap() {
            "/large" => ok(&"a".repeat(2 << 20)),
            "/round" => "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n".into(),
            "/headers" => format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: a\r\n".repeat(5000)),
            "/short" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".into(),
            _ => "no HTTP at all".into(),
        })
        .await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let local = format!("{}", silent.local_addr().unwrap());
    let outlet = world.outlet(&["a.example:80"], &[]);
    for (path, code) in [
        ("large", ErrorCode::LimitExceeded),
        ("round", ErrorCode::LimitExceeded),
        ("headers", ErrorCode::UpstreamLost),
        ("short", ErrorCode::UpstreamLost),
        ("noise", ErrorCode::UpstreamLost),
    ] {
        let error = outlet.fetch(get(&format!("http://a.example/{path}"))).await.unwrap_err();
        assert_eq!(error.code, code, "{path}: {error}");
    }
    let options = outboard_egress::Options {
        allow_private: vec![local.clone()],
        limits: world.limits.clone(),
        ..Default::default()
    };
    let outlet = outboard_egress::Egress::new(options).unwrap().outlet(world.records.clone());
    let error = outlet.fetch(get(&format!("http://{local}/"))).await.unwrap_err();
    assert!(error.code == ErrorCode::Timeout && error.message.contains("silent"), "{error}");
}

/// Large answers wait for each other; small ones and waiting harm nobody, however long it takes.
#[tokio::test]
async fn large_answers_take_turns_and_all_of_them_come() {
    let mut world = World::new();
    world.limits.body_bytes = 1 << 20;
    world.limits.held_bytes = 2 << 20;
    world.limits.idle_time = Duration::from_millis(1_500);
    world.limits.fetch_time = Duration::from_secs(3);
    world.bandwidth = Some(2 << 20);
    world.names.set("a.example", &[&["93.184.216.34"]]);
    world
        .server("93.184.216.34:80", false, |head| match head.split(' ').nth(1).unwrap() {
            "/small" => ok("small"),
            _ => ok(&"a".repeat(900 << 10)),
        })
        .await;
    let outlet = world.outlet(&["a.example:80"], &[]);
    let fetched = (0..16).map(|number| {
        let (outlet, size) = (outlet.clone(), if number < 8 { "large" } else { "small" });
        tokio::spawn(async move { outlet.fetch(get(&format!("http://a.example/{size}"))).await })
    });
    let mut sizes = Vec::new();
    for one in fetched.collect::<Vec<_>>() {
        sizes.push(text(&one.await.unwrap().unwrap().body).len());
    }
    assert_eq!(sizes, [[900 << 10; 8], [5; 8]].concat());
}

#[tokio::test]
async fn requests_are_counted_refused_ones_too() {
    let mut world = World::new();
    world.limits.requests = 3;
    let outlet = world.outlet(&["a.example:80"], &[]);
    for _ in 0..3 {
        assert_eq!(outlet.fetch(get("http://evil.example/")).await.unwrap_err().code, ErrorCode::NetworkDenied);
    }
    let error = outlet.fetch(get("http://evil.example/")).await.unwrap_err();
    assert!(error.code == ErrorCode::LimitExceeded && error.message.contains("the 3 requests"), "{error}");
    assert_eq!(world.recorded(3).await.len(), 3, "what is beyond the limit is no record");
}

#[tokio::test]
async fn the_total_of_an_execution_ends() {
    let mut world = World::new();
    world.limits.total_bytes = 300_000;
    world.names.set("a.example", &[&["93.184.216.34"]]);
    world.server("93.184.216.34:80", false, |_| ok(&"a".repeat(200_000))).await;
    let outlet = world.outlet(&["a.example:80"], &[]);
    assert!(outlet.fetch(get("http://a.example/")).await.is_ok());
    for _ in 0..2 {
        let error = outlet.fetch(get("http://a.example/")).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::LimitExceeded, "{error}");
    }
    assert_eq!(world.dials().len(), 2, "after that no connection is made");
    let other = world.outlet(&["a.example:80"], &[]);
    assert!(other.fetch(get("http://a.example/")).await.is_ok(), "another execution has its own");
}
