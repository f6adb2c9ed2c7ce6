//! A sign-in as it should go.

use crate::support::*;
use outboard_auth::{ClientKey, ClientSettings, Grant, Reason, Revoked, Verdict};
use outboard_types::Redacted;
use rcgen::PublicKeyData;
use serde_json::json;
use url::Url;

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_person_signs_in_and_the_token_is_kept_sealed() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let ports = ports(&world, folder.path());
    let begun = sign_in(&ports, ClientSettings::default()).find().await.unwrap().begin(REDIRECT.into()).await.unwrap();
    let address = begun.address().clone();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "given"),
        ("redirect_uri", REDIRECT),
        ("code_challenge_method", "S256"),
        ("resource", SERVER),
        ("scope", "read"),
    ] {
        assert_eq!(query(&address, name).as_deref(), Some(value), "{name}");
    }
    let answer = format!("{REDIRECT}?code=c&state={}&iss={ISSUER}", begun.state());
    let account = begun.finish(&answer).await.unwrap();
    assert_eq!((account.issuer.as_str(), account.scopes.as_slice()), (ISSUER, ["read".to_owned()].as_slice()));
    let asked = &world.asked(TOKEN)[0];
    assert_eq!(asked.field("resource").as_deref(), Some(SERVER));
    assert_ne!(asked.field("code_verifier"), query(&address, "code_challenge"), "the verifier is not the challenge");
    assert_eq!(exposed(keeper(&ports, ClientSettings::default()).token().await.unwrap()).as_deref(), Some("access-1"));
    let file = std::fs::read_to_string(folder.path().join("accounts.sealed")).unwrap();
    assert!(!file.contains("access-1") && !format!("{account:?}").contains("access-1"));
}

#[tokio::test]
async fn the_name_that_was_given_is_used_again_for_the_same_address() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let ports = ports(&world, folder.path());
    for redirect in [REDIRECT, REDIRECT, "http://127.0.0.1:8888/callback"] {
        let found = sign_in(&ports, ClientSettings::default()).find().await.unwrap();
        found.begin(redirect.into()).await.unwrap();
    }
    let registrations = world.asked("https://as.example/register");
    assert_eq!(registrations.len(), 2, "one for each redirect address");
    assert!(registrations[0].body.contains("\"application_type\":\"native\""));
    let found = sign_in(&ports, ClientSettings::default()).find().await.unwrap();
    assert_eq!(found.known_port(), Some(8888));
}

#[tokio::test]
async fn documents_and_names_of_the_settings_come_before_registration() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    world.only(METADATA, 200, &with(server(), "client_id_metadata_document_supported", json!(true)));
    let ports = ports(&world, folder.path());
    let document = "https://outboard.example/client.json".to_owned();
    let settings = ClientSettings { client_metadata: Some(document.clone()), ..ClientSettings::default() };
    let begun = sign_in(&ports, settings.clone()).find().await.unwrap().begin(REDIRECT.into()).await.unwrap();
    assert_eq!(query(begun.address(), "client_id"), Some(document));
    let settings = ClientSettings { client_id: Some("mine".into()), ..settings };
    let begun = sign_in(&ports, settings).find().await.unwrap().begin(REDIRECT.into()).await.unwrap();
    assert_eq!(query(begun.address(), "client_id").as_deref(), Some("mine"));
    assert!(world.asked("https://as.example/register").is_empty());
}

#[tokio::test]
async fn a_server_without_metadata_of_its_own_is_its_own_issuer() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    world.only(SERVER, 401, &json!({}));
    world.only(RESOURCE, 404, &json!({}));
    let own = json!({
        "issuer": "https://mcp.example/",
        "authorization_endpoint": "https://mcp.example/authorize",
        "token_endpoint": "https://mcp.example/token",
        "code_challenge_methods_supported": ["S256"],
    });
    world.say("https://mcp.example/.well-known/openid-configuration", 200, &own);
    let found = sign_in(&ports(&world, folder.path()), ClientSettings::default()).find().await.unwrap();
    assert_eq!(found.issuer(), "https://mcp.example/");
    assert!(found.scopes().is_empty());
}

#[tokio::test]
async fn a_device_asks_until_the_person_agrees() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let code = json!({"device_code": "d", "user_code": "AB-CD", "verification_uri": "https://as.example/go", "expires_in": 600, "interval": 1});
    world.say("https://as.example/device", 200, &code);
    world.only(TOKEN, 400, &json!({"error": "authorization_pending"}));
    world.say(TOKEN, 200, &token("device-token", "r"));
    let ports = ports(&world, folder.path());
    let waiting = sign_in(&ports, ClientSettings::default()).find().await.unwrap().device().await.unwrap();
    assert_eq!((waiting.address.as_str(), waiting.user_code.as_str()), ("https://as.example/go", "AB-CD"));
    waiting.wait().await.unwrap();
    assert_eq!(world.asked(TOKEN).len(), 2);
    assert_eq!(
        exposed(keeper(&ports, ClientSettings::default()).token().await.unwrap()).as_deref(),
        Some("device-token")
    );
}

#[tokio::test]
async fn without_a_person_the_secret_gets_the_token() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let settings = ClientSettings {
        issuer: Some(ISSUER.into()),
        client_id: Some("robot".into()),
        client_secret: Some(Redacted::new("s3cret".into())),
        grant: Grant::ClientCredentials,
        ..ClientSettings::default()
    };
    let ports = ports(&world, folder.path());
    let keeper = keeper(&ports, settings);
    assert_eq!(keeper.token().await.unwrap(), None, "nobody was refused yet");
    assert_eq!(keeper.refused(None, 401, None).await, outboard_auth::Verdict::Again);
    assert_eq!(exposed(keeper.token().await.unwrap()).as_deref(), Some("access-1"));
    let asked = &world.asked(TOKEN)[0];
    assert_eq!(asked.field("grant_type").as_deref(), Some("client_credentials"));
    assert!(asked.authorization.as_deref().unwrap().starts_with("Basic ") && !asked.body.contains("s3cret"));
}

/// Settings with which Outboard signs in by itself, with the key in a file.
fn with_key(file: std::path::PathBuf) -> ClientSettings {
    ClientSettings {
        client_id: Some("robot".into()),
        client_key: Some(ClientKey { file, id: Some("key-1".into()) }),
        grant: Grant::ClientCredentials,
        ..ClientSettings::default()
    }
}

#[tokio::test]
async fn a_key_signs_what_is_for_this_issuer_alone_and_never_the_same_twice() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, pair.serialize_pem()).unwrap();
    let keeper = keeper(&ports(&world, folder.path()), with_key(file));
    for _ in 0..2 {
        assert_eq!(keeper.refused(keeper.token().await.unwrap().as_ref(), 401, None).await, Verdict::Again);
    }
    let asked = world.asked(TOKEN);
    let statement = |at: usize| asked[at].field("client_assertion").unwrap();
    assert_ne!(statement(0), statement(1));
    assert_eq!(asked[0].field("client_id").as_deref(), Some("robot"));
    assert!(asked[0].authorization.is_none() && asked[0].field("client_secret").is_none());
    let header = jsonwebtoken::decode_header(statement(0)).unwrap();
    assert_eq!((header.alg, header.kid.as_deref()), (jsonwebtoken::Algorithm::ES256, Some("key-1")));
    let key = jsonwebtoken::DecodingKey::from_ec_der(pair.der_bytes());
    let mut wanted = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    wanted.set_audience(&[ISSUER]);
    let read = jsonwebtoken::decode::<serde_json::Value>(statement(0), &key, &wanted).unwrap();
    assert_eq!((&read.claims["iss"], &read.claims["sub"]), (&json!("robot"), &json!("robot")));
    assert!(read.claims["exp"].as_u64().unwrap() - read.claims["iat"].as_u64().unwrap() <= 60);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_told_without_a_part_of_it() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let file = folder.path().join("key.pem");
    for text in [None, Some("not a key"), Some("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")] {
        text.iter().for_each(|text| std::fs::write(&file, text).unwrap());
        let keeper = keeper(&ports(&world, folder.path()), with_key(file.clone()));
        let Verdict::Refused(told) = keeper.refused(None, 401, None).await else { panic!("refused") };
        assert_eq!(told.reason, Reason::NoRegistration, "{told}");
        assert!(told.message.contains("key.pem") && !told.message.contains("c2VjcmV0"), "{told}");
    }
    assert!(world.asked(TOKEN).is_empty());
}

#[tokio::test]
async fn tokens_are_given_back_where_there_is_a_place_for_that() {
    const BACK: &str = "https://as.example/revoke";
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let ports = ports(&world, folder.path());
    signed_in(&ports).await;
    let account = ports.store.read().unwrap().find(&id()).unwrap().clone();
    let settings = ClientSettings::default();
    assert_eq!(account.revoke(&*world, &settings).await, Ok(Revoked::Nowhere));
    world.only(METADATA, 200, &with(server(), "revocation_endpoint", json!(BACK)));
    world.say(BACK, 200, &json!({}));
    assert_eq!(account.revoke(&*world, &settings).await, Ok(Revoked::Done));
    let told: Vec<_> = world.asked(BACK).iter().map(|asked| asked.field("token").unwrap()).collect();
    assert_eq!(told, ["refresh-1", "access-1"]);
    assert_eq!(world.asked(BACK)[0].field("client_id").as_deref(), Some("given"));
    world.only(BACK, 503, &json!({"error": "temporarily_unavailable"}));
    let error = account.revoke(&*world, &settings).await.unwrap_err();
    assert!(error.message.contains("HTTP 503") && !error.message.contains("refresh-1"), "{error}");
    world.only(METADATA, 200, &with(server(), "revocation_endpoint", json!("https://elsewhere.example/revoke")));
    assert_eq!(account.revoke(&*world, &settings).await.unwrap_err().reason, Reason::ForeignAddress);
    assert!(world.asked("https://elsewhere.example/revoke").is_empty(), "a stranger is told no token");
}
