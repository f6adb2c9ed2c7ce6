//! Access tokens that others issue: only those that are signed, for us and in time let somebody in.

use crate::support::{ISSUER, METADATA, World, server, with};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use outboard_auth::{Refused, Resource, ResourceSettings};
use rcgen::PublicKeyData;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const KEYS: &str = "https://as.example/keys";
const US: &str = "https://outboard.example/mcp";

struct Key {
    pair: rcgen::KeyPair,
    kid: &'static str,
}

impl Key {
    fn new(kid: &'static str) -> Self {
        Self { pair: rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap(), kid }
    }

    fn public(&self) -> Value {
        let point = self.pair.der_bytes();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": x, "y": y})
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.into()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &EncodingKey::from_ec_der(&self.pair.serialize_der())).unwrap()
    }
}

fn in_seconds(seconds: i64) -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + seconds
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": US, "sub": "alice", "exp": in_seconds(600), "scope": "tools other"})
}

fn resource(world: &Arc<World>) -> Resource {
    let settings = ResourceSettings {
        issuer: ISSUER.into(),
        audience: US.into(),
        claim: "sub".into(),
        scopes: vec!["tools".into()],
    };
    Resource::new(world.clone(), settings)
}

fn world(keys: &[&Key]) -> Arc<World> {
    let world = Arc::new(World::default());
    world.say(METADATA, 200, &with(server(), "jwks_uri", json!(KEYS)));
    publish(&world, keys);
    world
}

fn publish(world: &World, keys: &[&Key]) {
    let mut keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
    keys.push(json!({"kty": "of tomorrow"}));
    world.only(KEYS, 200, &json!({"keys": keys}));
}

#[tokio::test]
async fn who_is_named_by_a_good_token_is_let_in() {
    let key = Key::new("one");
    let world = world(&[&key]);
    let resource = resource(&world);
    for _ in 0..3 {
        assert_eq!(resource.principal(&key.sign(&claims())).await.unwrap().0.as_ref(), "alice");
    }
    assert_eq!(world.asked(KEYS).len(), 1, "keys are remembered");
}

#[tokio::test]
async fn everything_else_is_refused() {
    let (key, other) = (Key::new("one"), Key::new("one"));
    let resource = resource(&world(&[&key]));
    for (name, value) in [
        ("exp", json!(in_seconds(-120))),
        ("exp", json!(null)),
        ("nbf", json!(in_seconds(600))),
        ("aud", json!("https://other.example/mcp")),
        ("aud", json!(null)),
        ("iss", json!("https://evil.example")),
        ("iss", json!(null)),
        ("sub", json!("local")),
        ("sub", json!("http")),
        ("sub", json!("")),
        ("sub", json!(7)),
    ] {
        let token = key.sign(&with(claims(), name, value.clone()));
        assert!(matches!(resource.principal(&token).await, Err(Refused::Invalid(_))), "{name}: {value}");
    }
    let lacking = key.sign(&with(claims(), "scope", json!("other toolsmith")));
    assert_eq!(resource.principal(&lacking).await, Err(Refused::Scope(vec!["tools".into()])));
    assert!(resource.principal(&other.sign(&claims())).await.is_err(), "signed by somebody else under that name");
    let good = key.sign(&claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    assert!(resource.principal(&format!("{signed}.")).await.is_err(), "without its signature");
    for text in ["", "a.b.c", "....", &"a".repeat(20_000)] {
        assert!(resource.principal(text).await.is_err());
    }
}

#[tokio::test]
async fn algorithms_without_a_public_key_are_refused() {
    let key = Key::new("one");
    let resource = resource(&world(&[&key]));
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for alg in ["none", "None", "nOnE"] {
        let token = format!("{}.{}.", part(json!({"alg": alg, "kid": "one"})), part(claims()));
        assert!(matches!(resource.principal(&token).await, Err(Refused::Invalid(_))), "{alg}");
    }
    // The public key as a shared secret.
    let header = Header { kid: Some("one".into()), ..Header::new(Algorithm::HS256) };
    for secret in [key.public().to_string().into_bytes(), key.pair.der_bytes().to_vec()] {
        let token = encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
        assert!(matches!(resource.principal(&token).await, Err(Refused::Invalid(_))));
    }
}

#[tokio::test]
async fn nonsense_asks_for_no_new_keys() {
    let (known, unknown) = (Key::new("known"), Key::new("unknown"));
    let world = world(&[&known]);
    let resource = resource(&world);
    resource.principal(&known.sign(&claims())).await.unwrap();
    for _ in 0..20 {
        resource.principal(&unknown.sign(&claims())).await.unwrap_err();
    }
    assert_eq!(world.asked(KEYS).len(), 1, "not so soon again");
}

#[tokio::test]
async fn new_keys_are_found_and_an_issuer_that_is_down_locks_nobody_out() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let world = world(&[&old]);
    let resource = resource(&world).with_patience(Duration::ZERO, Duration::ZERO);
    resource.principal(&old.sign(&claims())).await.unwrap();
    publish(&world, &[&new]);
    resource.principal(&new.sign(&claims())).await.unwrap();
    assert!(resource.principal(&old.sign(&claims())).await.is_err(), "a key that was withdrawn is gone");
    world.only(METADATA, 503, &json!({}));
    resource.principal(&new.sign(&claims())).await.unwrap();
}

#[tokio::test]
async fn without_keys_nobody_is_let_in() {
    let key = Key::new("one");
    let world = Arc::new(World::default());
    assert_eq!(resource(&world).principal(&key.sign(&claims())).await, Err(Refused::Unavailable));
    world.say(METADATA, 200, &with(server(), "jwks_uri", json!("https://evil.example/keys")));
    assert_eq!(resource(&world).principal(&key.sign(&claims())).await, Err(Refused::Unavailable));
}
