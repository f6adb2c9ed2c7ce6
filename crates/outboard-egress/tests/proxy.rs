//! The proxy, spoken to byte by byte.

use crate::world::{World, listen, ok, say};
use outboard_egress::{Decision, Way};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, pki_types::ServerName};

async fn tunnel(proxy: SocketAddr, to: &str) -> (TcpStream, String) {
    let mut client = TcpStream::connect(proxy).await.unwrap();
    client.write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") && client.read_buf(&mut answer).await.unwrap() > 0 {}
    (client, String::from_utf8(answer).unwrap())
}

fn connector(world: &World) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(world.trust.root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

async fn secure_world() -> World {
    let world = World::new();
    world.names.set("api.example.com", &[&["93.184.216.34"]]);
    world.server("93.184.216.34:443", true, |_| ok("secured")).await;
    world
}

#[tokio::test]
async fn a_tunnel_carries_tls_to_its_host() {
    let world = secure_world().await;
    let proxy = listen(&world.outlet(&["api.example.com"], &[]));
    let (client, answer) = tunnel(proxy, "api.example.com:443").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let name = ServerName::try_from("api.example.com").unwrap();
    let mut stream = connector(&world).connect(name, client).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("secured"), "{text}");
    drop(stream);
    let record = world.recorded(1).await.remove(0);
    assert_eq!((record.way, record.method.as_str(), record.status), (Way::Tunnel, "CONNECT", Some(200)));
    assert!(record.decision == Decision::Allowed && record.up > 200 && record.down > 500, "{record:?}");
}

#[tokio::test]
async fn a_tunnel_may_be_closed_on_one_side() {
    let world = secure_world().await;
    let proxy = listen(&world.outlet(&["api.example.com"], &[]));
    let (client, _) = tunnel(proxy, "api.example.com:443").await;
    let mut stream = connector(&world).connect(ServerName::try_from("api.example.com").unwrap(), client).await.unwrap();
    // The server answers an unfinished request only once our side is closed.
    stream.write_all(b"POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("secured"), "{text}");
}

#[tokio::test]
async fn a_tunnel_for_one_host_is_none_for_another() {
    let world = secure_world().await;
    let proxy = listen(&world.outlet(&["api.example.com", "93.184.216.34:443"], &[]));
    let (client, answer) = tunnel(proxy, "api.example.com:443").await;
    assert!(answer.starts_with("HTTP/1.1 200 "));
    let other = connector(&world).connect(ServerName::try_from("other.example").unwrap(), client).await;
    assert!(other.is_err(), "TLS names another host");
    let record = world.recorded(1).await.remove(0);
    assert!(matches!(&record.decision, Decision::Denied(why) if why.contains("other.example")), "{record:?}");
    assert_eq!((record.up, record.down), (0, 0), "not one byte went out");
    for first in [
        &b"SSH-2.0-x\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[22, 3, 1, 0xff, 0xff, 1, 0, 0xff],
        &[0; 4000],
        &[22, 3, 1, 0, 4, 1, 0, 0, 0],
    ] {
        let (mut client, _) = tunnel(proxy, "api.example.com:443").await;
        client.write_all(first).await.unwrap();
        client.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "{first:?}");
    }
    let records = world.recorded(6).await;
    assert!(records.iter().all(|record| record.up == 0), "{records:?}");
    let (client, _) = tunnel(proxy, "93.184.216.34:443").await;
    let named = connector(&world).connect(ServerName::try_from("api.example.com").unwrap(), client).await;
    assert!(named.is_err(), "an address was granted, not a name on it");
}

#[tokio::test]
async fn a_denial_is_at_once_and_says_how_to_grant() {
    let world = World::new();
    let proxy = listen(&world.outlet(&["api.example.com"], &[]));
    let grant = "[sandbox.network] allow = [\"evil.example:443\"]";
    let answer = say(proxy, b"CONNECT Evil.example:443 HTTP/1.1\r\n\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 403 evil.example:443 is not granted")
            && head.lines().next().unwrap().ends_with(grant),
        "{head}"
    );
    assert!(body.contains(grant), "{body}");
    let record = world.recorded(1).await.remove(0);
    assert!(
        matches!(record.decision, Decision::Denied(_)) && record.host == "evil.example" && record.address.is_none()
    );
    let answer = say(proxy, b"POST http://evil.example/ HTTP/1.1\r\nContent-Length: 100000\r\n\r\nabc").await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn a_plain_request_is_framed_anew() {
    let world = World::new();
    world.names.set("web.example", &[&["93.184.216.35"]]);
    let seen = world
        .server("93.184.216.35:8080", false, |_| {
            "HTTP/1.1 201 Created\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".into()
        })
        .await;
    let proxy = listen(&world.outlet(&["web.example:8080"], &[]));
    let request = "POST http://WEB.example:8080/p?q HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: X-Own, content-length\r\nX-Own: 1\r\n\
        Proxy-Authorization: Basic x\r\nX-Kept: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwxyz\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n";
    let answer = say(proxy, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n") && answer.contains("x-end: 2"), "{answer}");
    assert!(answer.contains("abc") && !answer.contains("x-hop"), "{answer}");
    let seen = seen.lock().unwrap().join("|");
    assert!(
        seen.starts_with("POST /p?q HTTP/1.1\r\n")
            && seen.contains("host: web.example:8080\r\n")
            && seen.contains("x-kept: 1"),
        "{seen}"
    );
    for gone in ["127.0.0.1", "x-own", "proxy-authorization", "smuggled"] {
        assert!(!seen.contains(gone), "{gone} in {seen}");
    }
    let record = world.recorded(1).await.remove(0);
    assert_eq!(
        (record.way, record.status, record.host.as_str(), record.port),
        (Way::Proxy, Some(201), "web.example", 8080)
    );
}

#[tokio::test]
async fn a_closed_half_and_a_dead_server_are_answered() {
    let world = World::new();
    world.names.set("web.example", &[&["93.184.216.35"]]);
    world.names.set("dead.example", &[&["93.184.216.99"]]);
    world
        .server(
            "93.184.216.35:80",
            false,
            |head| if head.contains("/noise") { "noise\r\n\r\n".into() } else { ok("plain") },
        )
        .await;
    let proxy = listen(&world.outlet(&["web.example:80", "dead.example:80", "dead.example:443"], &[]));
    let mut client = TcpStream::connect(proxy).await.unwrap();
    client.write_all(b"GET http://web.example/ HTTP/1.1\r\n\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("plain"), "{text}");
    for head in ["GET http://dead.example/", "CONNECT dead.example:443", "GET http://web.example/noise"] {
        let answer = say(proxy, format!("{head} HTTP/1.1\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{head}: {answer}");
    }
    let records = world.recorded(4).await;
    assert!(records.iter().filter(|record| record.error.is_some()).count() == 3, "{records:?}");
}

#[tokio::test]
async fn slow_and_many_clients_hold_up_themselves_only() {
    let mut world = World::new();
    world.limits.head_time = Duration::from_millis(300);
    world.limits.connections = 4;
    world.names.set("web.example", &[&["93.184.216.35"]]);
    world.server("93.184.216.35:80", false, |_| ok("plain")).await;
    let outlet = world.outlet(&["web.example:80"], &[]);
    let proxy = listen(&outlet);
    let mut slow = Vec::new();
    for _ in 0..12 {
        let mut client = TcpStream::connect(proxy).await.unwrap();
        client.write_all(b"GET http://web.example/ HTTP/1.1\r\nX: ").await.unwrap();
        slow.push(client);
    }
    let answer = say(proxy, b"GET http://web.example/ HTTP/1.1\r\n\r\n").await;
    assert!(answer.ends_with("plain"), "it waited for its turn: {answer}");
    for mut client in slow {
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    }
}

#[tokio::test]
async fn everything_ends_with_its_execution() {
    let world = secure_world().await;
    let outlet = world.outlet(&["api.example.com"], &[]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = listener.local_addr().unwrap();
    let own = outlet.clone();
    let served = tokio::spawn(async move { own.serve(listener).await });
    let (mut client, answer) = tunnel(proxy, "api.example.com:443").await;
    assert!(answer.starts_with("HTTP/1.1 200 "));
    served.abort();
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest).await;
    assert!(rest.is_empty() && world.recorded(1).await.len() == 1, "the connection is closed and recorded");
}
