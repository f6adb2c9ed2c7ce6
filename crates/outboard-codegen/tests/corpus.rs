//! Real definitions, where a collection of them lies beside the project.

use crate::judge::judge;
use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{details, generate, signature};
use outboard_types::{Language, ServerName};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

fn listings(corpus: std::fs::ReadDir) -> Vec<Listing> {
    let paths =
        corpus.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    paths
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let root: HashMap<String, Vec<Box<RawValue>>> = serde_json::from_str(&text).unwrap();
            let server = ServerName::new(path.file_stem().unwrap().to_str().unwrap()).unwrap();
            Listing { server, title: None, instructions: None, tools: root["tools"].clone() }
        })
        .collect()
}

#[test]
fn every_real_definition_gives_good_modules() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(entries) = std::fs::read_dir(corpus) else { return };
    let mut listings = listings(entries);
    let catalogue = Catalogue::build(1, listings.clone());
    let started = Instant::now();
    let api = generate(&catalogue);
    let bytes: usize = api.files.values().map(String::len).sum();
    println!("{} files, {bytes} bytes: {:?}", api.files.len(), started.elapsed());
    judge(&api);
    for (server, tool) in
        catalogue.servers.iter().flat_map(|server| server.tools.iter().map(move |tool| (server, tool)))
    {
        for language in Language::ALL {
            let line = signature(server, tool, language);
            assert!(line.chars().count() <= 200 && !line.contains('\n'), "{line}");
            assert!(details(server, tool, language).len() < 60_000, "{}", tool.id);
        }
    }
    listings.reverse();
    listings.iter_mut().for_each(|listing| listing.tools.rotate_left(1));
    assert_eq!(generate(&Catalogue::build(2, listings)), api, "the order of listings does not matter");
}
