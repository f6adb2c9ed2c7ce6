//! Every shell block of every page is run as it stands, but for those of a list that says why not.

use super::pages::pages;
use crate::commands::blocks;
use crate::support::{Place, beside};
use std::process::{Command, Stdio};

/// Page, begin of the block, and why it is not run here.
const NOT_RUN: &[(&str, &str, &str)] = &[
    (
        "docs/guest-protocol.md",
        "printf",
        "programs::an_engine_of_ones_own_runs_the_programs_that_name_it runs it with the settings above it",
    ),
    ("README.md", "cargo ", "builds the whole project; it is what CI itself runs"),
    (
        "docs/agent.md",
        "export ANTHROPIC_API_KEY",
        "asks a model that costs money; agent.rs runs it with a scripted one",
    ),
    ("docs/agent.md", "echo '{\"turns\"", "waits until it is stopped; agent.rs runs it"),
    ("docs/agent.md", "ollama", "downloads a model"),
    ("docs/benchmark.md", "outboard bench ", "takes minutes; figures.rs runs parts of it"),
    ("docs/benchmark.md", "pip install", "downloads, and reads what the benchmark wrote"),
    ("docs/clients.md", "OUTBOARD_TOKEN", "serves until it is stopped; serve.rs does it"),
    ("docs/durability.md", "cargo test", "proofs that CI runs in part, and benchmarks"),
    ("docs/code-api.md", "cargo run", "builds an example for minutes"),
    ("docs/frameworks.md", "cargo xtask frameworks", "downloads 500 MB; run on demand"),
    ("docs/frameworks.md", "pip install", "downloads, and asks a model that costs money"),
    ("docs/frameworks.md", "OUTBOARD_TOKEN", "serves until it is stopped; serve.rs does it"),
    ("docs/install.md", "sh install.sh", "packaging.rs runs it with a release"),
    ("docs/install.md", "cargo xtask", "builds for many minutes; packaging.rs packs programs that are built"),
    ("docs/operations.md", "OUTBOARD_TOKEN", "serves until it is stopped; serve.rs does it"),
    ("docs/performance.md", "cargo build", "builds for many minutes"),
    ("docs/real-servers.md", "cargo xtask real", "downloads 30 servers; run on demand"),
    ("docs/search.md", "cargo run", "builds an example for minutes"),
    ("docs/shell-agents.md", "", "connect.rs runs the whole page"),
    ("docs/sign-in.md", "outboard login", "needs a server to sign in to; sign_in.rs does it"),
    ("docs/sign-in.md", "outboard token", "needs the id of a token; principals.rs does it"),
    ("docs/skills.md", "outboard approvals", "needs a skill that waits; inbox.rs does it"),
    ("docs/skills.md", "outboard skills ", "needs skills that are there; skills.rs does the same"),
];

fn why_not(page: &str, block: &str) -> Option<&'static str> {
    let found = NOT_RUN.iter().find(|(name, begin, _)| *name == page && block.starts_with(begin));
    found.map(|(_, _, why)| *why)
}

#[test]
fn what_pages_show_runs_as_it_stands() {
    beside("outboard-bash");
    let (mut run, mut failed) = (0, String::new());
    for (page, text) in pages() {
        let blocks = blocks(&text, "sh");
        let blocks: Vec<_> = blocks.iter().filter(|block| why_not(&page, block).is_none()).collect();
        if blocks.is_empty() {
            continue;
        }
        let place = Place::with(&["logs", "salesforce"]);
        place.write("program.ts", "return (await logs.listPages()).pages;");
        let programs = beside("outboard").parent().unwrap().display().to_string();
        for block in blocks {
            let mut command = Command::new("sh");
            command.args(["-ec", block]).current_dir(place.path()).env_clear().env("HOME", place.path());
            command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
            let output = command.stdin(Stdio::null()).output().unwrap();
            if !output.status.success() {
                failed += &format!("{page} shows:\n{block}\n{}\n", String::from_utf8_lossy(&output.stderr));
            }
            run += 1;
        }
    }
    assert!(failed.is_empty(), "correct what fails here, or say in NOT_RUN why it is not run:\n{failed}");
    assert!(run >= 6, "{run}");
}

#[test]
fn what_is_not_run_is_still_there() {
    let pages = pages();
    for (page, begin, _) in NOT_RUN {
        let text = &pages.iter().find(|(name, _)| name == page).unwrap_or_else(|| panic!("{page} is gone")).1;
        assert!(blocks(text, "sh").iter().any(|block| block.starts_with(begin)), "{page}: {begin:?} is gone");
    }
}
