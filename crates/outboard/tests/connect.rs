//! Programs of the user's own shell: the same text as in the jail, with node and CPython, through the same door.

use crate::commands::blocks;
use crate::npm;
use crate::support::Place;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs in the jail and outside of it alike.
const JAVASCRIPT: &str = "import { getPage } from \"./tools/servers/logs/index.js\";\n\
    const pages = await Promise.all([1, 2, 3].map((n) => getPage(n)));\n\
    const again = await logs.getPage({ page: 1 });\n\
    let refused;\ntry { await callMCPTool(\"logs\", \"get_page\", { page: \"x\" }); } catch (error) { refused = [error.name, error.code, error instanceof ToolError]; }\n\
    const told = { rows: pages.map((page) => page.records.length), same: again.records.length, refused };\n\
    console.log(JSON.stringify(told));\n";

const PYTHON: &str = "import asyncio, json\nfrom tools.servers.logs import get_page\n\
    async def all_pages():\n    return await asyncio.gather(*[get_page(n) for n in (1, 2, 3)])\n\
    pages = asyncio.run(all_pages())\nagain = get_page(page=1)\n\
    try:\n    call_mcp_tool('logs.get_page', {'page': 'x'})\nexcept ToolError as error:\n    refused = ['ToolError', error.code, True]\n\
    result = {'rows': [len(page['records']) for page in pages], 'same': len(again['records']), 'refused': refused}\n\
    print(json.dumps(result))\n";

const TOLD: &str = r#"{"rows":[10,10,10],"same":10,"refused":["ToolError","invalid_arguments",true]}"#;

fn generated(servers: &[&str]) -> Place {
    let place = Place::with(servers);
    place.ok(&["generate", "tools", "--connect"]);
    place
}

/// Runs a program as its user would; whoever serves it is started by the program itself.
fn shell(place: &Place, program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(place.path()).env_clear().env("HOME", place.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| {
        panic!("{program}: {error}; install it with apt-get install nodejs python3, or run .ci/run")
    })
}

fn ok(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Ends the process that serves, so that it does not outlive the test.
struct Served<'p>(&'p Place);

impl Drop for Served<'_> {
    fn drop(&mut self) {
        if let Ok(number) = std::fs::read_to_string(self.0.path().join(".outboard/connect/lock")) {
            let _ = Command::new("kill").arg(number).status();
        }
    }
}

fn executions(place: &Place) -> Vec<Value> {
    serde_json::from_str(&place.ok(&["executions", "--json"])).unwrap()
}

/// Where one text of a language runs outside of the jail: the program and its arguments before the file.
fn shells() -> Vec<(String, &'static [&'static str], &'static str)> {
    let deno = npm::program("deno@2", "deno/deno").display().to_string();
    vec![
        ("node".into(), &[], "program.mjs"),
        (deno, &["run", "--allow-all", "--no-prompt"], "program.mjs"),
        (npm::bun().display().to_string(), &["run"], "program.mjs"),
        ("python3".into(), &[], "program.py"),
    ]
}

#[test]
fn one_text_runs_in_the_jail_and_in_every_shell() {
    let place = generated(&["logs"]);
    let _served = Served(&place);
    place.write("program.mjs", JAVASCRIPT);
    place.write("program.py", PYTHON);
    let squeezed = |text: &str| text.replace(' ', "").trim().to_owned();
    for (program, arguments, file) in shells() {
        let told = ok(&shell(&place, &program, &[arguments, &[file]].concat()));
        assert_eq!(squeezed(&told), TOLD, "{program}");
    }
    // The jail's folder is called /servers, so only the path of the import differs.
    place.write("in.mjs", &JAVASCRIPT.replace("./tools/servers", "./servers"));
    place.write("in.py", &PYTHON.replace("tools.servers", "servers"));
    for file in ["in.mjs", "in.py"] {
        let told = place.ok(&["run", file]);
        assert!(squeezed(&told).contains(TOLD), "{told}");
    }
    let listed = place.until(&["executions", "--json"], |text| text.matches("succeeded").count() == 6);
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let parsed = |arguments: &[&str]| serde_json::from_str::<Value>(&place.ok(arguments)).unwrap();
    for row in &listed {
        let id = row["id"].as_str().unwrap();
        let calls = parsed(&["executions", "show", id, "--json"])["calls"].clone();
        assert_eq!(calls.as_array().unwrap().len(), 5, "each call is written down: {calls}");
        let refused = calls.as_array().unwrap().iter().filter(|call| call["error"] == "invalid_arguments").count();
        assert_eq!(refused, 1, "{calls}");
        assert_eq!(traced(&parsed(&["trace", id, "--json"])), 5, "{row}");
    }
    let audited = place.ok(&["audit", "--json"]);
    let audited: Vec<Value> = audited.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |id: &Value| audited.iter().filter(|row| row["execution"] == *id && row["call"].is_u64()).count();
    assert_eq!(listed.iter().map(|row| of(&row["id"])).collect::<Vec<_>>(), [5; 6]);
}

/// The calls in a trace.
fn traced(trace: &Value) -> usize {
    let spans = trace["spans"].as_array().unwrap();
    spans.iter().filter(|span| span["name"] == "tools/call get_page").count()
}

/// The grammar of the oldest Python that the client is written for, judged by whichever is here.
#[test]
fn the_client_is_written_for_python_3_9() {
    let place = generated(&["logs"]);
    let check = "import ast, pathlib\nfor path in [*pathlib.Path('tools').rglob('*.py')]:\n    ast.parse(path.read_text(), str(path), feature_version=(3, 9))\nprint('fine')";
    assert_eq!(ok(&shell(&place, "python3", &["-c", check])), "fine\n");
}

#[test]
fn a_shell_may_call_what_it_sees_and_its_crash_is_recorded() {
    let place = Place::with(&["logs"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!(
        "{servers}[[policy.rules]]\ntools = [\"logs.get_page\"]\naction = \"deny\"\nreason = \"closed\"\n"
    ));
    place.ok(&["generate", "tools", "--connect"]);
    let _served = Served(&place);
    let tools = place.path().join("tools");
    assert!(!tools.join("servers/logs/getPage.js").exists(), "what nobody may call is not shown");
    place.write("p.py", "from tools import outboard_api\ntry:\n    call_mcp_tool('logs.get_page', {'page': 1})\nexcept ToolError as error:\n    print(error.code)\nraise ValueError('over')\n");
    let output = shell(&place, "python3", &["p.py"]);
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stdout).starts_with("unknown_tool"),
        "{output:?}"
    );
    place.write("p.mjs", "import { callMCPTool } from './tools/outboard.js';\nconsole.log(await callMCPTool('logs', 'get_page', { page: 1 }).catch((error) => error.code));\nthrow new Error('over');\n");
    let output = shell(&place, "node", &["p.mjs"]);
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stdout).starts_with("unknown_tool"),
        "{output:?}"
    );
    let told = place.until(&["executions", "--json"], |text| text.matches("failed").count() >= 2);
    assert_eq!(told.matches("program_error").count(), 2, "{told}");
}

#[test]
fn nobody_comes_in_without_the_key() {
    let place = generated(&["logs"]);
    let _served = Served(&place);
    let settings = place.path().join("tools/outboard.json");
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&settings).unwrap()).unwrap();
    place.write("wrong", &"0".repeat(64));
    let mut other = told.clone();
    other["key"] = json!(place.path().join("wrong"));
    std::fs::write(&settings, other.to_string()).unwrap();
    place.write("p.mjs", "import { callMCPTool } from './tools/outboard.js';\nconsole.log(await callMCPTool('logs', 'get_page', { page: 1 }).catch((error) => error.message));\n");
    let said = ok(&shell(&place, "node", &["p.mjs"]));
    assert!(said.contains("not that of this door"), "{said}");
    place.write("p.py", "from tools import outboard_api\ntry:\n    call_mcp_tool('logs.get_page', {'page': 1})\nexcept ToolError as error:\n    print(error)\n");
    let said = ok(&shell(&place, "python3", &["p.py"]));
    assert!(said.contains("not that of this door"), "{said}");
    assert!(executions(&place).is_empty());
}

#[test]
fn a_filter_shows_tokens_and_the_jail_runs_commands() {
    let place = generated(&["logs"]);
    let mut filter = place.command(&["filter"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    filter
        .stdin
        .take()
        .unwrap()
        .write_all(b"mail ann.lee@corp.example now\nand bob@corp.example, ann.lee@corp.example")
        .unwrap();
    let shown = String::from_utf8(filter.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(shown, "mail [EMAIL_1] now\nand [EMAIL_2], [EMAIL_1]");
    let listed = place.ok(&["exec", "--", "sh", "-c", "ls /servers/logs; cat /etc/passwd; echo 'a  b'"]);
    assert!(listed.contains(".ts\n") && listed.contains("a  b\n") && !listed.contains("/root"), "{listed}");
    let (code, told) = place.fails(&["exec", "--", "false"]);
    assert!(code == 1 && told.contains("exit status 1"), "{told}");
}

#[test]
fn what_the_page_shows_runs() {
    let page = include_str!("../../../docs/shell-agents.md");
    let place = Place::with(&["logs"]);
    let _served = Served(&place);
    let own = crate::support::beside("outboard");
    let path = format!("{}:{}", own.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-ec", line]).current_dir(place.path()).env_clear().env("HOME", place.path()).env("PATH", &path);
        ok(&command.stdin(Stdio::null()).output().unwrap())
    };
    let [generate, run, filter, exec] = blocks(page, "sh").try_into().unwrap();
    shell(&generate);
    for language in ["js", "python"] {
        let [program] = blocks(page, language).try_into().unwrap();
        let (head, text) = program.split_once('\n').unwrap();
        place.write(head.trim_start_matches(['/', '#', ' ']), text);
    }
    assert_eq!(shell(&run), "10\n10\n");
    assert_eq!(shell(&filter), "10\n");
    assert!(shell(&exec).contains("logs"));
}
