//! Private values: the model works with them and never sees them.

use crate::support::Place;
use aho_corasick::AhoCorasick;
use serde_json::{Value, json};
use std::path::Path;

/// A server that keeps what it is sent, in a file that only this test reads.
const SERVER: &str = r#"
store, given = sys.argv[1], sys.argv[2]
text = {"type": "string"}
tools = [
    {"name": "list_customers", "inputSchema": {"type": "object", "properties": {}}, "annotations": {"readOnlyHint": True}},
    {"name": "desk", "inputSchema": {"type": "object", "properties": {}}, "outputSchema": {"type": "object", "properties": {
        "extension": {"type": "string", "format": "phone"}, "login": {"type": "string", "format": "password"}}}},
    {"name": "add", "inputSchema": {"type": "object", "properties": {"email": text, "name": text, "note": text}}},
]
def call(name, arguments, meta):
    if name == "list_customers":
        return open(given).read()
    if name == "desk":
        return {"extension": "ext. 4-711", "login": "correct horse"}
    with open(store, "a") as file:
        file.write(json.dumps(arguments) + "\n")
    return {"ok": True}
serve(tools, call)
"#;

/// Fresh customers: no two runs have the same.
pub(crate) fn customers(count: usize) -> Vec<Value> {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as usize;
    let letters = |mut number: usize| -> String {
        (0..6)
            .map(|_| {
                number = number / 23 + 7;
                (b'a' + (number % 26) as u8) as char
            })
            .collect()
    };
    let one = |at: usize| {
        let (name, number) = (letters(seed.wrapping_mul(at + 31)), (seed + at * 7919) % 1_000_000);
        json!({"id": at, "email": format!("{name}.{at}@mail-{number}.example"), "phone": format!("+1 415 55{:01} {:04}", at % 10, number % 10_000)})
    };
    (0..count).map(one).collect()
}

pub(crate) fn place(more: &str, given: &[Value]) -> Place {
    let place = Place::with(&[]);
    place.write("given.json", &json!(given).to_string());
    let server = |name: &str| place.python(name, SERVER, &[&format!("{name}.log"), "given.json"]);
    place.settings(&format!("expose = \"code\"\n{more}\n{}{}", server("crm"), server("mail")));
    place
}

fn sent(place: &Place) -> Vec<Value> {
    let text = std::fs::read_to_string(place.path().join("mail.log")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every file that Outboard made.
fn kept(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| match entry.file_type().unwrap() {
            kind if kind.is_dir() => kept(&entry.path()),
            kind if kind.is_file() => vec![(entry.path().display().to_string(), std::fs::read(entry.path()).unwrap())],
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn a_thousand_customers_move_and_nobody_in_between_can_read_them() {
    let given = customers(1_000);
    let place = place("sandbox.total_calls = 2000", &given);
    let code = "const all = await crm.listCustomers();\nawait Promise.all(all.map((one) => mail.add({ email: one.email, note: one.phone })));\n\
        console.log('first', all[0].email, all[0].phone);\nreturn { sent: all.length, some: all.slice(0, 50) };";
    let mut session = place.client();
    let (report, error) = session.tool("run_code", json!({"code": code, "wait_s": 45, "max_tokens": 20_000}));
    assert!(!error && report.contains("[EMAIL_1]") && report.contains("\"sent\":1000"), "{report}");
    let (direct, _) = session.tool("call_tool", json!({"tool": "crm.list_customers", "arguments": {}}));
    assert!(direct.contains("[EMAIL_1]"), "one value, one token: {direct}");
    session.end();
    let mut arrived = sent(&place);
    let number =
        |one: &Value| one["email"].as_str().unwrap().split(['.', '@']).nth(1).unwrap().parse::<usize>().unwrap();
    arrived.sort_by_key(number);
    assert_eq!(arrived.len(), 1_000);
    assert!(
        arrived.iter().zip(&given).all(|(got, sent)| got["email"] == sent["email"] && got["note"] == sent["phone"])
    );
    let files = kept(&place.path().join(".outboard"));
    let all = files.iter().map(|(_, bytes)| bytes.as_slice()).chain([report.as_bytes(), direct.as_bytes()]);
    let all: Vec<_> = all.map(String::from_utf8_lossy).collect();
    let all = all.join("\n");
    let needles = given.iter().flat_map(|one| [&one["email"], &one["phone"]]).map(|value| value.as_str().unwrap());
    let found = AhoCorasick::new(needles).unwrap().find(&all);
    assert_eq!(found.map(|found| &all[found.range()]), None, "can be read");
}

#[test]
fn a_token_that_the_model_writes_is_the_value_again() {
    let given = customers(3);
    let place = place("", &given);
    let shown = place.program("typescript", "return (await crm.listCustomers()).map((one) => one.email);");
    assert_eq!(shown["result"], json!(["[EMAIL_1]", "[EMAIL_2]", "[EMAIL_3]"]), "{shown}");
    for (language, code) in [
        (
            "typescript",
            "const all = await crm.listCustomers();\nconst one = all.find((one) => one.email === '[EMAIL_2]');\nawait mail.add({ email: one.email, note: `to [EMAIL_2]` });\nreturn one.id;",
        ),
        (
            "python",
            "from servers import crm, mail\none = next(one for one in crm.list_customers() if one['email'] == '[EMAIL_2]')\nmail.add(email=one['email'], note='to [EMAIL_2]')\none['id']",
        ),
        ("bash", "call mail add email='[EMAIL_2]' note='to [EMAIL_2]'; echo 1"),
    ] {
        let report = place.program(language, code);
        assert_eq!(report["status"], "succeeded", "{language}: {report}");
        let last = sent(&place).pop().unwrap();
        let email = given[1]["email"].as_str().unwrap();
        assert_eq!((&last["email"], &last["note"]), (&json!(email), &json!(format!("to {email}"))), "{language}");
    }
    let report = place.program("typescript", "return (await mail.add({ email: '[EMAIL_99]' }).catch((e) => e.code));");
    assert_eq!(report["result"], "unknown_token", "{report}");
    assert_eq!(sent(&place).len(), 3, "a made-up token is not sent");
    place.write("input.py", "def run(input):\n    return input['email'] == '[EMAIL_1]' and '@' in input['email']\n");
    let told = place.ok(&["run", "input.py", "--input", "{\"email\": \"[EMAIL_1]\"}", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["result"], true, "{told}");
}

#[test]
fn programs_can_be_kept_from_private_values_too() {
    let given = customers(2);
    let place = place("privacy.inside = \"tokens\"", &given);
    let code = "const all = await crm.listCustomers();\nawait mail.add({ email: all[0].email });\nreturn [all[0].email.length, all[0].email.includes('@')];";
    let report = place.program("typescript", code);
    assert_eq!(report["result"], json!(["[EMAIL_1]".len(), false]), "{report}");
    assert_eq!(sent(&place)[0]["email"], given[0]["email"], "the tool gets it");
}

#[test]
fn values_do_not_flow_where_a_rule_forbids_it() {
    let given = customers(2);
    let rule = "[[privacy.flows]]\nfrom = [\"crm\"]\nto = [\"mail\"]\nkinds = [\"EMAIL\"]\naction = \"deny\"\nreason = \"customers opted out\"\n";
    let place = place(rule, &given);
    for code in [
        "const [one] = await crm.listCustomers(); return await mail.add({ email: one.email }).catch((e) => [e.code, e.message]);",
        "const [one] = await crm.listCustomers(); return await mail.add({ note: 'x ' + btoa('ab' + one.email.toUpperCase()) }).catch((e) => [e.code, e.message]);",
    ] {
        let report = place.program("typescript", code);
        assert_eq!(report["result"][0], "flow_denied", "{code}: {report}");
        let told = report["result"][1].as_str().unwrap();
        assert!(told.contains("[EMAIL_1]") && told.contains("opted out") && !told.contains('@'), "{told}");
    }
    let report = place.program("typescript", "return await mail.add({ email: 'press@outboard.example' });");
    assert_eq!(report["result"], json!({"ok": true}), "others may go: {report}");
    assert_eq!(sent(&place).len(), 1);
}

#[test]
fn credentials_are_never_shown_in_any_encoding() {
    let place = place("", &[]);
    let secret = "s3cr3t-Value-0815-xyz";
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("{settings}env = {{ MAIL_TOKEN = \"{secret}\" }}\n"));
    let code = format!(
        "const s = '{secret}'; console.log(s, btoa(s)); return [s, btoa('x' + s), encodeURIComponent(s + '/')];"
    );
    let report = place.program("typescript", &code).to_string();
    assert!(
        report.contains("[SECRET:mail.MAIL_TOKEN]") && !report.contains(secret) && !report.contains("czNjcjN0"),
        "{report}"
    );
}

#[test]
fn known_values_are_hidden_in_base64_and_hexadecimal_digits_too() {
    let given = customers(1);
    let place = place("", &given);
    let code = "const [one] = await crm.listCustomers();\nconst hex = [...new TextEncoder().encode(one.email)].map((b) => b.toString(16).padStart(2, '0')).join('');\n\
        return [btoa('id=7;' + one.email + ';'), hex, btoa(one.email).length > 20, btoa('nothing private in here')];";
    let report = place.program("typescript", code);
    assert_eq!(
        report["result"],
        json!(["[PRIVATE_1]", "[PRIVATE_2]", true, "bm90aGluZyBwcml2YXRlIGluIGhlcmU="]),
        "{report}"
    );
    let report = place.program("typescript", "return await mail.add({ note: atob('[PRIVATE_1]') });");
    assert_eq!(report["status"], "succeeded", "{report}");
    assert_eq!(
        sent(&place)[0]["note"],
        format!("id=7;{};", given[0]["email"].as_str().unwrap()),
        "its token is it again"
    );
}

#[test]
fn a_token_of_another_session_is_not_sent() {
    let place = place("", &customers(2));
    place.program("typescript", "return (await crm.listCustomers()).map((one) => one.email);");
    place.write("other", "return await mail.add({ email: '[EMAIL_1]' }).catch((e) => [e.code, e.message]);");
    let told = place.ok(&["run", "other", "--language", "typescript", "--session", "other", "--json"]);
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["result"][0], "unknown_token", "{report}");
    assert!(report["result"][1].as_str().unwrap().contains("only in the session"), "{report}");
    assert!(sent(&place).is_empty());
}

#[test]
fn a_name_stays_private_when_a_program_takes_it_out_of_its_record() {
    let person = json!({"name": "Wilhelmina Okonkwo", "email": "w@o.example", "phone": "555-0199", "address": {"street": "12 Elm Row"}});
    let place = place("", &[person]);
    let code = "const [one] = await crm.listCustomers();\nconsole.log(`${one.name} of ${one.address.street}`);\nreturn [[one.name, one.phone], one.name.toUpperCase()];";
    for code in [code.to_owned(), format!("// again\n{code}")] {
        let report = place.program("typescript", &code);
        assert_eq!(report["result"], json!([["[NAME_1]", "[PHONE_1]"], "[NAME_1]"]), "{report}");
        assert_eq!(report["stdout"], "[NAME_1] of [ADDRESS_1]\n", "{report}");
    }
}

#[test]
fn privacy_can_be_turned_off() {
    let given = customers(1);
    let place = place("privacy.enabled = false", &given);
    let report = place.program("typescript", "return (await crm.listCustomers())[0].email;");
    assert_eq!(report["result"], given[0]["email"], "{report}");
    assert!(!place.path().join(".outboard/vault.sqlite").exists());
}

#[test]
fn what_was_kept_from_a_model_is_shown_revealed_and_forgotten() {
    let given = customers(2);
    let email = given[0]["email"].as_str().unwrap();
    let place = place("", &given);
    let report = place.program("typescript", "return { first: (await crm.listCustomers())[0].email };");
    let shown: Value =
        serde_json::from_str(&place.ok(&["privacy", "report", report["id"].as_str().unwrap(), "--json"])).unwrap();
    assert_eq!((&shown["notes"][0]["token"], &shown["notes"][0]["at"]), (&json!("[EMAIL_1]"), &json!("result /first")));
    assert_eq!(place.ok(&["privacy", "reveal", "default", "[EMAIL_1]"]).trim(), email);
    let audit = place.ok(&["audit", "--json"]);
    assert!(audit.contains("\"kind\":\"reveal\"") && !audit.contains(email), "{audit}");
    let (code, told) = place.fails(&["privacy", "reveal", "other", "[EMAIL_1]"]);
    assert!(code == 1 && told.contains("unknown_token"), "another session's token stands for nothing: {told}");
    let sessions: Value = serde_json::from_str(&place.ok(&["privacy", "sessions", "--json"])).unwrap();
    assert_eq!((&sessions[0]["id"], &sessions[0]["principal"]), (&json!("default"), &json!("local")));
    place.ok(&["privacy", "forget", "--value", email]);
    assert_eq!(place.fails(&["privacy", "reveal", "default", "[EMAIL_1]"]).0, 1);
    place.ok(&["privacy", "forget", "default"]);
    assert_eq!(place.ok(&["privacy", "sessions", "--json"]).trim(), "[]");
}

#[test]
fn texts_and_json_are_scanned() {
    let place = place("", &[]);
    place.write("note.txt", "Grüße an ada.lovelace@example.org, bitte.");
    let spans: Value = serde_json::from_str(&place.ok(&["privacy", "scan", "note.txt", "--json"])).unwrap();
    assert_eq!((&spans[0]["start"], &spans[0]["end"], &spans[0]["kind"]), (&json!(9), &json!(33), &json!("EMAIL")));
    place.write("note.json", "{\"rows\": [{\"who\": \"ada.lovelace@example.org\"}]}");
    let spans: Value = serde_json::from_str(&place.ok(&["privacy", "scan", "note.json", "--json"])).unwrap();
    assert_eq!(spans[0]["pointer"], "/rows/0/who", "{spans}");
    let (code, _) = place.fails(&["privacy", "scan", "none.txt"]);
    assert_eq!(code, 2);
}

#[test]
fn an_exported_execution_holds_tokens_unless_a_plain_one_is_asked_for() {
    let given = customers(3);
    let place = place("", &given);
    let email = given[1]["email"].as_str().unwrap();
    let code = format!(
        "const all = await crm.listCustomers();\nawait mail.add({{ email: '{email}', note: `to ${{all[0].email}}` }});\nreturn all;"
    );
    let report = place.program("typescript", &code);
    let id = report["id"].as_str().unwrap();
    let masked = place.ok(&["executions", "export", id, "-"]);
    let parcel: Value = serde_json::from_str(&masked).expect("it stays JSON");
    assert!(parcel["execution"]["record"]["code"].as_str().unwrap().contains("[EMAIL_"), "{masked}");
    for one in &given {
        for value in [&one["email"], &one["phone"]] {
            assert!(!masked.contains(value.as_str().unwrap()), "{value} is in {masked}");
        }
    }
    let audited = |rows: &str| rows.matches("\"kind\":\"export\"").count();
    assert_eq!(audited(&place.ok(&["audit", "--json"])), 0);
    let plain = place.ok(&["executions", "export", id, "-", "--plain"]);
    assert!(given.iter().all(|one| plain.contains(one["email"].as_str().unwrap())), "{plain}");
    assert_eq!(audited(&place.ok(&["audit", "--json"])), 1);
}

#[test]
fn log_lines_hold_neither_credentials_nor_private_values() {
    let given = customers(1);
    let place = place("", &given);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let (secret, email) = ("s3cr3t-Value-0815-xyz", given[0]["email"].as_str().unwrap());
    // A server that ends with words on its stderr, which are logged.
    place.write("dying.json", r#"{"tools": [{"name": "go", "inputSchema": {"type": "object"}}]}"#);
    place.settings(&format!(
        "{settings}[servers.dying]\ncommand = \"sh\"\nargs = [\"-c\", \"echo $KEY of {email} >&2; exit 3\"]\n\
         env = {{ KEY = \"{secret}\" }}\ncatalog_file = \"dying.json\"\n"
    ));
    let code = format!("await tokenize('{email}', 'EMAIL');\nreturn await dying.go().catch((e) => e.code);");
    place.write("program", &code);
    let output = place.run(&["run", "program", "--language", "typescript", "--json", "-v"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("[SECRET:dying.KEY] of [EMAIL]"), "{told}");
    assert!(!told.contains(secret) && !told.contains(email), "{told}");
}

#[test]
fn a_command_can_give_the_key() {
    let given = customers(1);
    let place = place("privacy.key_command = [\"sh\", \"-c\", \"echo asked >> asked; cat key\"]", &given);
    place.write("key", &"5a".repeat(32));
    let code = "return (await crm.listCustomers())[0].email;";
    assert_eq!(place.program("typescript", code)["result"], "[EMAIL_1]");
    let asked = || std::fs::read_to_string(place.path().join("asked")).unwrap().lines().count();
    assert_eq!(asked(), 1, "once in the life of a process");
    assert!(!place.path().join(".config/outboard/vault.key").exists());
    place.write("key", &"5b".repeat(32));
    let (code, told) = place.fails(&["privacy", "reveal", "default", "[EMAIL_1]"]);
    assert!(code != 0 && told.contains("privacy.key_command"), "{told}");
    place.write("key", "");
    std::fs::remove_file(place.path().join("key")).unwrap();
    let (_, told) = place.fails(&["privacy", "sessions"]);
    assert!(told.contains("ended with"), "{told}");
}

#[test]
fn what_an_output_schema_declares_is_private_whatever_it_looks_like() {
    let place = place("", &[]);
    let code = "const desk = await crm.desk();\nconsole.log(`call ${desk.extension}`);\nreturn [desk.login, desk.login.length, 'say correct horse'];";
    let report = place.program("typescript", code);
    assert_eq!(report["result"], json!(["[SECRET_1]", 13, "say [SECRET_1]"]), "{report}");
    assert_eq!(report["stdout"], "call [PHONE_1]\n", "{report}");
}

#[test]
fn what_an_output_schema_declares_is_private_in_direct_calls_too() {
    let place = place("", &[]);
    let mut session = place.client();
    let (told, _) = session.tool("call_tool", json!({"tool": "crm.desk", "arguments": {}}));
    assert!(told.contains("[SECRET_1]") && told.contains("[PHONE_1]"), "{told}");
    assert!(!told.contains("correct horse") && !told.contains("4-711"), "{told}");
    session.end();
}
