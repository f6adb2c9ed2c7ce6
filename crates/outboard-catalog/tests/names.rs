//! Names are unique, stable, and lead back to where they came from.

use crate::fixture::{build, named};
use outboard_catalog::{Catalogue, ServerNames};
use proptest::prelude::*;
use std::collections::HashSet;

fn names(catalogue: &Catalogue, server: &str) -> ServerNames {
    catalogue.servers.iter().find(|known| known.name.as_str() == server).unwrap().names.clone()
}

#[test]
fn colliding_servers_keep_what_is_their_own() {
    let catalogue = build(vec![named("google-drive", &[]), named("google_drive", &[]), named("googleDrive", &[])]);
    assert_eq!(names(&catalogue, "google_drive").package, "google_drive");
    assert_eq!(names(&catalogue, "googleDrive").namespace, "googleDrive");
    assert_eq!(names(&catalogue, "google-drive").folder, "google-drive");
    assert_eq!(names(&catalogue, "google-drive").package, "google_drive_2");
    assert_eq!(names(&catalogue, "google-drive").namespace, "googleDrive_2");
}

#[test]
fn no_server_gets_into_the_folder_of_another() {
    let catalogue = build(vec![named("class_", &[]), named("class", &[]), named("Class", &[])]);
    for (at, server) in catalogue.servers.iter().enumerate() {
        for (other, second) in catalogue.servers.iter().enumerate().filter(|(other, _)| *other != at) {
            assert_ne!(server.names.package, second.names.folder, "{at} {other}");
        }
    }
}

#[test]
fn the_description_is_one_short_line() {
    let mut listing = named("s", &["a", "b", "c", "d", "e"]);
    assert_eq!(build(vec![listing.clone()]).servers[0].description, "a, b, c, d, …");
    listing.title = Some("The title".into());
    assert_eq!(build(vec![listing.clone()]).servers[0].description, "The title");
    listing.instructions = Some(format!("\n# {}\u{202e}", "long ".repeat(50)));
    let line = build(vec![listing]).servers[0].description.clone();
    assert!(line.chars().count() <= 100 && line.ends_with('…') && !line.contains('\u{202e}'), "{line}");
}

/// Names as servers invent them: few letters, so that they collide.
fn raw_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set("[aAbB1_. é漢-]{1,5}|class|index|get|[ -~]{1,8}", 1..12)
        .prop_map(|names| names.into_iter().collect())
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_numeric())
        && name.chars().all(|c| c == '_' || c.is_alphanumeric())
}

proptest! {
    #[test]
    fn tools_are_found_again_by_each_name(raw in raw_names()) {
        let raw: Vec<&str> = raw.iter().map(String::as_str).collect();
        let catalogue = build(vec![named("s", &raw)]);
        let tools = &catalogue.servers[0].tools;
        prop_assert_eq!(tools.len(), raw.len());
        let typescript: HashSet<_> = tools.iter().map(|tool| &tool.names.typescript).collect();
        let python: HashSet<_> = tools.iter().map(|tool| &tool.names.python).collect();
        prop_assert_eq!((typescript.len(), python.len()), (raw.len(), raw.len()));
        for tool in tools {
            prop_assert!(is_identifier(&tool.names.typescript) && is_identifier(&tool.names.python));
            prop_assert_eq!(&catalogue.find("s", tool.id.tool.as_str()).unwrap().id, &tool.id);
            // Another tool's own name, spelt the same, comes first; anything else leads back here.
            for name in [&tool.names.typescript, &tool.names.python] {
                let found = &catalogue.find("s", name).unwrap().id;
                let other_form = tools.iter().any(|other| other.names.typescript == *name || other.names.python == *name);
                prop_assert!(found == &tool.id || found.tool.as_str() == name || other_form);
            }
        }
    }

    #[test]
    fn servers_are_unique_and_order_does_not_matter(raw in raw_names(), seed in any::<u64>()) {
        let usable = |name: &&String| outboard_types::ServerName::new(name).is_ok();
        let raw: Vec<&String> = raw.iter().filter(usable).collect();
        let listings = |turn: usize| {
            let mut listings: Vec<_> = raw.iter().map(|name| named(name, &["b", "a"])).collect();
            if !listings.is_empty() {
                let middle = turn % listings.len();
                listings.rotate_left(middle);
                listings[0].tools.reverse();
            }
            listings
        };
        let (one, two) = (build(listings(0)), build(listings(seed as usize)));
        prop_assert_eq!(one.digest, two.digest);
        for (a, b) in one.servers.iter().zip(&two.servers) {
            prop_assert_eq!(&a.names, &b.names);
        }
        for pick in [|n: &ServerNames| n.folder.clone(), |n: &ServerNames| n.namespace.clone(), |n: &ServerNames| n.package.clone()] {
            let all: HashSet<String> = one.servers.iter().map(|server| pick(&server.names)).collect();
            prop_assert_eq!(all.len(), one.servers.len());
        }
    }
}
