//! Judges what is generated for a folder of tool listings (`{"tools": […]}`, one file a server): the real
//! checkers over every module, values that they must take and refuse, and token counts.
//!
//! `cargo run --release -p outboard-codegen --example judge -- FOLDER`
#![allow(dead_code, clippy::print_stdout, clippy::unwrap_used, reason = "a development tool that talks to its user")]

#[path = "../../judge/mod.rs"]
mod judge;
mod tokens;

use judge::cases::{self, Amount};
use judge::{Side, checkers, report};
use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{Files, generate};
use outboard_types::ServerName;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else { panic!("usage: judge FOLDER [WORK] [--tokens]") };
    let catalogue = Catalogue::build(1, listings(Path::new(folder)));
    let tools: usize = catalogue.servers.iter().map(|server| server.tools.len()).sum();
    println!("{} servers, {tools} tools", catalogue.servers.len());
    tokens::print(&catalogue);
    if arguments.iter().any(|argument| argument == "--tokens") {
        return;
    }
    let work = arguments.get(1).map_or_else(|| std::env::temp_dir().join("outboard-judge"), PathBuf::from);
    let started = Instant::now();
    let api = generate(&catalogue);
    println!("generated {} files in {:.1?}", api.files.len(), started.elapsed());
    let programs = checkers::tools(&work.join("tools"));
    let (cases, left_out) = cases::of(&catalogue, Amount { made: 5, spoilt: 10 });
    println!("{} values made in {:.1?}; {left_out} left out", cases.len(), started.elapsed());
    let mut good = true;
    for side in Side::BOTH {
        let started = Instant::now();
        let place = work.join(format!("{side:?}"));
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        let report = report::judged(&api, &cases, side, &programs, &place);
        println!("{side:?}: {report} ({:.1?})", started.elapsed());
        report.errors.iter().take(20).for_each(|error| println!("  error: {error}"));
        let list = place.join("disagreements.txt");
        std::fs::write(&list, report.disagreements.join("\n")).unwrap();
        println!("  disagreements: {}", list.display());
        good &= report.errors.is_empty() && report.agreement() >= 99.0;
    }
    good &= people(&catalogue, &programs, &work);
    std::process::exit(i32::from(!good));
}

/// The files that editors read, checked as their own manifests say.
fn people(catalogue: &Catalogue, programs: &Path, work: &Path) -> bool {
    let place = work.join("people");
    let _ = std::fs::remove_dir_all(&place);
    let written = Files::for_people(catalogue).write(&place).unwrap();
    let said = Side::BOTH.map(|side| checkers::as_it_is(side, programs, &place).texts);
    let [typescript, python] = [&said[0], &said[1]];
    println!("files for people: {}; errors: TypeScript {}, Python {}", written.changed, typescript.len(), python.len());
    said.iter().flatten().take(20).for_each(|error| println!("  error: {error}"));
    typescript.is_empty() && python.is_empty()
}

fn listings(folder: &Path) -> Vec<Listing> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    let listing = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let root: HashMap<String, Vec<Box<RawValue>>> = serde_json::from_str(&text).unwrap();
        let server = ServerName::new(path.file_stem().unwrap().to_str().unwrap()).unwrap();
        Listing { server, title: None, instructions: None, tools: root["tools"].clone() }
    };
    paths.map(listing).collect()
}
