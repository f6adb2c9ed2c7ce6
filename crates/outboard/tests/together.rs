//! Several at once on one workspace and the same skills: two servers, programs in three languages, and a person at a
//! terminal.

use crate::skills::parsed;
use crate::support::{Place, Session};
use serde_json::{Value, json};
use std::fs;

const ROUNDS: usize = 3;

/// Writes files whole, reads those of everybody, counts, and saves a skill that others save as well.
fn program(language: &str, who: &str) -> String {
    let text = match language {
        "typescript" => {
            "const fs = require('fs');\n\
            for (let i = 0; i < 5; i++) {\n  \
              fs.writeFileSync('/workspace/WHO.part', JSON.stringify({ by: 'WHO', text: 'x'.repeat(20000) }));\n  \
              fs.renameSync('/workspace/WHO.part', `/workspace/WHO${i}.json`);\n  \
              await state.update('count', (n) => n + 1, 0);\n\
            }\n\
            const names = fs.readdirSync('/workspace').filter((name) => name.endsWith('.json'));\n\
            names.forEach((name) => JSON.parse(fs.readFileSync(`/workspace/${name}`, 'utf8')));\n\
            fs.writeFileSync('/skills/shared.ts', `/** Says who. */\\nexport const shared = () => 'WHO';\\n`);\n\
            return 'done';"
        }
        "python" => {
            "import json, os\n\
            for i in range(5):\n    \
                with open('/workspace/WHO.part', 'w') as file:\n        \
                    json.dump({'by': 'WHO', 'text': 'x' * 20000}, file)\n    \
                os.rename('/workspace/WHO.part', f'/workspace/WHO{i}.json')\n    \
                state.update('count', lambda n: n + 1, 0)\n\
            for name in os.listdir('/workspace'):\n    \
                if name.endswith('.json'):\n        \
                    json.load(open(f'/workspace/{name}'))\n\
            with open('/skills/said_by.py', 'w') as file:\n    \
                file.write('def said_by():\\n    \"\"\"Says who.\"\"\"\\n    return \"WHO\"\\n')\n\
            'done'"
        }
        _ => {
            "for i in 0 1 2 3 4; do\n  \
              head -c 20000 /dev/zero | tr '\\0' x | jq -Rc '{by: \"WHO\", text: .}' > /workspace/WHO.part\n  \
              mv /workspace/WHO.part /workspace/WHO$i.json\n  \
              state update count jq -c '. + 1' > /dev/null\n\
            done\n\
            for file in /workspace/*.json; do jq -e .text \"$file\" > /dev/null || exit 9; done\n\
            printf '/** Says who. */\\nexport const shared = () => \"WHO\";\\n' > /skills/shared.ts\n\
            echo done"
        }
    };
    text.replace("WHO", who)
}

/// One client with a server of its own.
fn client(mut session: Session, who: &str) {
    for round in 0..ROUNDS {
        for language in ["typescript", "python", "bash"] {
            let code = program(language, &format!("{who}{language}{round}"));
            let arguments = json!({"code": code, "language": language, "session": "shared"});
            let (text, failed) = session.tool("run_code", arguments);
            assert!(!failed && text.contains("done"), "{who} {round} {language}: {text}");
            assert!(text.contains(" saved: "), "{who} {round} {language}: {text}");
        }
    }
    assert_eq!(session.end(), 0);
}

/// A person who looks, puts files there and goes back to earlier versions meanwhile.
fn person(place: &Place) {
    for round in 0..ROUNDS * 2 {
        place.write("mine.json", &json!({"by": "person", "text": "y".repeat(300_000 + round)}).to_string());
        place.ok(&["workspace", "put", "shared", "mine.json", "mine.json"]);
        assert_eq!(parsed(&place.ok(&["workspace", "cat", "shared", "mine.json"]))["by"], "person");
        place.ok(&["workspace", "ls", "shared", "--json"]);
        for row in parsed(&place.ok(&["skills", "list", "--json"])).as_array().unwrap() {
            assert_eq!(row["status"], "active", "{row}");
            // Where there is no other version yet, there is nothing to go back to.
            let output = place.run(&["skills", "rollback", row["id"].as_str().unwrap()]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() || told.contains("no version before"), "{told}");
        }
    }
}

#[test]
fn two_servers_and_a_person_hammer_one_workspace_and_the_same_skills() {
    let place = Place::with(&[]);
    place.ok(&["state", "set", "count", "0", "--session", "shared"]);
    std::thread::scope(|scope| {
        for who in ["a", "b"] {
            let session = place.client();
            scope.spawn(move || client(session, who));
        }
        scope.spawn(|| person(&place));
    });
    let programs = 2 * ROUNDS * 3;
    let count = parsed(&place.ok(&["state", "get", "count", "--session", "shared"]));
    assert_eq!(count, json!(programs * 5), "no change is lost");
    let files = parsed(&place.ok(&["workspace", "ls", "shared", "--json"]));
    let names: Vec<&str> = files.as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap()).collect();
    assert_eq!(names.len(), programs * 5 + 1, "nothing is left half written: {names:?}");
    let saves = |entries: &Value| entries.as_array().unwrap().iter().filter(|entry| entry["what"] == "save").count();
    for (name, saved) in [("shared", 2 * ROUNDS * 2), ("said-by", 2 * ROUNDS)] {
        let entries = parsed(&place.ok(&["skills", "history", name, "--json"]));
        assert_eq!(saves(&entries), saved, "{entries}");
        let versions = entries.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap());
        let now = parsed(&place.ok(&["skills", "show", name, "--json"]))["version"].clone();
        for version in versions.filter(|version| now != **version).take(3) {
            assert!(place.ok(&["skills", "diff", name, version]).contains("+"), "{version} is whole");
        }
    }
    for left in fs::read_dir(place.path().join(".outboard/skills")).unwrap() {
        assert!(!left.unwrap().file_name().to_string_lossy().starts_with('.'));
    }
}

#[test]
fn a_full_workspace_is_full_for_everybody_and_can_be_emptied() {
    let place = Place::with(&[]);
    place.settings("sandbox.disk_mb = 4\n");
    let fill = |who: &str| {
        format!(
            "for i in range(12):\n    open(f'/workspace/{who}{{i}}', 'wb').write(b'x' * (1 << 18))\n    sleep(0.01)\nsleep(1)\n'full'"
        )
    };
    for who in ["a", "b"] {
        place.write(&format!("{who}.py"), &fill(who));
    }
    let ends: Vec<Value> = std::thread::scope(|scope| {
        let run = |file: &'static str| parsed(&String::from_utf8(place.run(&["run", file, "--json"]).stdout).unwrap());
        let both = ["a.py", "b.py"].map(|file| scope.spawn(move || run(file)));
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(ends.iter().any(|end| end["error"]["code"] == "limit_exceeded"), "{ends:?}");
    place.write("small", "small");
    let (exit, told) = place.fails(&["workspace", "put", "default", "in/small", "small"]);
    assert!(exit == 1 && told.contains("limit_exceeded") && told.contains("sandbox.disk_mb"), "{told}");
    assert!(!place.ok(&["workspace", "ls", "default"]).contains("small"));
    let report = place.program("python", "1");
    assert_eq!(report["error"]["code"], "limit_exceeded", "it is said before anything runs: {report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("workspace rm"), "{report}");
    place.ok(&["workspace", "rm", "default"]);
    place.ok(&["workspace", "put", "default", "in/small", "small"]);
    assert_eq!(place.program("python", "open('/workspace/in/small').read()")["result"], "small");
}
