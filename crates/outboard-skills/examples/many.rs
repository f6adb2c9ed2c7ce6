//! How long the steps around one program take with many skills, in milliseconds:
//! `cargo run --profile measure -p outboard-skills --example many`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that measures and prints")]

use outboard_skills::{Change, Files, Library, Place, Roots, Skill, SkillName, What};
use std::path::Path;
use std::time::{Duration, Instant};

const COUNTS: [usize; 4] = [0, 10, 100, 1_000];

/// Of so many runs the fastest is told: what else the machine does is no property of ours.
const RUNS: usize = 5;

fn main() {
    let columns: Vec<Vec<(&str, f64)>> = COUNTS.iter().map(|count| column(*count)).collect();
    println!("{:<44}{:>9}{:>9}{:>9}{:>9}", "skills", COUNTS[0], COUNTS[1], COUNTS[2], COUNTS[3]);
    for (at, (what, _)) in columns[0].iter().enumerate() {
        let row: String = columns.iter().map(|column| format!("{:>9.2}", column[at].1)).collect();
        println!("{what:<44}{row}");
    }
}

fn column(count: usize) -> Vec<(&'static str, f64)> {
    let runs: Vec<Vec<(&str, f64)>> = (0..RUNS).map(|_| run(count)).collect();
    let fastest = |at: usize| runs.iter().map(|run| run[at].1).fold(f64::INFINITY, f64::min);
    runs[0].iter().enumerate().map(|(at, (what, _))| (*what, fastest(at))).collect()
}

fn run(count: usize) -> Vec<(&'static str, f64)> {
    let folder = tempfile::tempdir().unwrap();
    (0..count).for_each(|at| write(folder.path(), at));
    let roots = Roots { project: folder.path().join("skills"), user: None, data: folder.path().join("data") };
    let mut told = Vec::new();
    let (one, other) = (Path::new("local/one"), Path::new("local/other"));
    let library = Library::open(roots, |_| None).unwrap();
    let view = timed(&mut told, "a process looks for the first time", || library.view(Some(one)).unwrap());
    // Folders that were just written are listed once more.
    std::thread::sleep(Duration::from_millis(60));
    library.view(Some(one)).unwrap();
    timed(&mut told, "it looks again", || library.view(Some(one)).unwrap());
    let names = [SkillName::new("skill-1").unwrap()];
    timed(&mut told, "it looks for one by its name", || library.view_of(&names).unwrap());
    let mut layer = timed(&mut told, "first copy of a principal", || library.lease(one, &view).unwrap());
    layer.changes().unwrap();
    layer.settle(&view).unwrap();
    std::thread::sleep(Duration::from_millis(60));
    let mut layer = library.lease(one, &view).unwrap();
    layer.changes().unwrap();
    layer.settle(&view).unwrap();
    let mut layer = timed(&mut told, "the copy for another session", || library.lease(other, &view).unwrap());
    timed(&mut told, "what its program changed", || layer.changes().unwrap());
    timed(&mut told, "the copy given back", || layer.settle(&view).unwrap());
    let fresh = Skill::read(Files::new().with("fresh.ts", "export const a = 1").unwrap()).unwrap();
    let change = Change { what: What::Save, by: "model".into(), execution: None, at_ms: 1 };
    timed(&mut told, "one skill saved", || library.save(Place::Project, None, &fresh, &change).unwrap());
    told
}

fn write(root: &Path, at: usize) {
    let own = root.join(format!("skills/skill-{at}"));
    std::fs::create_dir_all(&own).unwrap();
    let head = format!("---\nname: skill-{at}\ndescription: Does what number {at} does, for rows of sheets.\n---\n");
    std::fs::write(own.join("SKILL.md"), head).unwrap();
    let code = format!("export function skill{at}(rows: any[]): number {{ return rows.length + {at} }}\n");
    std::fs::write(own.join("index.ts"), code.repeat(20)).unwrap();
}

fn timed<T>(told: &mut Vec<(&'static str, f64)>, what: &'static str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    told.push((what, began.elapsed().as_secs_f64() * 1e3));
    done
}
