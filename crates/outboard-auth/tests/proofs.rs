//! Tokens that are bound to a key, and when they are asked for.

use super::support::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outboard_auth::{Challenge, ClientSettings, Exchange, Grant, Reply, Statement, Verdict};
use outboard_types::Redacted;
use serde_json::{Value, json};
use std::sync::Arc;

/// A network in which tokens are bound to keys.
fn bound() -> Arc<World> {
    let world = World::standard();
    world.only(RESOURCE, 200, &with(resource(), "dpop_bound_access_tokens_required", json!(true)));
    world.only(METADATA, 200, &with(server(), "dpop_signing_alg_values_supported", json!(["RS256", "ES256"])));
    world.only(TOKEN, 200, &with(token("access-1", "refresh-1"), "token_type", json!("DPoP")));
    world
}

fn claims(proof: &str) -> Value {
    let part = proof.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn both_servers_may_want_a_nonce() {
    let (world, folder) = (bound(), tempfile::tempdir().unwrap());
    let body = json!({"error": "use_dpop_nonce"}).to_string().into_bytes();
    world.first(TOKEN, Reply { status: 400, nonce: Some("n-1".into()), body, ..Reply::default() });
    let ports = ports(&world, folder.path());
    signed_in(&ports).await;
    let asked = world.asked(TOKEN);
    let said: Vec<Value> = asked.iter().map(|asked| claims(asked.proof.as_deref().unwrap())).collect();
    assert_eq!((said.len(), &said[0]["nonce"], &said[1]["nonce"]), (2, &Value::Null, &json!("n-1")));
    assert_eq!((&said[1]["htm"], &said[1]["htu"]), (&json!("POST"), &json!(TOKEN)));

    let keeper = keeper(&ports, ClientSettings::default());
    let sent = keeper.token().await.unwrap().unwrap();
    let url = format!("{SERVER}?page=2").parse().unwrap();
    let proof = |keeper: &outboard_auth::Keeper| claims(&keeper.proof(&sent, "POST", &url).unwrap().unwrap());
    assert_eq!((&proof(&keeper)["htu"], &proof(&keeper)["nonce"]), (&json!(SERVER), &Value::Null));
    let challenge = Challenge::read(["DPoP error=\"use_dpop_nonce\""]).unwrap();
    keeper.heard("n 2");
    assert!(
        matches!(keeper.refused(Some(&sent), 401, Some(&challenge)).await, Verdict::Again),
        "renewed: no nonce came"
    );
    keeper.heard("n-2");
    let sent = keeper.token().await.unwrap().unwrap();
    assert_eq!(keeper.refused(Some(&sent), 401, Some(&challenge)).await, Verdict::Again);
    assert_eq!(claims(&keeper.proof(&sent, "POST", &url).unwrap().unwrap())["nonce"], "n-2");
    assert_eq!(keeper.proof(&Redacted::new("another".into()), "POST", &url).unwrap(), None, "no key belongs to it");
    let sealed = std::fs::read_to_string(folder.path().join("accounts.sealed")).unwrap();
    assert!(!sealed.contains("proof"), "sealed beside the tokens");
}

#[tokio::test]
async fn a_renewed_token_is_bound_to_the_same_key() {
    let (world, folder) = (bound(), tempfile::tempdir().unwrap());
    let ports = ports(&world, folder.path());
    signed_in(&ports).await;
    world.only(TOKEN, 200, &with(token("access-2", "refresh-2"), "token_type", json!("DPoP")));
    let keeper = keeper(&ports, ClientSettings::default());
    let sent = keeper.token().await.unwrap();
    assert_eq!(keeper.refused(sent.as_ref(), 401, None).await, Verdict::Again);
    let key = |proof: &str| jsonwebtoken::decode_header(proof).unwrap().jwk.unwrap();
    let asked = world.asked(TOKEN);
    assert_eq!(asked.len(), 2);
    assert_eq!(key(asked[0].proof.as_ref().unwrap()), key(asked[1].proof.as_ref().unwrap()));
    let token = keeper.token().await.unwrap().unwrap();
    assert_eq!(token.expose(), "access-2");
    let proof = keeper.proof(&token, "POST", &SERVER.parse().unwrap()).unwrap().unwrap();
    assert_eq!(key(&proof), key(asked[0].proof.as_ref().unwrap()));
}

/// An authorization server that could bind tokens says nothing of the server that is going to see them.
#[tokio::test]
async fn nothing_is_proven_where_the_server_takes_bearer_tokens_alone() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    world.only(METADATA, 200, &with(server(), "dpop_signing_alg_values_supported", json!(["ES256"])));
    let ports = ports(&world, folder.path());
    signed_in(&ports).await;
    assert_eq!(world.asked(TOKEN)[0].proof, None);
    let keeper = keeper(&ports, ClientSettings::default());
    let token = keeper.token().await.unwrap().unwrap();
    assert_eq!(keeper.proof(&token, "POST", &SERVER.parse().unwrap()).unwrap(), None);
}

#[tokio::test]
async fn an_id_token_is_exchanged_for_this_server_alone() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let file = folder.path().join("id.jwt");
    std::fs::write(&file, "i.d.t").unwrap();
    let company = "https://idp.example";
    let metadata = json!({"issuer": company, "token_endpoint": "https://idp.example/token"});
    world.say("https://idp.example/.well-known/openid-configuration", 200, &metadata);
    let kind = "urn:ietf:params:oauth:token-type:id-jag";
    let exchanged = json!({"access_token": "j.a.g", "issued_token_type": kind, "token_type": "N_A"});
    world.say("https://idp.example/token", 200, &exchanged);
    world.only(TOKEN, 200, &json!({"access_token": "access-1", "token_type": "Bearer"}));
    let client_secret = Some(Redacted::new("s3cret".into()));
    let exchange = Exchange { issuer: company.into(), client_id: "us".into(), client_secret };
    let settings = ClientSettings {
        client_id: Some("robot".into()),
        grant: Grant::Statement(Statement { file, exchange: Some(exchange) }),
        ..ClientSettings::default()
    };
    let keeper = keeper(&ports(&world, folder.path()), settings);
    assert_eq!(keeper.refused(None, 401, None).await, Verdict::Again);
    let asked = &world.asked("https://idp.example/token")[0];
    let field = |name: &str| asked.field(name).unwrap_or_default();
    assert_eq!((field("subject_token"), field("requested_token_type")), ("i.d.t".into(), kind.into()));
    assert_eq!((field("audience"), field("resource")), (ISSUER.into(), SERVER.into()));
    assert!(asked.authorization.as_deref().unwrap().starts_with("Basic ") && !asked.body.contains("s3cret"));
    let granted = &world.asked(TOKEN)[0];
    assert_eq!(granted.field("assertion").as_deref(), Some("j.a.g"));
    assert_eq!((granted.field("client_id").as_deref(), granted.authorization.as_deref()), (Some("robot"), None));
    assert_eq!(exposed(keeper.token().await.unwrap()).as_deref(), Some("access-1"));

    world.only("https://idp.example/token", 200, &json!({"access_token": "x", "issued_token_type": "other"}));
    let Verdict::Refused(told) = keeper.refused(keeper.token().await.unwrap().as_ref(), 401, None).await else {
        panic!("refused")
    };
    assert!(told.message.contains("identity provider"), "{told}");
}
