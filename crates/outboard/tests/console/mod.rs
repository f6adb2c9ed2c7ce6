//! The console, walked through in a browser.
//!
//! `CONSOLE_SCREENSHOTS=FOLDER` makes the walk keep pictures of its pages and its figures there.

mod filled;
mod roles;
mod tools;

use crate::listening::Listening;
use crate::support::Place;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const TOKEN: &str = "t0ken-of-the-walk";

const RULES: &str = "[[policy.rules]]\ntools = [\"salesforce.update_record\"]\n\
    when = [{ at = \"/recordId\", glob = \"*1\" }]\naction = \"ask\"\nreason = \"<b>ends</b> with 1\"\n";

/// What must be shown as it is, in the places that strangers write.
const HOSTILE: &str = "// hostile <img src=x onerror=alert(1)> </script><script>alert(2)</script> javascript:alert(3) \u{202e}txt.exe\0\u{7}\n\
    console.log('<svg onload=alert(5)>', '\u{202e}');\nreturn { '<img src=x onerror=alert(1)>': 'javascript:alert(3)' };";

const WAITS: &str = "const update = (recordId, Notes) => salesforce.updateRecord({ objectType: 'Lead', recordId, data: { Notes } });\n\
    await update('00Q000000000002', 'a');\nreturn await update('00Q000000000001', '<img src=x onerror=alert(1)>');";

/// Makes calls from two of its lines for as long as it is let.
const LOOP: &str = "for (;;) {\n  await crm.getCustomer({ id: 'cust_0001' });\n  await sleep(400);\n\
    \x20 await crm.getCustomer({ id: 'cust_0002' });\n  await sleep(400);\n}";

/// Four calls from two lines.
const CUSTOMERS: &str = "// Where some customers are.\nconst ids = ['cust_0001', 'cust_0002', 'cust_0003'];\n\
    const all = await Promise.all(ids.map((id) => crm.getCustomer({ id })));\n\
    const last = await crm.getCustomer({ id: 'cust_0004' });\nconsole.log(`${all.length + 1} customers`);\n\
    return [...all, last].map(({ name, email, address }) => ({ name, email, city: address.city }));";

/// A call that takes so long that its process can go away meanwhile.
const LONG: &str = "const a = await lines.append({ text: 'x', pause: 30 });\nreturn a.said;";

/// A tool that leaves a trace and takes its time, and one whose arguments are objects in objects.
const LINES: &str = r#"
kind = {"type": "object", "properties": {"text": {"type": "string"}, "pause": {"type": "number"}}}
address = {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "integer"}}}
customer = {"type": "object", "properties": {"name": {"type": "string"}, "address": address}, "required": ["name"]}
order = {"type": "object", "properties": {"customer": customer, "express": {"type": "boolean"},
    "speed": {"enum": ["slow", "fast"]}, "items": {"type": "array", "items": {"type": "object"}}}}
tools = [{"name": "append", "inputSchema": kind}, {"name": "order", "inputSchema": order}]
def call(name, given, meta):
    if name == "order":
        return {"given": given}
    with open(sys.argv[1], "a") as file:
        file.write(given["text"] + "\n")
    time.sleep(given.get("pause", 0))
    return {"said": given["text"]}
serve(tools, call)
"#;

const SKILL: &str = "await writeFile('/skills/greet.ts', '/** Greets. */\\nexport function greet(name: string): string { return \"hello \" + name; }\\n');\nreturn 1;";

/// A program that serves, and what is asked of it.
struct Served {
    /// Held: the program ends with it.
    _listening: Listening,
    /// `http://HOST:PORT`.
    address: String,
}

impl Served {
    fn of(place: &Place, token: &str) -> Self {
        let listening = Listening::of(place, token);
        Self { address: format!("http://{}", listening.address), _listening: listening }
    }

    /// Runs a program through the endpoint for agents; its report at its end.
    fn program(&self, code: &str) -> String {
        self.begun(TOKEN, code, 50)
    }

    /// The same for the holder of a token, with the report after some seconds if it has not ended.
    fn begun(&self, token: &str, code: &str, wait_s: u64) -> String {
        let arguments = json!({"code": code, "language": "typescript", "wait_s": wait_s});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "run_code", "arguments": arguments}});
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let body = runtime.block_on(async {
            let request = reqwest::Client::new().post(format!("{}/mcp", self.address)).bearer_auth(token);
            let response = request.header("content-type", "application/json").body(call.to_string()).send().await;
            response.unwrap().text().await.unwrap()
        });
        let answer: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}"));
        answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn walk(&self, which: &str, token: &str) -> Value {
        let mut walk = Command::new("node");
        walk.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/walk.mjs")).arg(which);
        walk.env("CONSOLE_URL", &self.address).env("CONSOLE_TOKEN", token).env("TOOLS", tools::folder());
        if let Some(folder) = std::env::var_os("CONSOLE_SCREENSHOTS") {
            walk.env("SHOTS", folder);
        }
        let output = walk.output().unwrap_or_else(|error| panic!("{error}: apt-get install --yes nodejs npm chromium"));
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&told).unwrap()
    }
}

fn place() -> Place {
    let place = Place::with(&["crm", "salesforce"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let strange = "[servers.strange]\ncatalog_file = \"strange.json\"\n";
    let lines = place.python("lines", LINES, &["log"]);
    let rest = "expose = \"code\"\nskills.approval = \"model\"\njournal.in_doubt = \"ask\"\n";
    place.settings(&format!("{rest}{servers}{lines}{strange}{RULES}"));
    let tool = json!({
        "name": "odd", "title": "</title><script>alert(6)</script>",
        "description": "A hostile listing <img src=x onerror=alert(4)> \u{202e}\u{0}",
        "inputSchema": {"type": "object", "properties": {
            "<img src=x onerror=alert(7)>": {"type": "string", "description": "<svg onload=alert(8)>"},
            "__proto__": {"type": "string"}, "deep": {"$ref": "#/properties/deep"},
        }},
    });
    place.write("strange.json", &json!({"tools": [tool]}).to_string());
    place
}

fn served(place: &Place) -> Served {
    Served::of(place, TOKEN)
}

fn id(report: String) -> String {
    report.split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn every_page_works_for_everybody_and_nothing_hostile_does() {
    let place = place();
    let before = served(&place);
    let doubt = id(before.begun(TOKEN, LONG, 0));
    place.wait_for(|| place.path().join("log").exists());
    drop(before);
    let served = served(&place);
    assert!(served.program(CUSTOMERS).contains("[EMAIL_"));
    assert!(served.program("return await crm.getCustomer({ id: 'nobody' });").starts_with("failed"));
    assert!(served.program(HOSTILE).starts_with("succeeded"));
    assert!(served.program(SKILL).starts_with("succeeded"));
    let waiting = id(served.begun(TOKEN, WAITS, 0));
    let endless = id(served.begun(TOKEN, LOOP, 0));
    place.until(&["approvals", "--json"], |open| open.contains("update_record"));
    place.until(&["executions", "show", &doubt, "--json"], |shown| {
        ["\"waiting_approval\"", "\"suspended\""].iter().any(|status| shown.contains(status))
    });
    served.walk("everything", TOKEN);
    let ended = |id: &str, status: &str| {
        let status = format!("\"status\":\"{status}\"");
        place.until(&["executions", "show", id, "--json"], |shown| shown.contains(&status));
    };
    ended(&waiting, "succeeded");
    ended(&doubt, "succeeded");
    ended(&endless, "cancelled");
    let audit = place.ok(&["audit", "--json", "--limit", "1000"]);
    let rows: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    for kind in ["reveal", "restart", "resolve", "skill", "cancel"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    assert_eq!(std::fs::read_to_string(place.path().join("log")).unwrap(), "x\n", "it was not made again");
    assert!(place.ok(&["audit", "verify"]).contains("follow each other"));
}

#[test]
fn everything_can_be_done_without_a_mouse() {
    let place = Place::with(&["salesforce"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("expose = \"code\"\n{servers}{RULES}"));
    let served = served(&place);
    served.program("return 'nothing to see';");
    let waiting = id(served.begun(TOKEN, WAITS, 0));
    place.until(&["approvals", "--json"], |open| open.contains("update_record"));
    served.walk("keyboard", TOKEN);
    place.until(&["executions", "show", &waiting, "--json"], |shown| shown.contains("\"status\":\"succeeded\""));
}

#[test]
fn a_large_journal_is_shown_a_part_at_a_time() {
    let place = Place::with(&["crm"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    // Texts that were not sealed when they were written are made here.
    place.settings(&format!("privacy.enabled = false\n{servers}"));
    filled::journal(place.path(), 100_000, 10_000);
    let told = served(&place).walk("large", TOKEN);
    assert!(told["times"]["list_ms"].is_u64(), "{told}");
}

#[test]
fn the_command_prints_a_link_and_settings_turn_the_console_off() {
    let place = Place::with(&["crm"]);
    let mut command = place.command(&["console", "--port", "0", "--no-open"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (address, secret) = line.trim().split_once("/console/#login=").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let login = |address: &str, body: Value| {
        let request = reqwest::Client::new().post(format!("{address}/console/api/login")).body(body.to_string());
        runtime.block_on(request.send()).unwrap().status().as_u16()
    };
    assert_eq!(login(address, json!({"link": secret})), 200);
    assert_eq!(login(address, json!({"link": secret})), 401, "it is good once");
    assert_eq!(login(address, json!({"token": ""})), 401, "there is no token here");
    child.kill().unwrap();
    child.wait().unwrap();
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("console.enabled = false\n{servers}"));
    assert_eq!(login(&served(&place).address, json!({"token": TOKEN})), 404);
}
