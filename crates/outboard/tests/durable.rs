//! Programs that outlive their worker, their host and the patience of everybody.

use crate::support::{Place, Session};
use serde_json::{Value, json};
use std::time::Duration;

/// A server that leaves a line on the disk for every call that reaches it.
const SERVER: &str = r#"
hints = {"append": {}, "look": {"readOnlyHint": True}, "put": {"idempotentHint": True}}
text = {"type": "object", "properties": {"text": {"type": "string"}, "pause": {"type": "number"}}}
tools = [{"name": name, "inputSchema": text, "annotations": hint} for name, hint in hints.items()]
def call(name, given, meta):
    with open(sys.argv[1], "a") as file:
        file.write(name + " " + given.get("text", "") + "\n")
    time.sleep(given.get("pause", 0))
    return {"said": given.get("text", "")}
serve(tools, call)
"#;

pub(crate) fn place(more: &str) -> Place {
    let place = Place::with(&[]);
    let server = place.python("lines", SERVER, &["log"]);
    place.settings(&format!("{more}\nexpose = \"code\"\n{server}"));
    place
}

pub(crate) fn log(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(place.path().join("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What a shell takes from the clock and from chance, before and after a wait that is long enough to be suspended.
const BASH: &str = "began=$(date +%s%N)\ncall lines append text=$RANDOM-$began > /dev/null\nsleep 3\n\
    call lines append text=$RANDOM-$began > /dev/null\ntest $(( $(date +%s%N) - began )) -ge 2900000000 && echo '\"waited\"'";

#[test]
fn a_shell_program_that_sleeps_gives_its_worker_up_and_finds_the_same_time_again() {
    let place = place("journal.suspend_after = \"300ms\"");
    let mut session = place.client();
    let id = started(&mut session, "bash", BASH);
    place.until(&["executions", "--json"], |rows| rows.contains("\"suspended\""));
    session.kill();
    let mut session = place.client();
    let (text, _) = session.tool("wait", json!({"execution": id}));
    assert!(text.contains("result: \"waited\""), "{text}");
    let said: Vec<_> = log(&place).iter().map(|line| line.split('-').nth(1).unwrap().to_owned()).collect();
    assert!(said.len() == 2 && said[0] == said[1], "one beginning: {said:?}");
    assert!(place.ok(&["replay", &id]).contains("waited"));
    session.end();
}

/// Starts a program and returns the id of its execution while it still runs.
fn started(session: &mut Session, language: &str, code: &str) -> String {
    let (text, _) = session.tool("run_code", json!({"code": code, "language": language, "wait_s": 0.6}));
    assert!(!text.starts_with("succeeded") && !text.starts_with("failed"), "{text}");
    text.split_whitespace().nth(1).unwrap().to_owned()
}

const TYPESCRIPT: &str = "const seen = [Math.random(), Date.now()];\n\
    const first = await lines.append({ text: 'one' });\n\
    const both = await Promise.all([lines.look({ text: 'a' }), lines.append({ text: 'two' })]);\n\
    await sleep(3000);\n\
    const last = await lines.append({ text: 'three' });\n\
    return { said: [first.said, ...both.map((one) => one.said), last.said], seen: seen.length, waited: Date.now() - seen[1] >= 3000 };";

const PYTHON: &str = "import asyncio, random, time\nfrom servers import lines\n\
    began = time.time()\nfirst = await lines.append(text='one')\n\
    async def both():\n    return await asyncio.gather(lines.look(text='a'), lines.append(text='two'))\n\
    pair = await both()\nawait sleep(3)\nlast = await lines.append(text='three')\n\
    result = {'said': [first['said'], *[one['said'] for one in pair], last['said']], 'seen': 2, 'waited': time.time() - began >= 3}";

#[test]
fn a_killed_host_is_followed_by_one_that_goes_on() {
    for (language, code) in [("typescript", TYPESCRIPT), ("python", PYTHON)] {
        let place = place("");
        let mut session = place.client();
        let id = started(&mut session, language, code);
        place.wait_for(|| log(&place).contains(&"append two".to_owned()));
        // The server writes its line before it answers, and the answer has to be recorded.
        place.until(&["executions", "show", &id, "--json"], |shown| {
            serde_json::from_str::<Value>(shown).unwrap()["open_calls"] == json!([])
        });
        assert!(!log(&place).contains(&"append three".to_owned()), "it still sleeps");
        session.kill();
        let mut session = place.client();
        let (text, error) = session.tool("wait", json!({"execution": id}));
        let expected = r#""said":["one","a","two","three"],"seen":2,"waited":true"#;
        assert!(!error && text.contains(expected), "{language}: {text}");
        let mut after: Vec<_> = log(&place).into_iter().filter(|line| line.starts_with("append")).collect();
        after.sort();
        assert_eq!(after, ["append one", "append three", "append two"], "{language}: each once");
        session.end();
        let mut session = place.client();
        let (again, _) = session.tool("wait", json!({"execution": id}));
        assert!(again.contains(expected), "a report outlives its process: {again}");
        session.end();
    }
}

#[test]
fn a_call_that_may_have_happened_is_not_made_again() {
    let place = place("");
    let mut session = place.client();
    let code = "const codes = [];\nfor (const call of [lines.look, lines.put, lines.append]) {\n\
        try { codes.push((await call({ text: 'x', pause: call === lines.append ? 30 : 0 })).said) } catch (e) { codes.push(e.code) }\n}\nreturn codes;";
    let id = started(&mut session, "typescript", code);
    place.wait_for(|| log(&place).contains(&"append x".to_owned()));
    session.kill();
    let mut session = place.client();
    let (text, _) = session.tool("wait", json!({"execution": id}));
    assert!(text.contains(r#"["x","x","in_doubt"]"#), "{text}");
    assert_eq!(log(&place).iter().filter(|line| *line == "append x").count(), 1, "never twice");
    session.end();
}

#[test]
fn a_program_that_waits_long_gives_its_worker_up_and_comes_back() {
    for (language, code) in [("typescript", TYPESCRIPT), ("python", PYTHON)] {
        let place = place("journal.suspend_after = \"300ms\"");
        let mut session = place.client();
        let id = started(&mut session, language, code);
        let rows = place.until(&["executions", "--json"], |rows| rows.contains("\"suspended\""));
        assert!(rows.contains(&id), "{rows}");
        let (text, _) = session.tool("wait", json!({"execution": id}));
        assert!(text.contains(r#""said":["one","a","two","three"],"seen":2,"waited":true"#), "{language}: {text}");
        let mut after: Vec<_> = log(&place).into_iter().filter(|line| line.starts_with("append")).collect();
        after.sort();
        assert_eq!(after, ["append one", "append three", "append two"], "{language}: each once");
        session.end();
    }
}

#[test]
fn a_program_that_only_talks_while_it_waits_gives_its_worker_up_as_well() {
    let place = place("journal.suspend_after = \"400ms\"");
    let mut session = place.client();
    let code = "import json, os, select, struct, threading\n\
        console, ready = {'console': {'stream': 'out', 'text': 'still here'}}, {'ready': {'version': 1, 'engine': 'test'}}\n\
        said = b''.join(struct.pack('<I', len(one)) + one for one in [json.dumps(frame).encode() for frame in [console, ready]])\n\
        def talk():\n    while True:\n        select.select([], [], [], 0.1)\n        os.write(3, said)\n\
        threading.Thread(target=talk, daemon=True).start()\nawait sleep(600)";
    let id = started(&mut session, "python", code);
    let rows = place.until(&["executions", "--json"], |rows| rows.contains("\"suspended\""));
    assert!(rows.contains(&id), "{rows}");
    session.kill();
}

#[test]
fn an_approval_outlives_the_host() {
    let place = place("");
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("{settings}[[policy.rules]]\ntools = [\"lines.append\"]\naction = \"ask\"\n"));
    let mut session = place.client();
    let id = started(
        &mut session,
        "typescript",
        "const a = await lines.put({ text: 'p' });\nreturn (await lines.append({ text: 'asked' })).said + a.said;",
    );
    let open = place.until(&["approvals", "--json"], |open| open != "[]\n");
    let open: Value = serde_json::from_str(&open).unwrap();
    session.kill();
    let mut session = place.client();
    place.wait_for(|| place.ok(&["executions", "--json"]).contains("waiting_approval"));
    let again: Value = serde_json::from_str(&place.ok(&["approvals", "--json"])).unwrap();
    assert_eq!((again.as_array().unwrap().len(), &again[0]["id"]), (1, &open[0]["id"]), "the same question: {again}");
    place.ok(&["approvals", "approve", open[0]["id"].as_str().unwrap()]);
    let (text, _) = session.tool("wait", json!({"execution": id}));
    assert!(text.contains("askedp"), "{text}");
    assert_eq!(log(&place), ["put p", "append asked"]);
    session.end();
}

#[test]
fn a_program_that_was_run_by_hand_is_resumed_by_hand() {
    let place = place("");
    place.write("p.ts", TYPESCRIPT);
    let mut child = place.command(&["run", "p.ts"]).spawn().unwrap();
    place.wait_for(|| log(&place).contains(&"append two".to_owned()));
    std::thread::sleep(Duration::from_millis(200));
    child.kill().unwrap();
    child.wait().unwrap();
    let rows: Value = serde_json::from_str(&place.ok(&["executions", "--json"])).unwrap();
    let id = rows[0]["id"].as_str().unwrap();
    assert!(place.ok(&["resume", id]).contains(r#""said":["one","a","two","three"]"#));
    let (code, told) = place.fails(&["resume", id]);
    assert!(code == 2 && told.contains("is over"), "{told}");
}

#[test]
fn a_refused_call_is_part_of_the_history() {
    let place = place("");
    let mut session = place.client();
    let code = "const codes = [];\n\
        try { await lines.append({ text: 3 }) } catch (e) { codes.push(e.code) }\n\
        await lines.append({ text: 'one' });\nawait sleep(3000);\n\
        try { await lines.append({ text: 4 }) } catch (e) { codes.push(e.code) }\nreturn codes;";
    let id = started(&mut session, "typescript", code);
    // Not when the server has it but when its answer is written down: a call on its way would be in doubt.
    place.until(&["executions", "show", &id, "--json"], |shown| {
        let shown: Value = serde_json::from_str(shown).unwrap();
        shown["calls"].as_array().is_some_and(|calls| calls.len() >= 2) && shown["open_calls"] == json!([])
    });
    session.kill();
    let mut session = place.client();
    let (text, _) = session.tool("wait", json!({"execution": id}));
    assert!(text.contains(r#"["invalid_arguments","invalid_arguments"]"#), "{text}");
    assert_eq!(log(&place), ["append one"]);
    session.end();
}

#[test]
fn a_recorded_program_runs_again_without_a_call() {
    for (language, code) in [("typescript", TYPESCRIPT), ("python", PYTHON)] {
        let place = place("");
        let report = place.program(language, code);
        let id = report["id"].as_str().unwrap();
        let calls = log(&place);
        let told = place.ok(&["replay", id]);
        assert!(told.contains("lines.append") && told.contains("\"said\":[\"one\",\"a\",\"two\",\"three\"]"), "{told}");
        let rows = place.ok(&["replay", id, "--json", "--until", "2"]);
        let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!((rows.len(), &rows[2]["status"]), (3, &json!("cancelled")), "{rows:?}");
        place.write("edited", &code.replacen("'two'", "'other'", 1));
        let output = place.run(&["replay", id, "--edit", "edited"]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("nondeterminism") && told.contains("lines.append"), "{told}");
        assert_eq!(log(&place), calls, "{language}: nobody was called");
    }
}

#[test]
fn a_replay_begins_with_the_files_that_were_there_when_it_was_recorded() {
    let place = place("");
    place.program("python", "open('/workspace/data', 'w').write('first')\nimport os\nos.mkdir('/workspace/deep')\nopen('/workspace/deep/x', 'w').write('x')");
    let report = place.program("python", "text = open('/workspace/data').read() + open('/workspace/deep/x').read()\nopen('/workspace/data', 'w').write('second')\nresult = text");
    let id = report["id"].as_str().unwrap();
    assert_eq!(report["result"], "firstx", "{report}");
    place.program(
        "python",
        "import shutil\nshutil.rmtree('/workspace/deep')\nopen('/workspace/data', 'w').write('third')",
    );
    for _ in 0..2 {
        assert!(place.ok(&["replay", id]).contains("firstx"), "however much was changed since");
    }
    let state = place.path().join(".outboard");
    assert_eq!(std::fs::read_dir(state.join("snapshots")).unwrap().count(), 0, "the copy went into the store");
    // A process that ended in between left the copy behind: the next one puts it there.
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("journal.files_max_size = \"0\"\n{settings}"));
    let pruned: Value = serde_json::from_str(&place.ok(&["executions", "prune", "--json"])).unwrap();
    assert_eq!(pruned["replays_without_files"], 2, "{pruned}");
    let (code, _) = place.fails(&["replay", id]);
    assert_eq!(code, 1, "without its files it ends otherwise");
}

#[test]
fn an_execution_goes_to_another_place_as_one_file() {
    let (here, there) = (place(""), Place::with(&[]));
    let report = here.program("typescript", TYPESCRIPT);
    let id = report["id"].as_str().unwrap();
    let file = there.path().join("execution.json");
    let file = file.to_str().unwrap();
    here.ok(&["executions", "export", id, file, "--plain"]);
    let (code, told) = here.fails(&["executions", "export", id, file]);
    assert!(code == 2 && told.contains("execution.json"), "an existing file stays: {told}");
    there.write("empty.json", "");
    let (code, told) = there.fails(&["executions", "import", "empty.json"]);
    assert!(code == 2 && told.contains("EOF") && told.contains("executions export"), "{told}");
    let imported: Value = serde_json::from_str(&there.ok(&["executions", "import", file, "--json"])).unwrap();
    assert_eq!(imported["id"], id);
    let told = there.ok(&["replay", id]);
    assert!(told.contains("\"said\":[\"one\",\"a\",\"two\",\"three\"]"), "its servers are not even configured: {told}");
}

#[test]
fn an_execution_is_cancelled_from_another_terminal() {
    let place = place("");
    let mut session = place.client();
    let id = started(&mut session, "typescript", "await lines.look({ text: 'x' }); await sleep(60000);");
    place.ok(&["executions", "cancel", &id]);
    let (text, _) = session.tool("wait", json!({"execution": id}));
    assert!(text.starts_with("cancelled"), "{text}");
    let (code, told) = place.fails(&["executions", "cancel", &id]);
    assert!(code == 2 && told.contains("is over: cancelled"), "{told}");
    let left = started(&mut session, "typescript", "await sleep(60000);");
    session.kill();
    assert!(place.run(&["executions", "cancel", &left]).status.success(), "its process is gone");
    let shown: Value = serde_json::from_str(&place.ok(&["executions", "show", &left, "--json"])).unwrap();
    assert_eq!(shown["status"], "cancelled");
    let listed = place.ok(&["executions", "--status", "cancelled", "--session", "default", "--since", "1h", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap().as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(place.ok(&["executions", "--status", "failed", "--json"]).trim(), "[]");
    let audit = place.ok(&["audit", "--json"]);
    assert_eq!(audit.matches("\"kind\":\"cancel\"").count(), 2, "{audit}");
}

#[test]
fn a_person_says_what_became_of_a_call_in_doubt() {
    let code = "const a = await lines.append({ text: 'x', pause: 30 }).catch((e) => e.code);\nreturn a.said ?? a;";
    for (verdict, result, lines) in
        [(["--done", "{\"said\": \"as found\"}"].as_slice(), "\"as found\"", 1), (&["--unknown"], "\"in_doubt\"", 1)]
    {
        let place = place("journal.in_doubt = \"ask\"");
        let mut session = place.client();
        let id = started(&mut session, "typescript", code);
        place.wait_for(|| log(&place).contains(&"append x".to_owned()));
        session.kill();
        let mut session = place.client();
        place.until(&["executions", "--json"], |rows| rows.contains("\"waiting_approval\""));
        let shown: Value = serde_json::from_str(&place.ok(&["executions", "show", &id, "--json"])).unwrap();
        assert_eq!(shown["open_calls"][0]["may_be_repeated"], false, "{shown}");
        let call = shown["open_calls"][0]["id"].to_string();
        let (code, told) = place.fails(&["executions", "resolve", &id, "99", "--unknown"]);
        assert!(code == 2 && told.contains(&format!("open are: {call}")), "{told}");
        place.ok(&[&["executions", "resolve", &id, &call], verdict].concat());
        let (text, _) = session.tool("wait", json!({"execution": id}));
        assert!(text.contains(result), "{verdict:?}: {text}");
        assert_eq!(log(&place).len(), lines, "{verdict:?}");
        session.end();
    }
}

#[test]
fn a_call_that_was_not_made_is_made() {
    let place = place("journal.on_restart = \"ask\"");
    let mut session = place.client();
    let code = "return (await lines.append({ text: 'x', pause: 2 })).said;";
    let id = started(&mut session, "typescript", code);
    place.wait_for(|| log(&place).contains(&"append x".to_owned()));
    session.kill();
    let shown: Value = serde_json::from_str(&place.ok(&["executions", "show", &id, "--json"])).unwrap();
    place.ok(&["executions", "resolve", &id, &shown["open_calls"][0]["id"].to_string(), "--not-done"]);
    let report: Value = serde_json::from_str(&place.ok(&["resume", &id, "--json"])).unwrap();
    assert_eq!((&report["status"], &report["result"]), (&json!("succeeded"), &json!("x")), "{report}");
    assert_eq!(log(&place).len(), 2, "a person said so");
}

#[test]
fn what_the_settings_let_go_is_forgotten() {
    let place = place("journal.max_age = \"1ms\"");
    let report = place.program("typescript", "return 1");
    let removed: Value = serde_json::from_str(&place.ok(&["executions", "prune", "--json"])).unwrap();
    assert_eq!(removed["executions"], 1, "{removed}");
    let (code, told) = place.fails(&["executions", "show", report["id"].as_str().unwrap()]);
    assert!(code == 1 && told.contains("unknown_execution"), "{told}");
    assert_eq!(place.ok(&["executions", "--json"]).trim(), "[]");
}
