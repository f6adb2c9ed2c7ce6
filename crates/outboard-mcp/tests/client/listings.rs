//! Listings: raw, remembered, filtered, from files.

use super::support::{Stage, client, name, with_transport};
use outboard_catalog::Listing;
use outboard_mcp::client::{TransportSpec, UpstreamSpec, Upstreams};
use outboard_types::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

fn names(listing: &Listing) -> Vec<String> {
    let name = |raw: &str| serde_json::from_str::<Value>(raw).unwrap()["name"].as_str().unwrap().to_owned();
    listing.tools.iter().map(|tool| name(tool.get())).collect()
}

#[tokio::test]
async fn definitions_are_kept_as_they_came_and_remembered() {
    let stage = Stage::new(&["legacy", "modern"]);
    assert_eq!(stage.upstreams.cached_listings().1.len(), 2);
    for server in ["legacy", "modern"] {
        let listing = stage.upstreams.listing(&name(server), false).await.unwrap();
        assert_eq!(names(&listing), ["echo", "get_one", "get_two", "version_1"]);
        assert!(listing.tools[0].get().contains(r#""x-unknown": {"kept": [1.5]}"#));
        assert_eq!(listing.title.as_deref(), Some("Fake server"));
        assert_eq!(listing.instructions.as_deref(), Some("Be kind."));
    }
    let next = stage.again(&["legacy", "modern"]);
    let (known, unknown) = next.upstreams.cached_listings();
    assert_eq!((known.len(), unknown.len()), (2, 0));
    assert_eq!(names(&known[0]).len(), 4);
    let state = next.state("legacy");
    assert_eq!((state.status.as_str(), state.tools, state.era), ("idle", Some(4), Some("legacy")));
    assert!(next.upstreams.listing(&name("legacy"), false).await.is_ok());
    assert_eq!(next.starts("legacy"), 1, "the second run started nothing");
}

#[tokio::test]
async fn pages_are_followed_to_a_limit() {
    let stage = Stage::new(&["pages", "endless", "huge-line", "no-tools"]);
    let listing = async |server: &str| stage.upstreams.listing(&name(server), false).await.unwrap();
    assert_eq!(names(&listing("pages").await), ["page_0", "page_1", "page_2"]);
    assert_eq!(listing("endless").await.tools.len(), 100);
    assert!(listing("huge-line").await.tools[0].get().len() > 2_000_000);
    assert!(listing("no-tools").await.tools.is_empty());
}

#[tokio::test]
async fn a_listing_that_is_none_is_an_error() {
    let stage = Stage::new(&["bad-listing"]);
    let error = stage.upstreams.listing(&name("bad-listing"), false).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UpstreamProtocol);
    assert!(stage.state("bad-listing").last_error.is_some());
}

#[tokio::test]
async fn hidden_tools_are_neither_listed_nor_called() {
    let stage = Stage::with(&["legacy"], |spec| {
        spec.allow = vec!["get_*".into()];
        spec.deny = vec!["*_two".into()];
    });
    let listing = stage.upstreams.listing(&name("legacy"), false).await.unwrap();
    assert_eq!(names(&listing), ["get_one"]);
    assert_eq!(stage.state("legacy").tools, Some(1));
    for hidden in ["get_two", "echo"] {
        assert_eq!(stage.error("legacy", hidden, json!({})).await.code, ErrorCode::Denied);
    }
}

#[tokio::test]
async fn announced_changes_are_passed_on_and_listed_anew() {
    for server in ["legacy", "modern"] {
        let stage = Stage::new(&[server]);
        let mut changes = stage.upstreams.changes();
        stage.upstreams.listing(&name(server), false).await.unwrap();
        stage.call(server, "change", json!({})).await.unwrap();
        let changed = tokio::time::timeout(Duration::from_secs(60), changes.recv()).await.unwrap().unwrap();
        assert_eq!(changed.as_str(), server);
        let listing = stage.upstreams.listing(&name(server), false).await.unwrap();
        assert_eq!(names(&listing)[3], "version_2");
        if server == "modern" {
            assert!(stage.methods(server).contains(&"subscriptions/listen".into()));
        }
    }
}

fn from_file(folder: &tempfile::TempDir, transport: TransportSpec, text: &str) -> UpstreamSpec {
    let path = folder.path().join("catalogue.json");
    std::fs::write(&path, text).unwrap();
    UpstreamSpec { listing: Some(path), ..with_transport("from-file", transport) }
}

#[tokio::test]
async fn files_stand_in_for_servers() {
    let folder = tempfile::tempdir().unwrap();
    let spec = from_file(&folder, TransportSpec::ListingOnly, r#"{"tools":[{"name":"a"},{"name":"b"}],"more":1}"#);
    let stage = Stage::of(vec![spec.clone()], folder);
    assert_eq!(names(&stage.upstreams.cached_listings().0[0]), ["a", "b"]);
    assert_eq!(stage.upstreams.listing(&name("from-file"), true).await.unwrap().tools.len(), 2);
    assert_eq!(stage.state("from-file").status.as_str(), "listing_only");
    let error = stage.error("from-file", "a", json!({})).await;
    assert_eq!(error.code, ErrorCode::ListingOnly);
    assert!(error.hint.unwrap().contains("[servers.from-file]"));

    let idle =
        TransportSpec::Stdio { command: "no-such-program".into(), args: vec![], env: Default::default(), cwd: None };
    let idle =
        Upstreams::new(vec![UpstreamSpec { transport: idle, ..spec }], stage.folder.path().join("cache"), client());
    assert_eq!(idle.listing(&name("from-file"), false).await.unwrap().tools.len(), 2);
}

#[tokio::test]
async fn an_unusable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let spec = from_file(&folder, TransportSpec::ListingOnly, "[]");
    let stage = Stage::of(vec![spec], folder);
    let error = stage.upstreams.listing(&name("from-file"), false).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidSettings);
    assert!(error.message.contains("catalogue.json"), "{}", error.message);
    assert_eq!(stage.upstreams.cached_listings().1.len(), 1);
}
