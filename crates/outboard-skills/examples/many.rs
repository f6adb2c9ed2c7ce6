//! How long the steps around one program take with many skills: `cargo run --release --example many -- 1000`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that measures and prints")]

use outboard_skills::{Change, Files, Library, Place, Roots, Skill, What};
use std::path::Path;
use std::time::Instant;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let root = folder.path();
        let roots = Roots { project: root.join("skills"), user: None, data: root.join("data") };
        Library::open(roots, |_| None).unwrap()
    };
    for at in 0..count {
        let own = folder.path().join(format!("skills/skill-{at}"));
        std::fs::create_dir_all(&own).unwrap();
        let head =
            format!("---\nname: skill-{at}\ndescription: Does what number {at} does, for rows of sheets.\n---\n");
        std::fs::write(own.join("SKILL.md"), head).unwrap();
        let code = format!("export function skill{at}(rows: any[]): number {{ return rows.length + {at} }}\n");
        std::fs::write(own.join("index.ts"), code.repeat(20)).unwrap();
    }
    let session = Path::new("local/default");
    let library = timed("view, all read", open);
    let view = timed("  first view", || library.view(Some(session)).unwrap());
    timed("  view, nothing changed", || library.view(Some(session)).unwrap());
    timed("first copy of a session", || library.lease(session, &view).unwrap()).settle(&view).unwrap();
    let mut layer = timed("copy, nothing changed", || library.lease(session, &view).unwrap());
    timed("what a program changed", || layer.changes().unwrap());
    timed("copy given back", || layer.settle(&view).unwrap());
    let files = Files::new().with("fresh.ts", "export const a = 1").unwrap();
    let (skill, change) =
        (Skill::read(files).unwrap(), Change { what: What::Save, by: "model".into(), execution: None, at_ms: 1 });
    timed("save of one", || library.save(Place::Project, None, &skill, &change).unwrap());
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    println!("{what:<28} {:>8.2} ms", began.elapsed().as_secs_f64() * 1e3);
    done
}
