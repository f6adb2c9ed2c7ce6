//! The lock file, kept definitions, and what changed since.

use crate::fixture::catalogue;
use outboard_catalog::Tool;
use outboard_policy::{Definitions, Lock, Pin, diff, unified};
use outboard_types::{Digest, ServerName};
use serde_json::{Value, json};

fn tool(definition: Value) -> Tool {
    catalogue(&[("crm", vec![definition])]).servers[0].tools[0].clone()
}

fn get() -> Value {
    json!({
        "name": "get", "description": "Gets a record.", "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "properties": {"id": {"type": "string"}, "path": {"type": "string"}},
                        "required": ["id"]}
    })
}

#[test]
fn new_then_same_then_changed_and_vanishing_does_not_help() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outboard.lock");
    let mut lock = Lock::load(&path).unwrap();
    let original = tool(get());
    assert_eq!(lock.check(&original), Pin::New);
    lock.accept(&original, "2026-01-02");
    lock.pin_package(&original.id.server, "npx crm@1.2.3");
    lock.save().unwrap();

    let mut lock = Lock::load(&path).unwrap();
    assert_eq!(lock.check(&original), Pin::Same);
    assert_eq!(lock.package(&original.id.server), Some("npx crm@1.2.3"));
    assert_eq!(lock.missing(&original.id.server, &[]).len(), 1);
    let mut other = get();
    other["description"] = "Gets a record and mails it.".into();
    let other = tool(other);
    assert!(matches!(lock.check(&other), Pin::Changed { now, .. } if now == Lock::digest(&other)));
    lock.accept(&other, "2026-03-04");
    lock.save().unwrap();
    let lock = Lock::load(&path).unwrap();
    let accepted = lock.accepted(&other.id.server, &other.id.tool).unwrap();
    assert_eq!((accepted.first_seen.as_str(), accepted.accepted.as_str()), ("2026-01-02", "2026-03-04"));
}

#[test]
fn reordering_does_not_count() {
    let lock = Lock::digest(&tool(get()));
    let reordered = json!({
        "inputSchema": {"required": ["id"], "properties": {"path": {"type": "string"}, "id": {"type": "string"}},
                        "type": "object"},
        "annotations": {"readOnlyHint": true}, "description": "Gets a record.", "name": "get"
    });
    assert_eq!(lock, Lock::digest(&tool(reordered)));
}

#[test]
fn the_file_is_sorted_stable_and_takes_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outboard.lock");
    let names = ["z", "a \"quoted\" name", "ünï.cödé/x", "b\\c", "a"];
    let tools: Vec<Tool> = names.iter().map(|name| tool(json!({"name": name}))).collect();
    let mut lock = Lock::load(&path).unwrap();
    for tool in &tools {
        lock.accept(tool, "2026-01-02");
    }
    lock.save().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let again = folder.path().join("again.lock");
    let mut turned = Lock::load(&again).unwrap();
    for tool in tools.iter().rev() {
        turned.accept(tool, "2026-01-02");
    }
    turned.save().unwrap();
    assert_eq!(text, std::fs::read_to_string(again).unwrap());
    let lock = Lock::load(&path).unwrap();
    assert!(tools.iter().all(|tool| lock.check(tool) == Pin::Same), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains("sha256")).count(), names.len());
}

#[test]
fn writers_at_the_same_time_keep_each_others_edits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outboard.lock");
    std::thread::scope(|scope| {
        for at in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let mut lock = Lock::load(path).unwrap();
                lock.accept(&tool(json!({"name": format!("tool_{at}")})), "2026-01-02");
                lock.save().unwrap();
            });
        }
    });
    let lock = Lock::load(&path).unwrap();
    assert!((0..8).all(|at| lock.check(&tool(json!({"name": format!("tool_{at}")}))) == Pin::Same));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing is left beside the file");
}

#[test]
fn a_broken_file_is_refused_and_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outboard.lock");
    let mut lock = Lock::load(&path).unwrap();
    lock.accept(&tool(get()), "2026-01-02");
    for text in ["<<<<<<< ours\nversion = 1\n", "version = 9\n", "version = 1\nwhat = 2\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(Lock::load(&path).is_err() && lock.save().is_err(), "{text}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    std::fs::remove_file(&path).unwrap();
    lock.save().unwrap();
    assert_eq!(Lock::load(&path).unwrap().check(&tool(get())), Pin::Same, "edits survive a failed save");
}

#[test]
fn forgetting_makes_a_tool_new_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut lock = Lock::load(folder.path().join("outboard.lock")).unwrap();
    let one = tool(get());
    lock.accept(&one, "2026-01-02");
    lock.forget(&ServerName::new("crm").unwrap(), Some(&one.id.tool));
    lock.save().unwrap();
    assert_eq!(lock.check(&one), Pin::New);
}

#[test]
fn kept_definitions_are_what_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Definitions::new(folder.path().join("definitions"));
    let digest = kept.keep(&tool(get())).unwrap();
    assert_eq!(digest, Lock::digest(&tool(get())));
    assert!(diff(&kept.read(&digest).unwrap().unwrap(), &get()).is_empty());
    assert_eq!(kept.read(&Digest::of("other")).unwrap(), None);
    std::fs::write(folder.path().join(format!("definitions/{digest}.json")), "{}").unwrap();
    assert!(kept.read(&digest).unwrap_err().to_string().contains("its content was changed"));
    kept.keep(&tool(get())).unwrap();
    assert!(kept.read(&digest).is_ok(), "keeping repairs");
}

#[test]
fn what_is_accepted_together_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Definitions::new(folder.path().join("definitions"));
    let mut other = get();
    other["description"] = "Two lines.\nOf them.".into();
    let tools = [tool(get()), tool(other.clone())];
    kept.keep_all(&[]).unwrap();
    assert!(!folder.path().join("definitions").exists());
    kept.keep_all(&tools.each_ref()).unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("definitions")).unwrap().count(), 1);
    for (tool, definition) in tools.iter().zip([get(), other]) {
        assert!(diff(&kept.read(&Lock::digest(tool)).unwrap().unwrap(), &definition).is_empty());
    }
    assert_eq!(kept.read(&Digest::of("other")).unwrap(), None);
    let pack = std::fs::read_dir(folder.path().join("definitions")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&pack).unwrap();
    std::fs::write(&pack, text.replace("Two", "Ten")).unwrap();
    assert!(kept.read(&Lock::digest(&tools[1])).unwrap_err().to_string().contains("its content was changed"));
}

#[test]
fn changes_are_told_in_words() {
    let mut new = get();
    new["description"] = "Gets a record.\u{202e} And more.".into();
    new["annotations"] = json!({"readOnlyHint": false});
    new["inputSchema"]["required"] = json!(["path"]);
    new["inputSchema"]["properties"]["id"]["type"] = "integer".into();
    new["inputSchema"]["properties"]["note"] = json!({"type": "string"});
    new["outputSchema"] = json!({"type": "object"});
    let words: Vec<String> = diff(&get(), &new).iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "description changed: \"Gets a record.\" -> \"Gets a record.\\u{202e} And more.\"",
            "annotation readOnlyHint true -> false",
            "parameter `id` is no longer required",
            "type of parameter `id` changed: \"string\" -> \"integer\"",
            "parameter `note` added, optional",
            "parameter `path` is now required",
            "output schema added",
        ]
    );
    let text = unified(&get(), &new);
    assert!(text.contains("-  Gets a record.\n+  Gets a record.\\u{202e} And more.\n"), "{text}");
    assert!(unified(&get(), &get()).is_empty());
}
