//! The files of a session, from inside and from outside.

use crate::crash::started;
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

#[test]
fn names_of_every_kind_are_listed_and_reached_and_obeyed_by_no_terminal() {
    let place = Place::with(&[]);
    let code = "import os\nos.makedirs('/workspace/ünï/🙂')\nopen('/workspace/ünï/🙂/ñ.txt', 'w').write('uni')\n\
        open('/workspace/..dots', 'w').write('dots')\nopen('/workspace/-rf', 'w').write('dash')\n\
        open('/workspace/red\\x1b[31m\\nname', 'w').write('esc')\n\
        [open(f'/workspace/many{n}', 'w').close() for n in range(2000)]\nlen(os.listdir('/workspace'))";
    assert_eq!(place.program("python", code)["result"], 2004);
    let listed = place.ok(&["workspace", "ls", "default"]);
    assert!(!listed.contains('\u{1b}') && listed.lines().count() == 2006, "{}", listed.lines().count());
    let rows: Value = serde_json::from_str(&place.ok(&["workspace", "ls", "default", "--json"])).unwrap();
    assert!(rows.as_array().unwrap().iter().any(|row| row["id"] == "red\u{1b}[31m\nname"), "exact for programs");
    for (path, text) in [("ünï/🙂/ñ.txt", "uni"), ("..dots", "dots"), ("-rf", "dash"), ("red\u{1b}[31m\nname", "esc")]
    {
        assert_eq!(place.ok(&["workspace", "cat", "default", "--", path]), text);
    }
    place.ok(&["workspace", "export", "default", "all"]);
    assert_eq!(std::fs::read_dir(place.path().join("all")).unwrap().count(), 2004);
    place.ok(&["workspace", "rm", "default"]);
    assert_eq!(place.program("bash", "ls -A /workspace | wc -l")["result"], 0);
}

#[test]
fn programs_at_the_same_time_share_the_folder_of_their_session_and_nothing_else() {
    let place = Place::with(&[]);
    place.settings("expose = \"code\"\n");
    // Each writes its own files in one step, then waits until those of the other one are there, whole.
    let code = |own: &str, other: &str| {
        format!(
            "const fs = require('fs');\nfor (let i = 0; i < 20; i++) {{ fs.writeFileSync(`/workspace/{own}${{i}}.part`, '{own}'.repeat(5000)); \
             fs.renameSync(`/workspace/{own}${{i}}.part`, `/workspace/{own}${{i}}`); await sleep(5); }}\n\
             const whole = () => Array.from({{ length: 20 }}, (_, i) => fs.existsSync(`/workspace/{other}${{i}}`) && fs.readFileSync(`/workspace/{other}${{i}}`, 'utf8') === '{other}'.repeat(5000));\n\
             for (let i = 0; i < 600 && !whole().every(Boolean); i++) await sleep(50);\nreturn whole().filter(Boolean).length;"
        )
    };
    place.write("a.ts", &code("a", "b"));
    place.write("b.ts", &code("b", "a"));
    let run = |file: &str, more: &[&str]| {
        let told = place.ok(&[&["run", file, "--json"], more].concat());
        serde_json::from_str::<Value>(&told).unwrap()["result"].clone()
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| run("a.ts", &[]));
        (run("b.ts", &[]), one.join().unwrap())
    });
    assert_eq!((one, other), (json!(20), json!(20)));
    place.write("look.ts", "return require('fs').readdirSync('/workspace');");
    assert_eq!(run("look.ts", &["--session", "other"]), json!([]));
}

#[test]
fn sessions_that_nobody_used_are_forgotten_with_their_state() {
    let place = Place::with(&[]);
    place.settings("expose = \"code\"\nstate.max_age = \"1s\"\n");
    place.program("typescript", "require('fs').writeFileSync('/workspace/a', 'a'); await state.set('k', 1);");
    let prune =
        || serde_json::from_str::<Value>(&place.ok(&["executions", "prune", "--json"])).unwrap()["sessions"].clone();
    assert_eq!(prune(), 0, "it was used just now");
    place.wait_for(|| prune() == 1);
    assert_eq!(place.ok(&["workspace", "ls", "--json"]).trim(), "[]");
    assert_eq!(place.program("typescript", "return await state.list()")["result"], json!([]));
}

#[test]
fn a_replay_begins_with_the_files_that_the_program_began_with() {
    let place = Place::with(&[]);
    place.settings("expose = \"code\"\njournal.suspend_after = \"100ms\"\n");
    place.program("typescript", "require('fs').writeFileSync('/workspace/in', 'before')");
    let mut session = place.client();
    let code = "const fs = require('fs'); console.log('it had', fs.readFileSync('/workspace/in', 'utf8'));\n\
        fs.writeFileSync('/workspace/in', 'after'); await state.set('at', 1); await sleep(86400000);";
    let id = started(&mut session, "typescript", code);
    place.until(&["executions", "show", &id, "--json"], |shown| shown.contains("\"suspended\""));
    let output = place.run(&["replay", &id]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("it had before"), "{told}");
    assert_eq!(place.ok(&["workspace", "cat", "default", "in"]), "after", "its own files are left alone");
    session.end();
}
