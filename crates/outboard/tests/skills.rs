//! Skills from the program that saves one to the program that imports it, and what people do with them in between.

use crate::support::Place;
use serde_json::{Value, json};
use std::fs;

/// A server whose definitions are in a file beside it, so that they can change.
const SERVER: &str = r#"
import json, os, sys
HERE = os.path.dirname(os.path.abspath(__file__))
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("id") is None:
        continue
    method, result = asked["method"], {}
    if method == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "shop", "version": "1"}}
    elif method == "tools/list":
        with open(os.path.join(HERE, "tools.json")) as file:
            result = {"tools": json.load(file)}
    elif method == "tools/call":
        page = asked["params"]["arguments"]["page"]
        rows = [{"id": page * 10 + at, "total": at * 2.5} for at in range(4)]
        result = {"content": [{"type": "text", "text": json.dumps({"rows": rows})}]}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"#;

fn tools(description: &str) -> String {
    json!([{
        "name": "list_orders", "description": description, "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "properties": {"page": {"type": "integer"}}, "required": ["page"]},
    }])
    .to_string()
}

pub(crate) fn shop(more: &str) -> Place {
    let place = Place::with(&[]);
    place.write("shop.py", SERVER);
    place.write("tools.json", &tools("Lists orders."));
    let script = place.path().join("shop.py").display().to_string();
    place.settings(&format!("{more}\n[servers.shop]\ncommand = \"python3\"\nargs = [{script:?}]\n"));
    place
}

pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A program that solves a task and keeps how.
pub(crate) const SAVES: &str = "import { writeFile, mkdir } from 'fs/promises';\nimport { listOrders } from './servers/shop';\n\
    const skill = `/** Adds up the totals of all orders on a page of the shop. */\nexport async function sumOrders(page: number): Promise<number> {\n  \
    const { rows } = await shop.listOrders({ page });\n  return rows.reduce((sum: number, row: any) => sum + row.total, 0);\n}\n`;\n\
    await writeFile('/skills/sum-orders.ts', skill);\nconst { rows } = await listOrders({ page: 1 });\nreturn rows.reduce((sum, row) => sum + row.total, 0);";

#[test]
fn one_program_saves_a_skill_and_the_next_finds_and_imports_it() {
    let place = shop("");
    let first = place.program("typescript", SAVES);
    assert_eq!((&first["status"], &first["result"]), (&json!("succeeded"), &json!(15)), "{first}");
    let saved = &first["skills"]["saved"][0];
    assert_eq!((&saved["name"], &saved["status"]), (&json!("sum-orders"), &json!("saved")), "{first}");
    let import = "import { sumOrders } from \"./skills/sum-orders\"; sumOrders(page: number): Promise<number>";
    assert_eq!(saved["text"], import, "{first}");
    let found = parsed(&place.ok(&["search", "add up the order totals of a page", "--json"]));
    assert_eq!((&found[0]["kind"], &found[0]["signature"]), (&json!("skill"), &json!(import)), "{found}");
    assert!(found.as_array().unwrap().iter().any(|hit| hit["kind"] == "tool"), "{found}");

    let second =
        place.program("typescript", "import { sumOrders } from './skills/sum-orders';\nreturn await sumOrders(2);");
    assert_eq!(second["result"], 15, "{second}");
    assert_eq!(second["skills"]["used"][0]["name"], "sum-orders", "{second}");
    let stats = parsed(&place.ok(&["skills", "stats", "--json"]));
    assert_eq!((&stats["skills"][0]["uses"], &stats["skills"][0]["succeeded"]), (&json!(1), &json!(1)), "{stats}");
    assert!(place.ok(&["skills", "stats"]).contains("sum-orders"));

    let tested = parsed(&place.ok(&["skills", "test", "sum-orders", "--json"]));
    assert_eq!((&tested["status"], tested["cases"].as_array().unwrap().len()), (&json!("passed"), 2), "{tested}");
    // Another definition: what was recorded still passes, and the change is told.
    place.write("tools.json", &tools("Lists orders, newest first."));
    let output = place.run(&["skills", "test", "sum-orders", "--refresh", "--json"]);
    let drifted = parsed(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((output.status.code(), &drifted["status"]), (Some(1), &json!("drifted")), "{drifted}");
    assert_eq!(
        (&drifted["drift"][0]["tool"], &drifted["drift"][0]["kind"]),
        (&json!("list_orders"), &json!("definition"))
    );
    // A version that calls something else is told from the recorded one.
    let file = place.path().join(".outboard/skills/sum-orders.ts");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("{ page }", "{ page: page + 1 }")).unwrap();
    let output = place.run(&["skills", "test", "sum-orders"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("failed ex_"), "{output:?}");
}

#[test]
fn a_broken_save_leaves_the_old_version() {
    let place = shop("");
    let write = |text: &str| {
        let code = format!("import fs from 'fs';\nfs.writeFileSync('/skills/greet.ts', {});\nreturn 1", json!(text));
        place.program("typescript", &code)["skills"]["saved"][0].clone()
    };
    assert_eq!(write("/** Greets. */\nexport const greet = (name: string) => `hello ${name}`;")["status"], "saved");
    let key = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
    for (text, part) in [
        ("export const greet = ;", "line 1"),
        ("console.log('no function')", "exports nothing"),
        (&format!("export const key = '{key}'"), "an AWS access key"),
        ("import { listOders } from './servers/shop';\nexport const f = () => listOders({ page: 1 })", "listOrders"),
    ] {
        let note = write(text);
        assert_eq!(note["status"], "refused", "{text}: {note}");
        assert!(note["text"].as_str().unwrap().contains(part), "{text}: {note}");
        assert!(!note["text"].as_str().unwrap().contains("AKIA"), "{note}");
    }
    let code = "import fs from 'fs';\nfs.writeFileSync('/skills/no\\nline.ts', 'x');";
    let odd = place.program("typescript", code)["skills"]["saved"][0].clone();
    assert_eq!(
        (&odd["status"], &odd["name"]),
        (&json!("refused"), &json!("no\u{fffd}line.ts")),
        "one line of a report"
    );
    let gone = place.program("typescript", "import fs from 'fs';\nfs.unlinkSync('/skills/greet.ts');");
    assert_eq!(gone["skills"]["saved"][0]["status"], "refused", "{gone}");
    let used = place.program("typescript", "import { greet } from '/skills/greet.ts';\nreturn greet('you')");
    assert_eq!(used["result"], "hello you", "{used}");
    assert_eq!(parsed(&place.ok(&["skills", "history", "greet", "--json"])).as_array().unwrap().len(), 1);
    let text = place.ok(&["run", "program"]);
    assert!(!text.contains("skill greet"), "what did not change is not mentioned: {text}");
}

#[test]
fn programs_of_both_languages_become_skills_with_their_first_test() {
    let place = shop("");
    for (language, code, name, using) in [
        (
            "typescript",
            "import { listOrders } from './servers/shop';\n// every order\nconst all = (await listOrders({ page: input.page })).rows;\nall.length",
            "count-orders",
            "import { countOrders } from './skills/count-orders';\nreturn await countOrders({ page: 3 });",
        ),
        (
            "python",
            "rows = shop.list_orders(page=input['page'])['rows']\ntext = '''two\nlines'''\nlen(rows) if text else None",
            "count_py",
            "from skills.count_py import count_py\ncount_py({'page': 3})",
        ),
    ] {
        place.write("program", code);
        let ran = parsed(&place.ok(&["run", "program", "--language", language, "--input", "{\"page\": 2}", "--json"]));
        assert_eq!(ran["result"], 4, "{ran}");
        let (id, name) = (ran["id"].as_str().unwrap(), name.replace('_', "-"));
        let (exit, told) = place.fails(&["skills", "save", id, "--name", &name]);
        assert!(exit == 1 && told.contains("skill_refused") && told.contains("--description"), "{told}");
        let saved =
            parsed(&place.ok(&["skills", "save", id, "--name", &name, "--description", "Counts orders.", "--json"]));
        assert_eq!(saved["id"], name, "{saved}");
        let tested = place.run(&["skills", "test", &name]);
        let told = String::from_utf8_lossy(&tested.stdout).into_owned();
        assert!(tested.status.success() && told.starts_with(&format!("passed {id}")), "{language}: {told} {tested:?}");
        let used = place.program(language, using);
        assert_eq!((&used["result"], &used["skills"]["used"][0]["name"]), (&json!(4), &json!(name)), "{used}");
        let shown = parsed(&place.ok(&["skills", "show", &name, "--json"]));
        assert_eq!((&shown["tools"][0]["tool"], &shown["cases"][0]), (&json!("list_orders"), &json!(id)), "{shown}");
    }
}

#[test]
fn a_model_s_skill_waits_for_a_person_where_settings_say_so() {
    let place = shop("skills.approval = \"model\"");
    let saved = place.program("typescript", SAVES);
    assert_eq!(saved["skills"]["saved"][0]["status"], "waiting", "{saved}");
    place.write("use.ts", "import { sumOrders } from './skills/sum-orders';\nreturn await sumOrders(2);");
    assert!(place.ok(&["run", "use.ts"]).contains("result: 15"), "its own session can import it");
    let other = place.run(&["run", "use.ts", "--session", "other"]);
    assert!(!other.status.success() && String::from_utf8_lossy(&other.stdout).contains("sum-orders"), "{other:?}");
    let listed = parsed(&place.ok(&["skills", "list", "--json"]));
    assert_eq!((&listed[0]["status"], &listed[0]["session"]), (&json!("waiting"), &json!("local/default")), "{listed}");
    place.ok(&["skills", "approve", "sum-orders", "--json"]);
    assert!(place.ok(&["run", "use.ts", "--session", "other"]).contains("result: 15"));
    let (exit, told) = place.fails(&["skills", "approve", "sum-orders"]);
    assert!(exit == 1 && told.contains("unknown_skill"), "{told}");
}

#[test]
fn versions_are_shown_compared_put_back_and_handed_on() {
    let place = shop("skills.user_dir = \"mine\"");
    let folder = place.path().join(".outboard/skills/greet");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("SKILL.md"), "---\nname: greet\ndescription: Greets people.\n---\n").unwrap();
    for word in ["hello", "good day"] {
        fs::write(folder.join("index.ts"), format!("export const greet = () => '{word}';\n")).unwrap();
        place.ok(&["skills", "history", "greet"]);
    }
    let history = parsed(&place.ok(&["skills", "history", "greet", "--json"]));
    let versions: Vec<&str> = history.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!((versions.len(), &history[1]["what"]), (2, &json!("found")), "{history}");
    let diff = place.ok(&["skills", "diff", "greet"]);
    assert!(
        diff.contains("-export const greet = () => 'hello'") && diff.contains("+export const greet = () => 'good day'")
    );
    assert!(
        place
            .ok(&["skills", "diff", "greet", versions[1], versions[0], "--json"])
            .contains("+export const greet = () => 'hello'")
    );
    place.ok(&["skills", "rollback", "greet"]);
    assert!(fs::read_to_string(folder.join("index.ts")).unwrap().contains("hello"));
    place.ok(&["skills", "rollback", "greet", versions[1]]);
    assert!(place.ok(&["skills", "show", "greet"]).contains("good day"));

    place.ok(&["skills", "export", "greet", "greet.tar"]);
    place.ok(&["skills", "export", "greet", "greet"]);
    place.ok(&["skills", "import", "greet", "--user"]);
    let listed = parsed(&place.ok(&["skills", "--json"]));
    let told: Vec<_> = listed.as_array().unwrap().iter().map(|one| (&one["place"], &one["status"])).collect();
    assert_eq!(told, [(&json!("project"), &json!("active")), (&json!("user"), &json!("shadowed"))]);
    assert!(place.path().join("mine/greet/index.ts").exists());
    place.ok(&["skills", "remove", "greet"]);
    let used = place.program("typescript", "import { greet } from 'skills/greet';\nreturn greet();");
    assert_eq!(used["result"], "good day", "the user's: {used}");
    place.ok(&["skills", "remove", "greet", "--json"]);
    let (exit, told) = place.fails(&["skills", "show", "greet"]);
    assert!(exit == 1 && told.contains("unknown_skill") && told.contains("skills list"), "{told}");
    assert!(place.ok(&["skills", "import", "greet.tar"]).contains("imported greet"));
    fs::write(place.path().join("bad.tar"), "no archive").unwrap();
    assert!(place.fails(&["skills", "import", "bad.tar"]).1.contains("skill_refused"));
    assert!(place.ok(&["skills", "list"]).contains("Greets people."));
}

#[test]
fn a_function_that_is_saved_by_its_text_is_imported_by_its_path() {
    let place = shop("");
    let code = "import { writeFile } from 'fs/promises';\nasync function fetchTotals(page) { const doc = await shop.listOrders({ page }); return doc.rows.length }\n\
        await writeFile('/skills/fetchTotals.ts', fetchTotals.toString());\nreturn await fetchTotals(1);";
    let saved = place.program("typescript", code);
    assert_eq!(saved["skills"]["saved"][0]["name"], "fetch-totals", "{saved}");
    let used = place.program(
        "typescript",
        "import { fetchTotals } from '/skills/fetchTotals.ts';\nconst [a, b] = await Promise.all([1, 2].map(fetchTotals));\nreturn `${a} ${b}`;",
    );
    assert_eq!(used["result"], "4 4", "{used}");
}

#[test]
fn two_sessions_write_the_same_skill_at_once_and_others_drop_one_in() {
    let place = shop("");
    let folder = place.path().join(".outboard/skills");
    fs::create_dir_all(&folder).unwrap();
    let dropped = "/** Doubles a number. */\nexport const twice = (number: number) => 2 * number;\n";
    fs::write(folder.join("twice.ts"), dropped).unwrap();
    let broken = "export const = 1";
    fs::write(folder.join("broken.ts"), broken).unwrap();
    let mut session = place.serve();
    let client = json!({"name": "test", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    session.request("initialize", hello);
    let write = |who: &str, round: usize| {
        let text = format!("/** Names {who} {round}. */\nexport const who = () => '{who} {round}';\n");
        format!("import fs from 'fs';\nfs.writeFileSync('/skills/who.ts', {});\nreturn 1", json!(text))
    };
    let asked: Vec<u64> = (0..8)
        .map(|at| {
            let who = ["a", "b"][at % 2];
            let arguments = json!({"code": write(who, at), "session": who});
            session.ask("tools/call", json!({"name": "run_code", "arguments": arguments}))
        })
        .collect();
    // Answers come in the order in which programs end.
    let mut left = asked;
    while !left.is_empty() {
        let answer = session.next_note(|message| left.iter().any(|id| message["id"] == *id));
        let text = answer["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.contains("skill who saved: import { who } from \"./skills/who\"; who()"), "{text}");
        left.retain(|id| answer["id"] != *id);
    }
    let (text, _) = session.tool("run_code", json!({"code": "import { who } from './skills/who';\nreturn who();"}));
    assert!(text.contains("result: \"a ") || text.contains("result: \"b "), "{text}");
    place.wait_for(|| {
        let found = place.ok(&["search", "doubles a number"]);
        found.contains("import { twice } from \"./skills/twice\"; twice(number: number)  // Doubles a number.")
    });
    place.wait_for(|| place.ok(&["skills", "list"]).contains("broken.ts: line 1"));
    assert_eq!(session.end(), 0);
    let history = parsed(&place.ok(&["skills", "history", "who", "--json"]));
    assert_eq!(history.as_array().unwrap().len(), 8, "{history}");
    let (exit, told) = place.fails(&["skills", "show", "broken"]);
    assert!(exit == 1 && told.contains("skill_refused") && told.contains("line 1"), "{told}");
}

#[test]
fn what_strangers_put_into_the_folder_is_told_and_harms_nothing() {
    let place = shop("");
    let folder = place.path().join(".outboard/skills");
    let put = |path: &str, bytes: &[u8]| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    put("good/SKILL.md", b"---\nname: good\ndescription: Adds one to a number.\n---\n");
    put("good/index.ts", b"export const good = (n: number) => n + 1;\n");
    put("huge/SKILL.md", &vec![b'a'; 5_000_000]);
    put("broken/SKILL.md", b"---\nname: [broken\ndescription: {\n---\n");
    put("binary/SKILL.md", b"---\ndescription: Adds one to a number, in bytes.\n---\n");
    put("binary/index.ts", &[0xff, 0xfe, 0, 1]);
    put("esc/SKILL.md", b"---\ndescription: \"red \\e[31m \\e]0;title\\a\"\n---\nbody \x1b[2J\n");
    put("e\u{1b}[31mvil.ts", b"export const a = 1");
    (0..200).for_each(|at| put(&format!("many/{at}.txt"), b""));
    std::os::unix::fs::symlink("/etc/passwd", folder.join("link.ts")).unwrap();
    let listed = parsed(&place.ok(&["skills", "list", "--json"]));
    let problem = |name: &str| {
        let row = listed.as_array().unwrap().iter().find(|row| row["id"] == name);
        row.unwrap_or_else(|| panic!("{name}: {listed}"))["problem"].as_str().unwrap_or_default().to_owned()
    };
    for (name, told) in
        [("huge", "1024 KiB"), ("broken", "line 3"), ("many", "64 files"), ("link", "is a link"), ("good", "")]
    {
        assert!(problem(name).contains(told), "{name}: {}", problem(name));
    }
    assert_eq!(place.program("typescript", "import { good } from './skills/good';\nreturn good(1);")["result"], 2);
    // Once a worker read them, a search finds only what can be imported.
    assert!(place.fails(&["skills", "show", "binary"]).1.contains("is no text"));
    let found = place.ok(&["search", "adds one to a number", "--server", "skills"]);
    assert!(found.contains("./skills/good") && !found.contains("binary"), "{found}");
    let told = format!("{}{}", place.ok(&["skills", "list"]), place.ok(&["skills", "show", "esc"]));
    assert!(told.contains("binary/index.ts is no text") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn skills_of_several_files_import_their_own_and_each_other() {
    let place = Place::with(&[]);
    let python = "import os\nopen('/skills/word_count.py', 'w').write('def word_count(text: str) -> int:\\n    \"\"\"Counts the words of a text.\"\"\"\\n    return len(text.split())\\n')\n\
        os.makedirs('/skills/two-parts')\nopen('/skills/two-parts/SKILL.md', 'w').write('---\\nname: two-parts\\ndescription: Has a helper.\\n---\\n')\n\
        open('/skills/two-parts/helper.py', 'w').write('def h(): return 2\\n')\n\
        open('/skills/two-parts/__init__.py', 'w').write('from .helper import h\\nfrom skills.word_count import word_count\\ndef both(text): return h() + word_count(text)\\n')";
    let typescript = "import fs from 'fs';\nfs.mkdirSync('/skills/ts-parts');\n\
        fs.writeFileSync('/skills/ts-parts/SKILL.md', '---\\nname: ts-parts\\ndescription: Has a helper.\\n---\\n');\n\
        fs.writeFileSync('/skills/ts-parts/helper.ts', 'export const h = () => 2;\\n');\n\
        fs.writeFileSync('/skills/ts-parts/index.ts', \"import { h } from './helper';\\nexport function twoOf(n: number): number { return n * h(); }\\n\");";
    for (language, writes, uses, result, used) in [
        ("python", python, "from skills.two_parts import both\nboth('a b c')", 5, json!(["two-parts", "word-count"])),
        (
            "typescript",
            typescript,
            "import { twoOf } from '../skills/ts-parts';\nreturn twoOf(4);",
            8,
            json!(["ts-parts"]),
        ),
    ] {
        let saved = place.program(language, writes);
        let notes = saved["skills"]["saved"].as_array().unwrap();
        assert!(!notes.is_empty() && notes.iter().all(|note| note["status"] == "saved"), "{saved}");
        let ran = place.program(language, uses);
        assert_eq!(ran["result"], result, "{ran}");
        let names: Vec<_> = ran["skills"]["used"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(json!(names), used, "{ran}");
    }
    let found = place.ok(&["search", "count words", "--language", "python"]);
    assert!(found.starts_with("from skills.word_count import word_count; word_count(text: str) -> int"), "{found}");
}

#[test]
fn a_program_that_sleeps_holds_no_copy_and_goes_on_with_the_skills_it_began_with() {
    let place = Place::with(&[]);
    place.settings("expose = \"code\"\njournal.suspend_after = \"100ms\"\n");
    let save = |text: &str| {
        let code = format!("require('fs').writeFileSync('/skills/who.ts', {})", json!(text));
        assert_eq!(place.program("typescript", &code)["skills"]["saved"][0]["status"], "saved");
    };
    save("/** Says who. */\nexport const who = () => 'first';\n");
    let mut session = place.client();
    let code = "import { who } from './skills/who';\nconst before = who();\nrequire('fs').writeFileSync('/skills/own.ts', '/** Own. */\\nexport const own = () => 1;');\n\
        await sleep(20000);\nreturn [before, who()];";
    let id = crate::crash::started(&mut session, "typescript", code);
    place.until(&["executions", "show", &id, "--json"], |shown| parsed(shown)["status"] == "suspended");
    save("/** Says who. */\nexport const who = () => 'second';\n");
    let copies = place.path().join(".outboard/skill-data/copies/local");
    let folders = fs::read_dir(&copies).unwrap().filter(|one| one.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, 1, "the one that sleeps lent its copy");
    let mut told = String::new();
    place.wait_for(|| {
        told = session.tool("wait", json!({"execution": id})).0;
        told.contains("succeeded")
    });
    assert!(told.contains("result: [\"first\",\"first\"]") && told.contains("skill own saved"), "{told}");
    assert!(!told.contains("skill who"), "it changed nothing of that one: {told}");
    let now = place.program("typescript", "import { who } from './skills/who';\nreturn who();");
    assert_eq!(now["result"], "second");
    session.end();
}
