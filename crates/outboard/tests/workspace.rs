//! The files of a session, from inside and from outside.

use crate::support::Place;
use serde_json::{Value, json};

#[test]
fn a_session_is_looked_into_and_changed_from_outside() {
    let place = Place::with(&[]);
    let report = place.program(
        "typescript",
        "const fs = require('fs'); fs.mkdirSync('/workspace/data'); fs.writeFileSync('/workspace/data/a.txt', 'inside');",
    );
    assert_eq!(report["status"], "succeeded", "{report}");
    assert_eq!(place.ok(&["workspace", "ls"]).trim(), "default");
    let listed: Value = serde_json::from_str(&place.ok(&["workspace", "ls", "default", "--json"])).unwrap();
    assert_eq!(listed[0], json!({"id": "data", "kind": "folder", "bytes": null}));
    assert_eq!(listed[1], json!({"id": "data/a.txt", "kind": "file", "bytes": 6}));
    assert_eq!(place.ok(&["workspace", "cat", "default", "data/a.txt"]), "inside");
    place.write("b.json", "{\"from\":\"outside\"}");
    place.ok(&["workspace", "put", "default", "in/b.json", "b.json"]);
    let report = place.program("python", "import json\njson.load(open('/workspace/in/b.json'))['from']");
    assert_eq!(report["result"], "outside", "{report}");
    place.ok(&["workspace", "get", "default", "data/a.txt", "copy.txt"]);
    assert_eq!(std::fs::read_to_string(place.path().join("copy.txt")).unwrap(), "inside");
    place.ok(&["workspace", "export", "default", "all"]);
    assert!(place.path().join("all/in/b.json").exists());
    place.ok(&["workspace", "rm", "default", "data"]);
    place.ok(&["workspace", "rm", "default"]);
    assert_eq!(place.ok(&["workspace", "ls", "default", "--json"]).trim(), "[]");
}

#[test]
fn nothing_leads_out_of_a_session() {
    let place = Place::with(&[]);
    place.program("python", "import os\nos.symlink('/etc/passwd', '/workspace/link')\nos.mkfifo('/workspace/pipe')");
    for path in ["link", "pipe", "../../../outboard.toml", "/etc/passwd", "none"] {
        let (code, told) = place.fails(&["workspace", "cat", "default", path]);
        assert!(code == 2 && told.contains(path) && !told.contains("root:"), "{path}: {told}");
    }
    let (code, told) = place.fails(&["workspace", "ls", "nobody"]);
    assert!(code == 2 && told.contains("no session"), "{told}");
    let (code, _) = place.fails(&["workspace", "ls", "../default"]);
    assert_eq!(code, 2);
}
