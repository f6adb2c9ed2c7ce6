//! Tokens over time: renewed by one, kept before they are used, and given up when they are over.

use crate::support::*;
use outboard_auth::{AccountId, Challenge, ClientSettings, Keeper, Reason, Standing, Verdict};
use outboard_types::ErrorCode;
use serde_json::json;
use std::sync::Arc;

/// Signed in, with a token that is over in a moment.
async fn soon_over() -> (Arc<World>, tempfile::TempDir) {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let mut first = token("access-1", "refresh-1");
    first["expires_in"] = json!(5);
    world.only(TOKEN, 200, &first);
    signed_in(&ports(&world, folder.path())).await;
    world.only(TOKEN, 200, &token("access-2", "refresh-2"));
    (world, folder)
}

fn refreshes(world: &World) -> Vec<Option<String>> {
    let all = world.asked(TOKEN);
    all.iter()
        .filter(|asked| asked.field("refresh_token").is_some())
        .map(|asked| asked.field("refresh_token"))
        .collect()
}

#[tokio::test]
async fn many_callers_of_several_programs_renew_once() {
    let (world, folder) = soon_over().await;
    let programs: Vec<_> =
        (0..2).map(|_| Arc::new(keeper(&ports(&world, folder.path()), ClientSettings::default()))).collect();
    let calls = (0..16).map(|at| {
        let keeper = programs[at % 2].clone();
        tokio::spawn(async move { exposed(keeper.token().await.unwrap()) })
    });
    for call in futures::future::join_all(calls).await {
        assert_eq!(call.unwrap().as_deref(), Some("access-2"));
    }
    assert_eq!(refreshes(&world), [Some("refresh-1".to_owned())]);
}

#[tokio::test]
async fn what_a_renewal_brings_is_kept_before_it_is_used() {
    let (world, folder) = soon_over().await;
    let first = ports(&world, folder.path());
    let file = folder.path().join("accounts.sealed");
    let held = keeper(&first, ClientSettings::default());
    assert_eq!(held.standing(), Standing::SignedIn);
    // The file cannot be replaced: its folder is another file's.
    let before = std::fs::read(&file).unwrap();
    std::fs::create_dir(folder.path().join("accounts.part")).unwrap();
    assert_eq!(held.token().await.unwrap_err().reason, Reason::Storage, "a token that is not kept is not used");
    std::fs::remove_dir(folder.path().join("accounts.part")).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(exposed(held.token().await.unwrap()).as_deref(), Some("access-2"));
    // Another program begins where this one stopped.
    let other = keeper(&ports(&world, folder.path()), ClientSettings::default());
    assert_eq!(exposed(other.token().await.unwrap()).as_deref(), Some("access-2"));
    world.only(TOKEN, 200, &token("access-3", "refresh-3"));
    let sent = other.token().await.unwrap();
    assert_eq!(other.refused(sent.as_ref(), 401, None).await, Verdict::Again);
    assert_eq!(refreshes(&world).last().unwrap().as_deref(), Some("refresh-2"));
}

#[tokio::test]
async fn a_renewal_that_nobody_waits_for_is_kept_all_the_same() {
    let (world, folder) = soon_over().await;
    let held = keeper(&ports(&world, folder.path()), ClientSettings::default());
    {
        let asked = held.token();
        futures::pin_mut!(asked);
        // Given up as soon as the request is out.
        while refreshes(&world).is_empty() {
            assert!(futures::poll!(asked.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    held.settled().await;
    let other = keeper(&ports(&world, folder.path()), ClientSettings::default());
    assert_eq!(exposed(other.token().await.unwrap()).as_deref(), Some("access-2"));
    assert_eq!(refreshes(&world).len(), 1);
}

#[tokio::test]
async fn an_account_that_is_over_names_the_command() {
    let (world, folder) = soon_over().await;
    world.only(TOKEN, 400, &json!({"error": "invalid_grant"}));
    let ports = ports(&world, folder.path());
    let held = keeper(&ports, ClientSettings::default());
    let told = held.token().await.unwrap_err();
    assert_eq!(
        (told.reason.code(), told.hint.as_deref()),
        (ErrorCode::SignInNeeded, Some("run `outboard login docs`"))
    );
    assert_eq!(held.standing(), Standing::Expired);
    held.token().await.unwrap_err();
    assert_eq!(refreshes(&world).len(), 1, "it is not asked again");
    world.only(TOKEN, 200, &token("access-9", "refresh-9"));
    signed_in(&ports).await;
    assert_eq!(exposed(held.token().await.unwrap()).as_deref(), Some("access-9"), "a new sign-in is seen at once");
    assert_eq!((held.standing(), held.problem()), (Standing::SignedIn, None));
}

#[tokio::test]
async fn a_busy_issuer_costs_no_account() {
    let (world, folder) = soon_over().await;
    world.only(TOKEN, 503, &json!({}));
    let held = keeper(&ports(&world, folder.path()), ClientSettings::default());
    assert_eq!(held.token().await.unwrap_err().reason, Reason::NoToken);
    world.only(TOKEN, 200, &token("access-2", "refresh-2"));
    assert_eq!(exposed(held.token().await.unwrap()).as_deref(), Some("access-2"));
}

#[tokio::test]
async fn more_scopes_are_asked_for_together_with_the_old_and_once() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let ports = ports(&world, folder.path());
    signed_in(&ports).await;
    let held = keeper(&ports, ClientSettings::default());
    let sent = held.token().await.unwrap();
    let challenge = Challenge::read(["Bearer error=\"insufficient_scope\", scope=\"write\""]).unwrap();
    let Verdict::Refused(told) = held.refused(sent.as_ref(), 403, Some(&challenge)).await else { panic!("refused") };
    assert_eq!((told.reason, held.standing()), (Reason::MoreScope, Standing::NeedsSignIn));
    assert_eq!(sign_in(&ports, ClientSettings::default()).find().await.unwrap().scopes(), ["read", "write"]);
    signed_in(&ports).await;
    let sent = held.token().await.unwrap();
    let Verdict::Refused(told) = held.refused(sent.as_ref(), 403, Some(&challenge)).await else { panic!("refused") };
    assert_eq!(told.reason, Reason::ScopeRefused, "it was asked for already");
}

#[tokio::test]
async fn tokens_go_to_the_server_and_account_that_they_are_for() {
    let (world, folder) = (World::standard(), tempfile::tempdir().unwrap());
    let ports = ports(&world, folder.path());
    signed_in(&ports).await;
    let moved =
        Keeper::new(ports.clone(), id(), "https://mcp2.example/mcp".parse().unwrap(), ClientSettings::default());
    assert_eq!(moved.token().await.unwrap(), None, "the server's address changed");
    for (account, principal) in [("work", None), ("default", Some("alice".to_owned()))] {
        let other = AccountId { account: account.into(), principal, ..id() };
        let other = Keeper::new(ports.clone(), other, SERVER.parse().unwrap(), ClientSettings::default());
        assert_eq!(other.token().await.unwrap(), None);
        let Verdict::Refused(told) = other.refused(None, 401, None).await else { panic!("refused") };
        assert!(told.hint.unwrap().starts_with("run `outboard login docs --"));
    }
    let mut known = false;
    ports.store.update(&mut |book| known = book.forget(&id())).unwrap();
    assert!(known && keeper(&ports, ClientSettings::default()).token().await.unwrap().is_none());
}
