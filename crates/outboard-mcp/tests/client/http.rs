//! Streamable HTTP in both eras.

use super::support::{Stage, call, client, eventually, name, python, script, with_transport};
use outboard_mcp::client::{Network, TransportSpec, Upstreams};
use outboard_types::{ErrorCode, Redacted};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(mode: &str) -> Self {
        Self::with(&[mode])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut command = Command::new(python());
        command.args(["-I", &script("fake_http.py")]).args(arguments);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, port: line.trim().parse().unwrap() }
    }

    fn stage(&self) -> Stage {
        let url = format!("http://127.0.0.1:{}/mcp", self.port);
        let headers = [("X-Token".to_owned(), Redacted::new("secret".to_owned()))].into();
        let specs = vec![with_transport("web", TransportSpec::Http { url, headers })];
        Stage::of(specs, tempfile::tempdir().unwrap())
    }

    fn log(&self) -> Vec<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(b"GET /log HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn methods(&self) -> Vec<String> {
        self.log().iter().map(|entry| entry["method"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn legacy_sessions_are_kept_renewed_and_ended() {
    for mode in ["json", "sse"] {
        let server = Server::start(mode);
        let stage = server.stage();
        stage.works("web").await;
        assert_eq!(stage.upstreams.listing(&name("web"), false).await.unwrap().title.as_deref(), Some("fake-http"));
        stage.call("web", "forget", json!({})).await.unwrap();
        stage.works("web").await;
        assert_eq!(server.methods().iter().filter(|method| *method == "initialize").count(), 2, "{mode}");
        let last = server.log().into_iter().rfind(|entry| entry["method"] == "tools/call").unwrap();
        assert_eq!(
            (last["mcp-protocol-version"].as_str(), last["x-token"].as_str()),
            (Some("2025-11-25"), Some("secret"))
        );
        stage.upstreams.shutdown().await;
        assert!(server.methods().contains(&"DELETE".into()));
    }
}

#[tokio::test]
async fn many_calls_renew_a_forgotten_session_once() {
    let server = Server::start("json");
    let stage = server.stage();
    stage.call("web", "forget", json!({})).await.unwrap();
    futures::future::join_all((0..8).map(|_| stage.works("web"))).await;
    assert_eq!(server.methods().iter().filter(|method| *method == "initialize").count(), 2);
}

#[tokio::test]
async fn modern_requests_carry_their_headers() {
    let server = Server::start("modern");
    let stage = server.stage();
    stage.works("web").await;
    assert_eq!(stage.state("web").era, Some("modern"));
    assert_eq!(server.methods(), ["server/discover", "tools/call"]);
    let error = stage.error("web", "break", json!({})).await;
    assert_eq!(error.code, ErrorCode::UpstreamProtocol);
    assert!(error.message.contains("HTTP 500"), "{}", error.message);
}

#[tokio::test]
async fn streams_bring_pings_and_changes() {
    let server = Server::start("sse");
    let stage = server.stage();
    let mut changes = stage.upstreams.changes();
    stage.works("web").await;
    eventually("the answer to the ping", || server.methods().contains(&"answer:{}".into())).await;
    stage.call("web", "change", json!({})).await.unwrap();
    let changed = tokio::time::timeout(Duration::from_secs(60), changes.recv()).await.unwrap().unwrap();
    assert_eq!(changed.as_str(), "web");
}

#[tokio::test]
async fn cancelled_calls_are_cancelled_at_a_legacy_server() {
    let server = Server::start("json");
    let stage = server.stage();
    stage.works("web").await;
    let hanging = call("web", "hang", json!({}));
    let limited = tokio::time::timeout(Duration::from_millis(200), stage.upstreams.call(&hanging)).await;
    assert!(limited.is_err());
    eventually("the cancellation", || server.methods().contains(&"notifications/cancelled".into())).await;
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let server = Server::start("auth");
    let error = server.stage().error("web", "echo", json!({})).await;
    assert_eq!(error.code, ErrorCode::UpstreamUnavailable);
    assert!(error.message.contains("Authorization"), "{}", error.message);
    assert_eq!(server.methods(), ["server/discover"], "no second attempt without authorization");
    let nowhere = TransportSpec::Http { url: "http://127.0.0.1:9/mcp?key=secret".into(), headers: Default::default() };
    let folder = tempfile::tempdir().unwrap();
    let upstreams = Upstreams::new(vec![with_transport("web", nowhere)], folder.path().into(), client());
    let error = upstreams.call(&call("web", "echo", json!({}))).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::UpstreamUnavailable, true));
    assert!(error.message.contains("refused") && !error.message.contains("secret"), "{}", error.message);
}

#[tokio::test]
async fn redirects_are_followed_within_one_origin() {
    let server = Server::start("redirect");
    server.stage().works("web").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_fetched_where_it_stopped() {
    let server = Server::start("resume");
    server.stage().works("web").await;
    let resumed = server.log().into_iter().filter(|entry| entry["last-event-id"] == "e1").count();
    assert_eq!(resumed, 1);
}

#[tokio::test]
async fn servers_of_the_oldest_kind_are_reached_over_their_stream() {
    let server = Server::start("older");
    let stage = server.stage();
    stage.works("web").await;
    assert_eq!(stage.state("web").protocol_version.as_deref(), Some("2024-11-05"));
    assert!(server.log().iter().all(|entry| entry["x-token"] == "secret"));
}

#[tokio::test]
async fn arguments_go_into_headers_where_a_modern_server_wants_them() {
    let server = Server::start("modern");
    let stage = server.stage();
    let listing = stage.upstreams.listing(&name("web"), false).await.unwrap();
    let listed: Vec<_> = listing.tools.iter().map(|tool| tool.get()).collect();
    assert!(listed.len() == 2 && !listed.iter().any(|tool| tool.contains("spoiled")), "{listed:?}");
    stage.call("web", "mirror", json!({"region": "eu-west"})).await.unwrap();
    let last = server.log().into_iter().rfind(|entry| entry["method"] == "tools/call").unwrap();
    assert_eq!(last["mcp-param-region"], "eu-west");
}

#[tokio::test]
async fn certificates_of_the_operator_are_trusted_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (both, ca) = (folder.path().join("both.pem"), folder.path().join("ca.pem"));
    std::fs::write(&both, made.signing_key.serialize_pem() + &made.cert.pem()).unwrap();
    std::fs::write(&ca, made.cert.pem()).unwrap();
    let server = Server::with(&["modern", &both.display().to_string()]);
    let reached = async |ca| {
        let url = format!("https://localhost:{}/mcp", server.port);
        let specs = vec![with_transport("web", TransportSpec::Http { url, headers: Default::default() })];
        let upstreams = Upstreams::over(specs, folder.path().join("cache"), client(), Network { ca });
        upstreams.call(&call("web", "echo", json!({}))).await.map(drop).map_err(|error| error.message)
    };
    assert_eq!(reached(Some(ca)).await, Ok(()));
    assert!(reached(None).await.unwrap_err().contains("certificate"));
    let told = reached(Some(folder.path().join("none.pem"))).await.unwrap_err();
    assert!(told.contains("network.ca") && told.contains("none.pem"), "{told}");
}
