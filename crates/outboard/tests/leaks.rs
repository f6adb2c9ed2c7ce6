//! Programs that try to show a model what it must not see, and what is left of private values at rest.

use crate::privacy::{customers, place};
use crate::support::Place;
use serde_json::{Value, json};
use std::path::Path;

/// A program's report as a model would read it, and its rows of `privacy report`.
fn noted(place: &Place, language: &str, code: &str) -> (Value, Vec<Value>) {
    let report = place.program(language, code);
    let told = place.ok(&["privacy", "report", report["id"].as_str().unwrap(), "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    (report, told["notes"].as_array().unwrap().clone())
}

#[test]
fn what_became_a_token_is_listed_where_programs_see_tokens_too() {
    let place = place("privacy.inside = \"tokens\"", &customers(2));
    for (language, code) in [
        ("typescript", "const all = await crm.listCustomers();\nreturn all[1].email;"),
        ("python", "from servers import crm\ncrm.list_customers()[1]['email']"),
        ("bash", "call crm list_customers | jq '.[1].email'"),
    ] {
        let (report, notes) = noted(&place, language, code);
        assert!(report.to_string().contains("[EMAIL_2]"), "{language}: {report}");
        let row =
            notes.iter().find(|note| note["token"] == "[EMAIL_2]").unwrap_or_else(|| panic!("{language}: {notes:?}"));
        assert_eq!((&row["at"], &row["rule"]), (&json!("answer crm.list_customers /1/email"), &json!("email")));
    }
    let (_, notes) = noted(&place, "typescript", "return 1;");
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn what_became_a_token_in_a_direct_call_is_listed() {
    let place = place("", &customers(2));
    let mut session = place.client();
    let (told, _) = session.tool("call_tool", json!({"tool": "crm.list_customers", "arguments": {}}));
    assert!(told.contains("[EMAIL_2]"), "{told}");
    session.end();
    let audit = place.ok(&["audit", "--json"]);
    let mut rows = audit.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let call = rows.find(|row| row["kind"] == "tool").unwrap_or_else(|| panic!("{audit}"));
    let id = call["execution"].as_str().unwrap();
    let told: Value = serde_json::from_str(&place.ok(&["privacy", "report", id, "--json"])).unwrap();
    let row = told["notes"].as_array().unwrap().iter().find(|note| note["token"] == "[EMAIL_2]").unwrap();
    assert!(row["at"].as_str().unwrap().starts_with("answer /"), "{told}");
}

/// Every way of showing a value that costs a program one line, and what the border makes of it.
#[test]
fn a_program_that_wants_to_show_a_value_is_seen_through() {
    let given = customers(1);
    let (email, phone) = (given[0]["email"].as_str().unwrap(), given[0]["phone"].as_str().unwrap());
    let place = place("", &given);
    let shown = |code: &str| {
        let report = place.program("typescript", &format!("const [one] = await crm.listCustomers();\n{code}"));
        let text = report.to_string();
        let letters = |gap: &str| email.chars().map(String::from).collect::<Vec<_>>().join(gap);
        let backwards: String = email.chars().rev().collect();
        let codes = email.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",");
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        for needle in [email, phone, &letters("\\n"), &letters("-"), &letters("\",\""), &backwards, &codes, &digits] {
            assert!(!text.contains(needle), "{code}\nshows {needle:?}: {text}");
        }
    };
    for code in [
        "return one.email;",
        "for (const c of one.email) console.log(c);",
        "return [...one.email].join('-');",
        "return [...one.email];",
        "return [...one.email].map((c) => c.charCodeAt(0));",
        "return [...one.email].reverse().join('');",
        "return { [one.email]: 1, ['to ' + one.phone]: [2] };",
        "throw new Error('no mail to ' + one.email);",
        "throw new Error([...one.email].join('-'));",
        "console.table([{ mail: one.email, phone: one.phone }]); return 1;",
        "console.error(one.email.toUpperCase(), encodeURIComponent(one.email)); return one.email.toUpperCase().length;",
        "return Number(one.phone.replace(/[^0-9]/g, ''));",
        "return JSON.stringify(JSON.stringify({ a: one.email }));",
        "require('fs').writeFileSync('/workspace/' + one.email, one.phone); return require('fs').readdirSync('/workspace');",
        "return require('fs').readFileSync('/workspace/' + one.email + '.none', 'utf8');",
        "await mail.add({ email: { no: one.email } });",
        "await crm[one.email]();",
        "return await searchTools(one.email).then((all) => [one.email, all.length]);",
    ] {
        shown(code);
    }
}

/// Said in the documentation: what a program encodes in a way of its own reaches the model.
#[test]
fn what_a_program_encodes_in_its_own_way_is_not_seen_through() {
    let given = customers(1);
    let email = given[0]["email"].as_str().unwrap();
    let place = place("", &given);
    let code = "const [one] = await crm.listCustomers();\nreturn [...one.email].map((c) => String.fromCharCode(c.charCodeAt(0) + 1)).join('');";
    // Digits in it may look like a number of somebody's by chance: its letters do not.
    let shifted: String = email.bytes().map(|byte| char::from(byte + 1)).collect();
    let letters: Vec<_> = shifted.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 3).collect();
    let shown = place.program("typescript", code)["result"].to_string();
    assert!(!letters.is_empty() && letters.iter().all(|word| shown.contains(word)), "{shifted}: {shown}");
}

#[test]
fn exit_messages_and_tracebacks_of_python_are_protected() {
    let given = customers(1);
    let email = given[0]["email"].as_str().unwrap();
    let place = place("", &given);
    for code in [
        "import sys\nfrom servers import crm\nsys.exit('bye ' + crm.list_customers()[0]['email'])",
        "from servers import crm\nraise ValueError(crm.list_customers()[0]['email'])",
        "from servers import crm\n{}[crm.list_customers()[0]['email']]",
        "from servers import crm\nprint(*crm.list_customers()[0]['email'])\nprint(crm.list_customers()[0]['email'][::-1])",
        "from servers import crm\nopen('/workspace/' + crm.list_customers()[0]['email'])",
        "from servers import crm\nlist(crm.list_customers()[0]['email'].encode())",
    ] {
        let text = place.program("python", code).to_string();
        let spaced = email.chars().map(String::from).collect::<Vec<_>>().join(" ");
        let backwards: String = email.chars().rev().collect();
        for needle in [email, &spaced, &backwards] {
            assert!(!text.contains(needle), "{code}\n{text}");
        }
    }
}

fn everything(folder: &Path) -> String {
    let parts = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|one| match one.path() {
        path if path.is_dir() => everything(&path),
        path => format!("{}\n{}", path.display(), String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default())),
    });
    parts.collect()
}

#[test]
fn files_kept_for_replays_and_large_answers_are_sealed() {
    let given = customers(900);
    let place = place("", &given);
    let email = given[7]["email"].as_str().unwrap();
    let write = "const all = await crm.listCustomers();\nrequire('fs').writeFileSync('/workspace/all.json', JSON.stringify(all));\nreturn all.length;";
    assert_eq!(place.program("typescript", write)["result"], 900);
    let read = "return require('fs').readFileSync('/workspace/all.json', 'utf8').length;";
    let report = place.program("typescript", read);
    let state = place.path().join(".outboard");
    place.wait_for(|| state.join("files/executions").is_dir());
    assert!(everything(&state.join("blobs")).len() > 64 * 1024, "the answer is large");
    for folder in ["files", "blobs", "snapshots"] {
        let kept = everything(&state.join(folder));
        assert!(!kept.contains(email) && !kept.contains("all.json"), "{folder}");
    }
    place.ok(&["workspace", "rm", "default", "all.json"]);
    let id = report["id"].as_str().unwrap();
    let again = place.ok(&["replay", id]);
    assert!(again.contains(&report["result"].to_string()), "the replay begins with the files: {again}");
}

#[test]
fn scanning_says_what_it_cannot_read() {
    let place = place("", &[]);
    std::fs::write(place.path().join("latin"), b"caf\xe9 ada@x.example").unwrap();
    let (code, told) = place.fails(&["privacy", "scan", "latin"]);
    assert!(code == 2 && told.contains("byte 3") && told.contains("iconv"), "{told}");
    std::fs::write(place.path().join("binary"), [0, 1, 2, 255, 254]).unwrap();
    assert_eq!(place.fails(&["privacy", "scan", "binary"]).0, 2);
    let deep = format!("{}\"ada@x.example\"{}", "[".repeat(5_000), "]".repeat(5_000));
    place.write("deep.json", &deep);
    let spans: Value = serde_json::from_str(&place.ok(&["privacy", "scan", "deep.json", "--json"])).unwrap();
    assert_eq!((&spans[0]["kind"], &spans[0]["start"]), (&json!("EMAIL"), &json!(5_001)), "read as a text");
    let file = std::fs::File::create(place.path().join("huge")).unwrap();
    file.set_len((256 << 20) + 1).unwrap();
    let (code, told) = place.fails(&["privacy", "scan", "huge"]);
    assert!(code == 2 && told.contains("256 MiB") && told.contains("split"), "{told}");
}

#[test]
fn a_large_table_is_scanned_to_its_end() {
    let place = place("", &[]);
    let rows: String = (0..120_000).map(|row| format!("{row},Ada Lovelace,a{row}@x.example\n")).collect();
    place.write("all.csv", &format!("id,name,email\n{rows}"));
    let spans: Vec<Value> = serde_json::from_str(&place.ok(&["privacy", "scan", "all.csv", "--json"])).unwrap();
    assert_eq!(spans.len(), 240_000);
    assert_eq!(spans.iter().filter(|span| span["kind"] == "NAME").count(), 120_000);
}
