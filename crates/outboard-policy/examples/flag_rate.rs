//! Prints how many definitions of a folder of listings (`{"tools": […]}`) are flagged, and the warnings.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for measuring")]

use outboard_catalog::{Catalogue, Listing};
use outboard_policy::{Weight, inspect, inspect_all};
use outboard_types::ServerName;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct File {
    tools: Vec<Box<RawValue>>,
}

fn main() {
    let folder = std::env::args().nth(1).expect("give a folder of listings");
    let mut listings = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let Ok(file) = serde_json::from_slice::<File>(&std::fs::read(&path).unwrap_or_default()) else { continue };
        let server = ServerName::new(path.file_stem().unwrap().to_string_lossy()).unwrap();
        listings.push(Listing { server, title: None, instructions: None, tools: file.tools });
    }
    let catalogue = Catalogue::build(1, listings);
    let started = std::time::Instant::now();
    let (mut tools, mut warned, mut noted, mut kinds) = (0, 0, 0, BTreeMap::new());
    for tool in catalogue.servers.iter().flat_map(|server| &server.tools) {
        let flags = inspect(tool);
        tools += 1;
        warned += usize::from(flags.iter().any(|flag| flag.weight == Weight::Warning));
        noted += usize::from(!flags.is_empty() && flags.iter().all(|flag| flag.weight == Weight::Note));
        for flag in flags {
            *kinds.entry((flag.kind, flag.weight)).or_insert(0) += 1;
            if flag.weight == Weight::Warning {
                println!("{:?} {flag}", flag.kind);
            }
        }
    }
    println!("{tools} tools, {warned} with warnings, {noted} with notes only, {:?}; {kinds:?}", started.elapsed());
    let shadows =
        inspect_all(&catalogue).into_iter().filter(|flag| flag.field == "name" || flag.why.starts_with("gives"));
    let (warnings, notes): (Vec<_>, Vec<_>) = shadows.partition(|flag| flag.weight == Weight::Warning);
    println!("all servers together: {} shadow warnings, {} shadow notes", warnings.len(), notes.len());
    warnings.iter().take(20).for_each(|flag| println!("  {flag}"));
}
