//! Skills as tools and prompts of their own, and how their uses count in a search.

use crate::protocol::meta;
use crate::skills::{SAVES, parsed, shop};
use crate::support::{Place, Session};
use serde_json::{Value, json};
use std::fs;

const MANUAL: &str = "---\nname: sum-orders\ndescription: Adds up the orders of a page.\nparameters:\n  page: which page\n---\n\
    Read the page first, then say the sum in one line.\n";
const CODE: &str = "import { listOrders } from '../../servers/shop';\n\
    export async function sumOrders(page: number, least?: number): Promise<number> {\n  \
    const { rows } = await listOrders({ page });\n  return rows.filter((row: any) => row.total >= (least ?? 0)).reduce((sum: number, row: any) => sum + row.total, 0);\n}\n";
const PYTHON: &str = "async def count_words(text: str, *, kinds: list[str] = None) -> int:\n    \"\"\"Counts the words of a text.\"\"\"\n    \
    return [len(text.split()), kinds]\n";

fn exposing(more: &str) -> Place {
    let place = shop(&format!("{more}\n[skills]\nexpose = [\"sum-orders\", \"count-words\", \"gone\"]"));
    let folder = place.path().join(".outboard/skills");
    fs::create_dir_all(folder.join("sum-orders")).unwrap();
    fs::write(folder.join("sum-orders/SKILL.md"), MANUAL).unwrap();
    fs::write(folder.join("sum-orders/index.ts"), CODE).unwrap();
    fs::write(folder.join("count_words.py"), PYTHON).unwrap();
    place
}

fn listed(session: &mut Session) -> Vec<Value> {
    let answer = session.request("tools/list", json!({}));
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tools.iter().filter(|tool| tool["name"].as_str().unwrap().starts_with("skills__")).cloned().collect()
}

#[test]
fn an_exposed_skill_is_a_tool_and_its_manual_a_prompt() {
    let place = exposing("");
    let mut session = place.client();
    let [sum, count] = listed(&mut session).try_into().unwrap();
    assert_eq!(
        (&sum["name"], &sum["description"]),
        (&json!("skills__sum-orders"), &json!("Adds up the orders of a page."))
    );
    let schema = json!({"type": "object", "additionalProperties": false, "required": ["page"], "properties": {
        "page": {"type": "number", "description": "which page"}, "least": {"type": "number"}}});
    assert_eq!(sum["inputSchema"], schema);
    assert_eq!(count["inputSchema"]["required"], json!(["text"]), "{count}");
    for (name, arguments, told) in [
        ("skills__sum-orders", json!({"page": 2}), "result: 15"),
        ("skills__sum-orders", json!({"page": 2, "least": 5}), "result: 12.5"),
        ("skills__count-words", json!({"text": "a b c", "kinds": ["x"]}), "result: [3,[\"x\"]]"),
    ] {
        let (text, failed) = session.tool(name, arguments);
        assert!(
            !failed && text.starts_with("succeeded ex_") && text.replace(", ", ",").contains(told),
            "{name}: {text}"
        );
    }
    for (arguments, told) in [(json!({}), "\"page\" is missing"), (json!({"page": "2"}), "does not fit")] {
        let (text, failed) = session.tool("skills__sum-orders", arguments);
        assert!(failed && text.contains("invalid_arguments") && text.contains(told), "{text}");
    }
    let unknown = session.tool("skills__gone", json!({}));
    assert!(unknown.1 && unknown.0.contains("unknown"), "{unknown:?}");
    let prompts = session.request("prompts/list", json!({}));
    let prompts = prompts["result"]["prompts"].as_array().unwrap();
    assert_eq!(prompts.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["skills__sum-orders"]);
    let prompt = session.request("prompts/get", json!({"name": "skills__sum-orders"}));
    let text = prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap_or_else(|| panic!("{prompt}"));
    assert_eq!(text.trim(), "Read the page first, then say the sum in one line.");
    session.end();
    // Each call is an execution that imports the skill, with its own calls on record.
    let rows = parsed(&place.ok(&["executions", "--json"]));
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    let shown = parsed(&place.ok(&["executions", "show", rows[1]["id"].as_str().unwrap(), "--json"]));
    assert_eq!(shown["calls"][0]["tool"], "list_orders", "{shown}");
    let stats = parsed(&place.ok(&["skills", "stats", "--json"]));
    assert_eq!((&stats["skills"][0]["id"], &stats["skills"][0]["uses"]), (&json!("sum-orders"), &json!(2)), "{stats}");
}

#[test]
fn exposed_skills_stand_beside_whatever_else_is_shown() {
    for expose in ["direct", "code"] {
        let place = exposing(&format!("expose = {expose:?}"));
        let mut session = place.client();
        assert_eq!(listed(&mut session).len(), 2, "{expose}");
        let (text, _) = session.tool("skills__sum-orders", json!({"page": 1}));
        assert!(text.contains("result: 15"), "{expose}: {text}");
        session.end();
    }
    let place = shop("skills.expose = [\"No Name\"]");
    let (exit, told) = place.fails(&["skills", "list"]);
    assert!(exit == 2 && told.contains("skills.expose") && told.contains("save-sheet-as-csv"), "{told}");
}

#[test]
fn what_is_used_with_success_comes_first_among_equals() {
    let place = shop("");
    let folder = place.path().join(".outboard/skills");
    fs::create_dir_all(&folder).unwrap();
    for name in ["trimOne", "trimTwo"] {
        let code =
            format!("/** Trims every cell of a table. */\nexport const {name} = (cell: string) => cell.trim();\n");
        fs::write(folder.join(format!("{name}.ts")), code).unwrap();
        place.ok(&["skills", "show", name]);
    }
    let first = || {
        let found = parsed(&place.ok(&["search", "trim every cell of a table", "--server", "skills", "--json"]));
        found[0]["tool"].as_str().unwrap().to_owned()
    };
    let (before, after) = if first() == "trim-one" { ("One", "Two") } else { ("Two", "One") };
    let run = |name: &str, then: &str| {
        let code = format!("import {{ trim{name} }} from './skills/trim{name}';\ntrim{name}(' a ');\n{then}");
        place.program("typescript", &code)
    };
    for _ in 0..3 {
        assert_eq!(run(before, "throw new Error('no')")["status"], "failed");
        assert_eq!(run(after, "return 1")["status"], "succeeded");
    }
    assert_eq!(first(), format!("trim-{}", after.to_lowercase()));
}

/// Waits until the client was told of a change, and takes that away.
fn hears(session: &mut Session, what: &str) -> Value {
    let told = |note: &Value| note["method"] == format!("notifications/{what}/list_changed");
    match session.notes.iter().position(told) {
        Some(at) => session.notes.remove(at),
        None => session.next_note(told),
    }
}

#[test]
fn clients_hear_of_skills_that_a_program_a_person_or_another_process_changed() {
    let place = exposing("");
    let file = place.path().join(".outboard/skills/sum-orders/index.ts");
    let mut session = place.serve();
    let client = json!({"name": "t", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    let can = session.request("initialize", hello)["result"]["capabilities"].clone();
    assert!(can["tools"]["listChanged"] == true && can["prompts"]["listChanged"] == true, "{can}");
    assert_eq!(listed(&mut session).len(), 2);
    place.ok(&["skills", "history", "sum-orders"]);
    // By hand, as an editor does.
    fs::write(&file, CODE.replace("least?: number", "atLeast: number").replace("least ??", "atLeast ??")).unwrap();
    hears(&mut session, "tools");
    hears(&mut session, "prompts");
    assert_eq!(listed(&mut session)[0]["inputSchema"]["required"], json!(["page", "atLeast"]));
    for (command, required) in [("rollback", json!(["page"])), ("remove", Value::Null), ("rollback", json!(["page"]))] {
        place.ok(&["skills", command, "sum-orders"]);
        hears(&mut session, "tools");
        hears(&mut session, "prompts");
        let tools = listed(&mut session);
        let own = tools.iter().find(|tool| tool["name"] == "skills__sum-orders");
        assert_eq!(own.map_or(Value::Null, |own| own["inputSchema"]["required"].clone()), required, "{command}");
    }
    // A program of this session itself; it has no instructions, so the prompts are the same.
    let code = "require('fs').writeFileSync('/skills/gone.ts', '/** Is here. */\\nexport const gone = () => 1;')";
    let (text, failed) = session.tool("run_code", json!({"code": code, "language": "typescript"}));
    assert!(!failed && text.contains("skill gone saved"), "{text}");
    hears(&mut session, "tools");
    assert_eq!(listed(&mut session).len(), 3);
    assert!(!session.notes.iter().any(|note| note["method"] == "notifications/prompts/list_changed"));
    session.end();
}

#[test]
fn a_stateless_client_hears_what_it_subscribed_to_once_a_person_approved() {
    let place = shop("skills = { approval = \"model\", expose = [\"sum-orders\"] }");
    let mut session = place.serve();
    let wanted = json!({"notifications": {"toolsListChanged": true}, "_meta": meta(&json!({}))});
    let id = session.ask("subscriptions/listen", wanted);
    session.next_note(|note| note["method"] == "notifications/subscriptions/acknowledged");
    let saves = json!({"name": "run_code", "arguments": {"code": SAVES}, "_meta": meta(&json!({}))});
    let saved = session.request("tools/call", saves);
    assert!(saved.to_string().contains("skill sum-orders waiting"), "{saved}");
    assert_eq!(listed(&mut session).len(), 0, "nobody else sees it yet");
    place.ok(&["skills", "approve", "sum-orders"]);
    let told = hears(&mut session, "tools");
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id, "{told}");
    assert_eq!(listed(&mut session).len(), 1);
    let own = |note: &&Value| note["method"].as_str().is_some_and(|method| method.ends_with("list_changed"));
    assert_eq!(
        session.notes.iter().filter(own).count(),
        0,
        "it was told once, and of nothing else: {:?}",
        session.notes
    );
    session.end();
}

/// Prints what a search and a program take where there are many: `-- a_thousand --nocapture`.
#[test]
fn a_thousand_skills_are_found_and_imported() {
    let place = shop("");
    let folder = place.path().join(".outboard/skills");
    let kinds = ["rows of a sheet", "messages of a channel", "records of a log", "fields of a lead"];
    for at in 0..1_000 {
        let (name, kind) = (format!("part-{at}"), kinds[at % kinds.len()]);
        let own = folder.join(&name);
        fs::create_dir_all(&own).unwrap();
        let manual =
            format!("---\nname: {name}\ndescription: Sorts {kind} by column {at} and keeps the largest.\n---\n");
        fs::write(own.join("SKILL.md"), manual).unwrap();
        fs::write(own.join("index.ts"), format!("export function part{at}(n: number) {{ return n + {at} }}\n"))
            .unwrap();
    }
    let mut session = place.client();
    let mut timed = |what: &str, tool: &str, arguments: Value, told: &str| {
        let began = std::time::Instant::now();
        let (text, failed) = session.tool(tool, arguments);
        println!("{what:<24} {:>8.1} ms", began.elapsed().as_secs_f64() * 1e3);
        assert!(!failed && text.contains(told), "{what}: {text}");
    };
    let search = json!({"query": "sort messages by column 701 and keep the largest"});
    timed("first search", "search_tools", search.clone(), "skills/part-701");
    timed("search", "search_tools", search, "skills/part-701");
    let code = "import { part701 } from './skills/part-701';\nreturn part701(1);";
    for what in ["first program", "program that imports one", "program that imports one"] {
        timed(what, "run_code", json!({ "code": code }), "result: 702");
    }
    timed("program without skills", "run_code", json!({"code": "return 1"}), "result: 1");
    session.end();
}
