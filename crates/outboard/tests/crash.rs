//! Hosts that are killed, stopped, or not alone, with real servers and real workers.

use crate::support::{Place, Session};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

/// Leaves a line on the disk for every call that reaches it: tool, text and idempotency key.
const SERVER: &str = r#"
hints = {"append": {}, "sign": {}, "look": {"readOnlyHint": True}, "put": {"idempotentHint": True}}
text = {"type": "object", "properties": {"text": {"type": "string"}}}
tools = [{"name": name, "inputSchema": text, "annotations": hint} for name, hint in hints.items()]
def call(name, given, meta):
    with open(sys.argv[1], "a") as file:
        file.write(f"{name} {given['text']} {meta.get('io.outboard/idempotency-key', '-')}\n")
    time.sleep(0.003)
    return {"said": given["text"]}
serve(tools, call)
"#;

/// 40 calls: reads, writes, side by side, between timers, and one that a person has to allow.
const TYPESCRIPT: &str = "const said = [];\n\
    const ask = async (call, text) => { try { return (await call({ text })).said } catch (e) { return e.code } };\n\
    for (let i = 0; i < 12; i++) said.push(await ask([lines.look, lines.append, lines.put][i % 3], `a${i}`));\n\
    await sleep(50);\n\
    said.push(...await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i % 2 ? lines.append : lines.look, `b${i}`))));\n\
    said.push(await ask(lines.sign, 'signed'));\nawait sleep(30);\n\
    for (let i = 0; i < 7; i++) said.push(await ask(lines.append, `c${i}`));\nreturn said;";

const PYTHON: &str = "import asyncio\nfrom servers import lines\nsaid = []\n\
    async def ask(call, text):\n    try:\n        return (await call(text=text))['said']\n    except ToolError as e:\n        return e.code\n\
    for i in range(12):\n    said.append(await ask([lines.look, lines.append, lines.put][i % 3], f'a{i}'))\n\
    await sleep(0.05)\n\
    said += await asyncio.gather(*[ask(lines.append if i % 2 else lines.look, f'b{i}') for i in range(20)])\n\
    said.append(await ask(lines.sign, 'signed'))\nawait sleep(0.03)\n\
    for i in range(7):\n    said.append(await ask(lines.append, f'c{i}'))\nresult = said";

fn expected() -> Vec<String> {
    let many = |letter: &str, count: usize| (0..count).map(|at| format!("{letter}{at}")).collect::<Vec<_>>();
    [many("a", 12), many("b", 20), vec!["signed".to_owned()], many("c", 7)].concat()
}

fn place() -> Place {
    let place = Place::with(&[]);
    let server = place.python("lines", SERVER, &["log"]);
    let rule = "[[policy.rules]]\ntools = [\"lines.sign\"]\naction = \"ask\"\n";
    place.settings(&format!("expose = \"code\"\n{server}{rule}"));
    place
}

/// What reached the server: tool, text, key.
fn log(place: &Place) -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(place.path().join("log")).unwrap_or_default();
    let parts = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>().try_into().ok();
    text.lines().filter_map(parts).collect()
}

/// The id of a program that was begun and goes on.
pub(crate) fn started(session: &mut Session, language: &str, code: &str) -> String {
    let (text, _) = session.tool("run_code", json!({"code": code, "language": language, "wait_s": 0}));
    text.split_whitespace().find(|word| word.starts_with("ex_")).unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn approve(place: &Place) {
    let open: Value = serde_json::from_str(&place.until(&["approvals", "--json"], |open| open != "[]\n")).unwrap();
    place.ok(&["approvals", "approve", open[0]["id"].as_str().unwrap()]);
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().unwrap().success());
}

/// The host is killed when so many calls have reached the server; another one goes on.
fn killed_after(language: &str, code: &str, calls: usize) {
    let place = place();
    let mut session = place.client();
    let id = started(&mut session, language, code);
    if calls > 32 {
        approve(&place);
    }
    place.wait_for_soon(|| log(&place).len() >= calls);
    session.kill();
    let mut session = place.client();
    if !log(&place).iter().any(|line| line[0] == "sign") {
        approve(&place);
    }
    let (text, error) = session.tool("wait", json!({"execution": id, "wait_s": 60}));
    assert!(!error, "{text}");
    let list =
        text.lines().find_map(|line| line.find("[\"a0\"").map(|at| &line[at..])).unwrap_or_else(|| panic!("{text}"));
    let said: Vec<String> = serde_json::Deserializer::from_str(list).into_iter().next().unwrap().unwrap();
    check(&said, &log(&place), &format!("{language} killed after {calls} calls: {text}\n{:?}", log(&place)));
    session.end();
}

fn check(said: &[String], log: &[[String; 3]], shown: &str) {
    assert_eq!(said.len(), 40, "{shown}");
    let mut keys = HashMap::new();
    for [tool, text, key] in log {
        assert_eq!(key.len(), 64, "every call has its key: {shown}");
        assert_eq!(keys.entry((tool, text)).or_insert(key), &key, "and keeps it: {shown}");
    }
    for (said, meant) in said.iter().zip(expected()) {
        let times = |tools: &[&str]| {
            log.iter().filter(|[tool, text, _]| *text == meant && tools.contains(&tool.as_str())).count()
        };
        let (counted, all) = (times(&["append", "sign"]), times(&["append", "sign", "look", "put"]));
        if said == "in_doubt" {
            assert!(counted <= 1 && all == counted, "{meant}: {shown}");
        } else {
            assert!(*said == meant && all >= 1 && counted <= 1, "{meant}: {shown}");
        }
    }
    assert!(said.iter().filter(|said| *said == "in_doubt").count() <= 10, "only what was on its way: {shown}");
}

#[test]
fn a_host_is_killed_at_any_call() {
    std::thread::scope(|scope| {
        for (language, code) in [("typescript", TYPESCRIPT), ("python", PYTHON)] {
            scope.spawn(move || {
                [1, 9, 15, 24, 32, 36].into_iter().for_each(|calls| killed_after(language, code, calls))
            });
        }
    });
}

#[test]
fn a_host_or_its_workers_may_stand_still_for_long() {
    let place = place();
    let mut session = place.client();
    let code = "await lines.append({ text: 'one' });\nawait sleep(500);\n\
        return (await lines.append({ text: 'two' })).said;";
    let id = started(&mut session, "typescript", code);
    place.wait_for(|| !log(&place).is_empty());
    stop(&[session.child.id()], Duration::from_secs(3));
    let (text, _) = session.tool("wait", json!({"execution": id, "wait_s": 60}));
    assert!(text.contains("\"two\""), "a stopped host goes on: {text}");
    let id = started(&mut session, "typescript", &code.replace("500", "4000"));
    place.wait_for(|| log(&place).len() == 3);
    std::thread::sleep(Duration::from_millis(500));
    session.kill();
    let mut session = place.client();
    let host = session.child.id();
    let workers: Vec<_> =
        processes().into_iter().filter(|it| it.name.starts_with("outboard-worker") && below(it, host)).collect();
    stop(&workers.iter().map(|it| it.pid).collect::<Vec<_>>(), Duration::from_secs(3));
    stop(&[host], Duration::from_secs(3));
    let (text, _) = session.tool("wait", json!({"execution": id, "wait_s": 60}));
    assert!(text.contains("\"two\""), "standing still is not taking another way: {text}");
    assert_eq!(log(&place).len(), 4);
    session.end();
}

fn stop(pids: &[u32], long: Duration) {
    pids.iter().for_each(|pid| signal("STOP", *pid));
    std::thread::sleep(long);
    pids.iter().for_each(|pid| signal("CONT", *pid));
}

struct Process {
    pid: u32,
    parent: u32,
    name: String,
}

fn processes() -> Vec<Process> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let read = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (head, rest) = stat.rsplit_once(')')?;
        let (pid, name) = head.split_once(" (")?;
        let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
        Some(Process { pid: pid.parse().ok()?, parent, name: name.to_owned() })
    };
    all.filter_map(read).collect()
}

fn below(process: &Process, ancestor: u32) -> bool {
    let parents: HashMap<_, _> = processes().into_iter().map(|process| (process.pid, process.parent)).collect();
    std::iter::successors(Some(process.parent), |pid| parents.get(pid).copied()).take(20).any(|pid| pid == ancestor)
}

#[test]
fn two_hosts_share_a_folder_and_leave_each_others_programs_alone() {
    let place = place();
    let (mut one, mut other) = (place.client(), place.client());
    let code =
        "await lines.append({ text: 'one' });\nawait sleep(60000);\nreturn (await lines.append({ text: 'two' })).said;";
    let id = started(&mut one, "typescript", code);
    place.wait_for(|| log(&place).len() == 1);
    let (code, told) = place.fails(&["resume", &id]);
    assert!(code == 2 && told.contains("belongs to another process that lives"), "{told}");
    let (text, _) = other
        .tool("run_code", json!({"code": "return (await lines.put({ text: 'own' })).said", "language": "typescript"}));
    assert!(text.contains("\"own\""), "{text}");
    one.kill();
    let third = place.client();
    place.until(&["executions", "--json"], |rows| rows.contains("\"suspended\"") || rows.contains("\"running\""));
    let (code, told) = place.fails(&["resume", &id]);
    assert!(code == 2 && told.contains("belongs to another process that lives"), "of two, one has taken it: {told}");
    assert_eq!(log(&place).iter().filter(|line| line[0] == "append").count(), 1);
    third.end();
    other.end();
}

#[test]
fn answers_that_come_together_in_a_replay_take_the_way_of_those_that_came_alone() {
    let place = place();
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("journal.suspend_after = \"300ms\"\n{settings}"));
    let mut session = place.client();
    // Which of the two asks for its timer first depends on whether their answers come in one turn of the loop.
    let code = "import asyncio\nfrom servers import lines\norder = []\n\
        async def long():\n    await lines.look(text='x')\n    await asyncio.sleep(0)\n    await asyncio.sleep(0)\n    await asyncio.sleep(1)\n    order.append((await lines.append(text='long'))['said'])\n\
        async def short():\n    await lines.look(text='y')\n    await asyncio.sleep(2)\n    order.append((await lines.append(text='short'))['said'])\n\
        await asyncio.gather(long(), short())\nresult = order";
    let id = started(&mut session, "python", code);
    let (text, _) = session.tool("wait", json!({"execution": id, "wait_s": 60}));
    assert!(text.contains("[\"long\",\"short\"]"), "{text}");
    assert_eq!(log(&place).iter().filter(|line| line[0] == "append").count(), 2, "{:?}", log(&place));
    session.end();
}

#[test]
fn files_are_written_once_however_often_a_program_is_run_again() {
    for (language, code) in [
        (
            "typescript",
            "import fs from 'fs';\nfs.appendFileSync('/workspace/notes', 'one ');\nconst before = Number(fs.existsSync('/workspace/count') ? fs.readFileSync('/workspace/count', 'utf8') : 0);\n\
             fs.writeFileSync('/workspace/count', String(before + 1));\nawait lines.append({ text: 'x' });\nawait sleep(2500);\n\
             fs.appendFileSync('/workspace/notes', 'two');\nreturn fs.readFileSync('/workspace/notes', 'utf8') + fs.readFileSync('/workspace/count', 'utf8');",
        ),
        (
            "python",
            "import os\nfrom servers import lines\nopen('/workspace/notes', 'a').write('one ')\n\
             before = int(open('/workspace/count').read()) if os.path.exists('/workspace/count') else 0\n\
             open('/workspace/count', 'w').write(str(before + 1))\nawait lines.append(text='x')\nawait sleep(2.5)\n\
             open('/workspace/notes', 'a').write('two')\nresult = open('/workspace/notes').read() + open('/workspace/count').read()",
        ),
    ] {
        let place = place();
        let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
        place.settings(&format!("journal.suspend_after = \"300ms\"\n{settings}"));
        let mut session = place.client();
        let (text, _) = session.tool("run_code", json!({"code": code, "language": language}));
        assert!(text.contains("one two1"), "suspended once, {language}: {text}");
        let id = started(&mut session, language, code);
        place.wait_for(|| log(&place).len() == 2);
        std::thread::sleep(Duration::from_millis(200));
        session.kill();
        let mut session = place.client();
        let (text, _) = session.tool("wait", json!({"execution": id, "wait_s": 60}));
        assert!(text.contains("one twoone two2"), "killed and suspended, {language}: {text}");
        let fails = "import fs from 'fs';\nfs.writeFileSync('/workspace/kept', 'k');\nthrow new Error('no')";
        let (text, _) = session.tool("run_code", json!({"code": fails, "language": "typescript"}));
        assert!(text.starts_with("failed"), "{text}");
        let (text, _) = session
            .tool("run_code", json!({"code": "import fs from 'fs'; return fs.readFileSync('/workspace/kept', 'utf8')", "language": "typescript"}));
        assert!(text.contains('k'), "a failed program keeps what it wrote: {text}");
        let left = std::fs::read_dir(place.path().join(".outboard/snapshots")).unwrap().count();
        assert_eq!(left, 0, "no copy outlives its execution");
        session.end();
    }
}
