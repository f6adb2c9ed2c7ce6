//! Every command and every setting that a page shows is one that exists.

use super::pages::{inline, pages, root};
use crate::commands::blocks;
use crate::support::{Place, beside};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// Stands in for the program: the same arguments, but to be explained instead of done. What follows `--` is not ours.
const STAND_IN: &str = r#"#!/bin/sh
left=$#
ours=yes
while [ $left -gt 0 ]; do
  word=$1
  shift
  left=$((left - 1))
  [ "$word" != -- ] || ours=no
  [ $ours = no ] || set -- "$@" "$word"
done
exec "$REAL" "$@" --help
"#;

#[test]
fn every_command_that_a_page_shows_is_understood() {
    let place = Place::with(&[]);
    place.write("outboard", STAND_IN);
    let stand_in = place.path().join("outboard");
    std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut seen = BTreeSet::new();
    for (page, text) in pages() {
        let shown = blocks(&text, "sh").into_iter().flat_map(|block| joined(&block)).filter(|line| is_ours(line));
        let spans = inline(&text).into_iter().filter(|words| !words.is_empty());
        let spans = spans.map(|words| format!("outboard {}", words.join(" ")));
        for line in shown.chain(spans) {
            if !seen.insert(line.clone()) {
                continue;
            }
            let mut command = Command::new("sh");
            command.args(["-ec", &line]).current_dir(place.path()).env_clear().stdin(Stdio::null());
            command.env("PATH", format!("{}:/usr/bin:/bin", place.path().display()));
            let output = command.env("REAL", beside("outboard")).env("HOME", place.path()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{page} shows `{line}`: {told}");
        }
    }
    assert!(seen.len() > 40, "{seen:?}");
}

/// The lines of a block, those that go on put together.
fn joined(block: &str) -> Vec<String> {
    block.replace("\\\n", " ").lines().map(str::to_owned).collect()
}

/// Whether a line does nothing but start our program.
fn is_ours(line: &str) -> bool {
    let words = line.split_whitespace().skip_while(|word| word.contains('=') && !word.starts_with('-'));
    words.take(1).any(|word| word == "outboard")
}

#[test]
fn every_task_of_the_project_that_a_page_shows_exists() {
    let output = Command::new(beside("xtask")).output().unwrap();
    let usage = String::from_utf8(output.stderr).unwrap();
    let known: Vec<&str> = usage.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
    let mut tasks = 0;
    for (page, text) in pages() {
        for rest in text.split("cargo xtask ").skip(1) {
            let task = rest.split(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap();
            assert!(known.contains(&task), "{page} shows `cargo xtask {task}`: {usage}");
            tasks += 1;
        }
        for line in blocks(&text, "sh").iter().flat_map(|block| joined(block)) {
            let after = |option: &str| line.split_once(option).map(|(_, rest)| rest.split_whitespace().next().unwrap());
            if let (Some(package), Some(example)) = (after("--package "), after("--example ")) {
                let folder = root().join(format!("crates/{package}/examples"));
                let is = folder.join(format!("{example}.rs")).exists() || folder.join(example).join("main.rs").exists();
                assert!(is, "{page}: {package} has no example {example}");
            }
        }
    }
    assert!(tasks > 5);
}

#[test]
fn every_setting_that_a_page_shows_is_understood() {
    let mut loaded = 0;
    for (page, text) in pages() {
        for block in blocks(&text, "toml") {
            let place = Place::with(&[]);
            place.write(".mcp.json", "{\"mcpServers\": {}}");
            place.settings(&block);
            let named =
                block.split("${").skip(1).filter_map(|rest| rest.split([':', '}']).next()).map(|name| (name, "k"));
            let output = place.command(&["executions"]).envs(named).stdin(Stdio::null()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{page} shows settings that do not load: {told}\n{block}");
            loaded += 1;
        }
    }
    assert!(loaded > 10);
}
