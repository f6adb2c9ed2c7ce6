//! What servers may say to lead a sign-in astray: each is refused, with its own word.

use crate::support::*;
use outboard_auth::{AuthError, ClientSettings, Http, Method, Reason, Request, Web};
use outboard_types::Redacted;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// How far a sign-in comes, up to where the person would go.
async fn outcome(world: &Arc<World>, settings: ClientSettings) -> Result<(), AuthError> {
    let folder = tempfile::tempdir().unwrap();
    let ports = ports(world, folder.path());
    sign_in(&ports, settings).find().await?.begin(REDIRECT.into()).await.map(drop)
}

async fn refused(change: impl FnOnce(&World)) -> Option<Reason> {
    let world = World::standard();
    change(&world);
    let told = outcome(&world, ClientSettings::default()).await.err();
    assert!(world.asked(TOKEN).is_empty(), "no secret goes anywhere");
    told.map(|error| error.reason)
}

#[tokio::test]
async fn metadata_of_resources_that_do_not_fit_are_refused() {
    assert_eq!(refused(|_| {}).await, None, "the standard world is fine");
    let resource_with =
        |key: &'static str, value: Value| move |world: &World| world.only(RESOURCE, 200, &with(resource(), key, value));
    for other in ["https://evil.example/mcp", "https://mcp.example/mcp/other", "nonsense"] {
        assert_eq!(refused(resource_with("resource", json!(other))).await, Some(Reason::ResourceMismatch), "{other}");
    }
    assert_eq!(refused(resource_with("authorization_servers", json!([]))).await, Some(Reason::BadMetadata));
    for (issuer, reason) in [
        ("http://as.example", Reason::InsecureAddress),
        ("https://10.1.2.3", Reason::PrivateAddress),
        ("https://169.254.169.254", Reason::PrivateAddress),
        ("https://localhost", Reason::PrivateAddress),
        ("https://missing.example", Reason::BadMetadata),
    ] {
        assert_eq!(refused(resource_with("authorization_servers", json!([issuer]))).await, Some(reason), "{issuer}");
    }
    assert_eq!(refused(|world| world.only(RESOURCE, 200, &json!("text"))).await, Some(Reason::BadMetadata));
    assert_eq!(refused(|world| world.only(RESOURCE, 302, &json!({}))).await, Some(Reason::Redirected));
}

#[tokio::test]
async fn challenges_that_lead_elsewhere_are_refused() {
    for (place, reason) in [
        ("https://evil.example/prm", Reason::ForeignAddress),
        ("http://mcp.example/prm", Reason::InsecureAddress),
        ("https://192.168.0.1/prm", Reason::PrivateAddress),
        ("javascript:alert(1)", Reason::InsecureAddress),
    ] {
        let world = World::default();
        let challenge = format!("Bearer resource_metadata=\"{place}\"");
        world.reply(
            SERVER,
            outboard_auth::Reply { status: 401, challenges: vec![challenge], ..outboard_auth::Reply::default() },
        );
        let told = outcome(&Arc::new(world), ClientSettings::default()).await.unwrap_err();
        assert_eq!(told.reason, reason, "{place}");
    }
}

#[tokio::test]
async fn authorization_servers_that_do_not_fit_are_refused() {
    let server_with =
        |key: &'static str, value: Value| move |world: &World| world.only(METADATA, 200, &with(server(), key, value));
    for (key, value, reason) in [
        ("issuer", json!("https://evil.example"), Reason::IssuerMismatch),
        ("issuer", json!("https://as.example/tenant"), Reason::IssuerMismatch),
        ("code_challenge_methods_supported", json!(["plain"]), Reason::NoPkce),
        ("code_challenge_methods_supported", json!([]), Reason::NoPkce),
        ("authorization_endpoint", json!("javascript:alert(document.domain)"), Reason::InsecureAddress),
        ("authorization_endpoint", json!("https://evil.example/authorize"), Reason::ForeignAddress),
        ("token_endpoint", json!("http://as.example/token"), Reason::InsecureAddress),
        ("token_endpoint", json!("https://127.0.0.1/token"), Reason::PrivateAddress),
        ("token_endpoint", json!("https://evil.example/token"), Reason::ForeignAddress),
        ("registration_endpoint", json!("https://metadata.google.internal/"), Reason::ForeignAddress),
        ("registration_endpoint", json!(null), Reason::NoRegistration),
    ] {
        assert_eq!(refused(server_with(key, value.clone())).await, Some(reason), "{key}: {value}");
    }
    let world = World::standard();
    world.only(METADATA, 200, &with(server(), "token_endpoint", json!("https://tokens.example/token")));
    let settings = ClientSettings { hosts: vec!["tokens.example".into()], ..ClientSettings::default() };
    assert!(outcome(&world, settings).await.is_ok(), "an operator may name a host");
}

#[tokio::test]
async fn a_secret_goes_to_the_issuer_of_the_settings_alone() {
    let settings = ClientSettings {
        client_id: Some("mine".into()),
        client_secret: Some(Redacted::new("s3cret".into())),
        ..ClientSettings::default()
    };
    let told = outcome(&World::standard(), settings.clone()).await.unwrap_err();
    assert_eq!(told.reason, Reason::IssuerMismatch);
    let elsewhere = ClientSettings { issuer: Some("https://as2.example".into()), ..settings };
    assert_eq!(outcome(&World::standard(), elsewhere).await.unwrap_err().reason, Reason::IssuerMismatch);
}

#[tokio::test]
async fn answers_of_others_are_refused() {
    let answer = |text: &'static str| async move {
        let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
        let ports = ports(&world, folder.path());
        let begun =
            sign_in(&ports, ClientSettings::default()).find().await.unwrap().begin(REDIRECT.into()).await.unwrap();
        let text = text.replace("STATE", begun.state());
        let told = begun.finish(&text).await.unwrap_err();
        assert!(world.asked(TOKEN).is_empty());
        told.reason
    };
    for (text, reason) in [
        ("?code=c&state=other&iss=https://as.example", Reason::StateMismatch),
        ("?code=c&state=STATE&state=STATE&iss=https://as.example", Reason::StateMismatch),
        ("", Reason::StateMismatch),
        ("?code=c&state=STATE", Reason::MixUp),
        ("?code=c&state=STATE&iss=https://as.example/", Reason::MixUp),
        ("?code=c&state=STATE&iss=https://evil.example", Reason::MixUp),
        ("?error=access_denied&state=STATE&iss=https://as.example", Reason::Denied),
        ("?state=STATE&iss=https://as.example", Reason::Denied),
    ] {
        assert_eq!(answer(text).await, reason, "{text}");
    }
}

/// A server of this machine that gives one answer to whoever comes.
fn local(answer: impl Fn(&mut std::net::TcpStream) + Send + 'static) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes);
            answer(&mut stream);
        }
    });
    format!("http://localhost:{port}/x").parse().unwrap()
}

fn get(url: url::Url, private: bool) -> Request {
    Request { url, method: Method::Get, authorization: None, proof: None, private }
}

#[tokio::test]
async fn the_network_is_bounded_and_stays_public() {
    let web = Web::new(None);
    let huge = local(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b'a'; 65_536]).is_ok() {}
    });
    let told = web.send(get(huge.clone(), true)).await.unwrap_err();
    assert_eq!(told.reason, Reason::Excessive);
    let told = web.send(get(huge, false)).await.unwrap_err();
    assert_eq!(told.reason, Reason::PrivateAddress, "the name leads to this machine: {told}");
    let moved = local(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    assert_eq!(web.send(get(moved, true)).await.unwrap().status, 307, "a redirect is an answer");
}

#[test]
fn every_reason_is_documented() {
    let page = include_str!("../../../docs/sign-in.md");
    for reason in Reason::ALL {
        assert!(page.contains(&format!("| `{reason}` |")), "{reason} is not in docs/sign-in.md");
    }
}
