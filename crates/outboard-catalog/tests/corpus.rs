//! Real definitions, where a collection of them lies beside the project; and the time for as many.

use crate::fixture::listing;
use outboard_catalog::{Catalogue, Listing};
use outboard_types::ServerName;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

#[test]
fn no_real_definition_is_lost() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(entries) = std::fs::read_dir(corpus) else { return };
    let mut listings = Vec::new();
    for path in
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "json"))
    {
        let root: HashMap<String, Vec<Box<RawValue>>> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let server = ServerName::new(path.file_stem().unwrap().to_str().unwrap()).unwrap();
        listings.push(Listing { server, title: None, instructions: None, tools: root["tools"].clone() });
    }
    let wanted: usize = listings.iter().map(|listing| listing.tools.len()).sum();
    let started = Instant::now();
    let catalogue = Catalogue::build(1, listings);
    println!("{wanted} real tools: {:?}", started.elapsed());
    assert_eq!(catalogue.servers.iter().map(|server| server.tools.len()).sum::<usize>(), wanted);
    for tool in catalogue.servers.iter().flat_map(|server| &server.tools) {
        assert_eq!(catalogue.find_joined(&tool.id.to_string()).unwrap().id, tool.id);
    }
}

#[test]
fn four_thousand_tools_are_read_quickly() {
    let properties: serde_json::Map<_, _> = (0..10)
        .map(|at| (format!("property_{at}"), json!({"type": "string", "description": "words ".repeat(25)})))
        .collect();
    let tools: Vec<_> = (0..100)
        .map(|at| json!({"name": format!("tool_{at}"), "inputSchema": {"type": "object", "properties": properties}}))
        .collect();
    let listings: Vec<_> = (0..40).map(|at| listing(&format!("server-{at}"), &tools)).collect();
    let bytes: usize = listings.iter().flat_map(|listing| &listing.tools).map(|tool| tool.get().len()).sum();
    let started = Instant::now();
    let catalogue = Catalogue::build(1, listings);
    let took = started.elapsed();
    println!("4000 tools of {bytes} bytes: {took:?}");
    assert_eq!(catalogue.servers.len(), 40);
    assert!(took.as_millis() < if cfg!(debug_assertions) { 4_000 } else { 400 }, "took {took:?}");
}
