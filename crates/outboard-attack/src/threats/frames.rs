//! Raw frames of a hostile worker through the real gateway, in front of an upstream that counts.

use crate::outcome::Outcome;
use anyhow::{Context, Result};
use outboard_catalog::{Catalogue, Listing};
use outboard_gateway::{
    Action, Answer, Decision, Gateway, Options, Permit, Request, Rulebook, Rules, Run, RunLimits, Upstream, chain,
};
use outboard_types::{
    Call, CallContext, CallOrigin, CancellationToken, Digest, ExecutionId, Principal, ServerName, SessionName,
    ToolResult,
};
use outboard_worker_protocol::{FrameBuffer, FromWorker, MAX_FROM_WORKER};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Keeps what reached it.
#[derive(Default)]
struct Counting(Mutex<Vec<String>>);

impl Upstream for Counting {
    fn call<'a>(&'a self, _permit: Permit, call: &'a Call) -> Answer<'a> {
        if let Ok(mut reached) = self.0.lock() {
            reached.push(call.id.to_string());
        }
        Box::pin(async { Ok(ToolResult::text("done")) })
    }
}

/// The operator's rules: nothing is deleted, whatever it is called by.
struct NoDeletes;

impl Rules for NoDeletes {
    fn version(&self) -> Digest {
        Digest::of("no deletes")
    }

    fn decide(&self, request: &Request) -> Decision {
        let denied = request.call.id.tool.as_str() == "delete_record";
        let action = if denied { Action::Deny } else { Action::Allow };
        Decision { action, rule: "no deletes".to_owned(), reason: None }
    }
}

struct Door {
    gateway: Gateway,
    upstream: Arc<Counting>,
    run: Arc<Run>,
}

/// Every frame in turn; first those that are in order, so that refusing is not all the door can do.
pub(super) async fn run(outcome: &mut Outcome) -> Result<()> {
    let door = Door::new()?;
    for (name, body) in allowed() {
        let reached = door.reached_by(&framed(&body)).await?;
        let verdict = if reached.len() == 1 { Ok(()) } else { Err(format!("reached {reached:?}")) };
        outcome.check(&format!("in order: {name}"), verdict);
    }
    for (name, bytes) in refused() {
        let reached = door.reached_by(&bytes).await?;
        let verdict = if reached.is_empty() { Ok(()) } else { Err(format!("reached {reached:?}")) };
        outcome.check(&name, verdict);
    }
    Ok(())
}

impl Door {
    fn new() -> Result<Self> {
        let upstream = Arc::new(Counting::default());
        let journal = outboard_journal::memory()?;
        let gateway = Gateway::new(chain(Options::new(Rulebook::new(NoDeletes)), journal), upstream.clone());
        let context = CallContext {
            execution: ExecutionId::from_parts(1, 1),
            session: SessionName::default(),
            principal: Principal::default(),
            origin: CallOrigin::Program,
            cancel: CancellationToken::new(),
        };
        let limits = RunLimits { total: 100_000, concurrent: 16 };
        Ok(Self { gateway, upstream, run: Run::new(context, Arc::new(catalogue()?), limits) })
    }

    /// What a stream of bytes makes the gateway do, as the engine of executions would.
    async fn reached_by(&self, bytes: &[u8]) -> Result<Vec<String>> {
        let mut frames = FrameBuffer::new(MAX_FROM_WORKER);
        frames.extend(bytes);
        while let Ok(Some(body)) = frames.next_frame() {
            let Ok(FromWorker::Call { server, tool, arguments, .. }) = serde_json::from_slice(body) else { break };
            if let Ok(id) = self.run.resolve(&server, &tool) {
                // How it ends does not matter here; what got through is in the upstream.
                let _ = self.gateway.call(&self.run, id, arguments.into()).await;
            }
        }
        let mut reached = self.upstream.0.lock().ok().context("the upstream's record is whole")?;
        Ok(std::mem::take(&mut *reached))
    }
}

fn catalogue() -> Result<Catalogue> {
    let any = json!({"type": "object"});
    let strict = json!({"type": "object", "additionalProperties": false, "required": ["id"],
        "properties": {"id": {"type": "string", "maxLength": 40, "pattern": "^[a-z0-9]+$"}, "n": {"type": "integer", "minimum": 0, "maximum": 9}}});
    let crm = [
        json!({"name": "read_record", "inputSchema": strict}),
        json!({"name": "delete_record", "inputSchema": any, "annotations": {"destructiveHint": true}}),
    ];
    let drive = [json!({"name": "list", "inputSchema": any})];
    Ok(Catalogue::build(1, vec![listing("crm", &crm)?, listing("google-drive", &drive)?]))
}

fn listing(server: &str, tools: &[Value]) -> Result<Listing> {
    let tools = tools.iter().map(|tool| RawValue::from_string(tool.to_string())).collect::<Result<_, _>>()?;
    Ok(Listing { server: ServerName::new(server)?, title: None, instructions: None, tools })
}

fn framed(body: &str) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes()[..], body.as_bytes()].concat()
}

fn call(server: &str, tool: &str, arguments: &str) -> String {
    let (server, tool) = (json!(server), json!(tool));
    format!("{{\"call\":{{\"id\":1,\"server\":{server},\"tool\":{tool},\"arguments\":{arguments}}}}}")
}

fn allowed() -> Vec<(&'static str, String)> {
    vec![
        ("own names", call("crm", "read_record", r#"{"id":"a1"}"#)),
        ("names in TypeScript", call("googleDrive", "list", "{}")),
        ("names in Python", call("google_drive", "list", "{}")),
        ("one joined name", call("", "google-drive__list", "{}")),
        ("an integer in bounds", call("crm", "read_record", r#"{"id":"a","n":9}"#)),
    ]
}

/// Everything that must not reach the upstream, with what it tries.
fn refused() -> Vec<(String, Vec<u8>)> {
    let named = |what: &str, list: Vec<(String, String)>| -> Vec<(String, Vec<u8>)> {
        list.into_iter().map(|(name, body)| (format!("{what} {name}"), framed(&body))).collect()
    };
    let pairs = |what, pairs: &[(&str, &str)]| {
        named(
            what,
            pairs.iter().map(|(server, tool)| (format!("{server:?} {tool:?}"), call(server, tool, "{}"))).collect(),
        )
    };
    let arguments = ARGUMENTS.iter().map(|text| (text.chars().take(40).collect(), call("crm", "read_record", text)));
    let mut all = pairs("an unlisted name", UNLISTED);
    all.extend(pairs("a denied tool as", DENIED));
    all.extend(named("arguments", arguments.collect()));
    all.extend(named("arguments", grown()));
    all.extend(named("a frame", FRAMES.iter().map(|text| ((*text).to_owned(), (*text).to_owned())).collect()));
    all.extend(streams());
    all
}

/// Servers and tools that nobody listed, and names that only look like those that are.
const UNLISTED: &[(&str, &str)] = &[
    ("crm", "drop_all"),
    ("crm", ""),
    ("", ""),
    ("", "crm"),
    ("", "crm__"),
    ("", "__read_record"),
    ("nobody", "read_record"),
    ("CRM", "read_record"),
    ("crm", "READ_RECORD"),
    ("crm ", "list"),
    (" crm", "read_record"),
    ("crm", "read_record "),
    ("crm\0", "read_record"),
    ("crm", "read_record\0"),
    ("crm", "read_record\n"),
    ("crm", "read_record\u{200b}"),
    ("\u{441}rm", "read_record"),
    ("crm", "r\u{435}ad_record"),
    ("crm\u{202e}", "read_record"),
    ("ｃｒｍ", "read_record"),
    ("../crm", "read_record"),
    ("crm/..", "read_record"),
    ("crm", "../crm/read_record"),
    ("/servers/crm", "read_record"),
    ("crm", "google-drive__list"),
    ("google-drive", "crm__read_record"),
    ("crm.read_record", ""),
    ("crm", "crm.read_record"),
    ("google", "drive__list"),
    ("google-drive__list", "list"),
    ("google", "list"),
    ("drive", "list"),
    ("*", "*"),
    ("crm", "*"),
    ("crm", "%"),
    ("crm", "read_%"),
    ("crm", "read_record' OR '1'='1"),
    ("crm", "read_record; delete_record"),
    ("crm", "read_record\",\"tool\":\"delete_record"),
    ("outboard:", "search_tools"),
    ("outboard", "call_tool"),
    ("outboard", "execute"),
    ("", "outboard__execute"),
    ("crm", "resource:file:///etc/passwd"),
    ("crm", "prompt:admin"),
    ("crm", "upstream:sampling"),
    ("crm", "upstream:roots"),
    ("crm", "upstream:elicitation"),
    ("crm", "completion:x"),
    ("crm", "tools/call"),
    ("crm", "initialize"),
    ("crm", "__proto__"),
    ("__proto__", "constructor"),
    ("constructor", "name"),
    ("crm", "toString"),
    ("crm", "__class__"),
    ("crm", "hasOwnProperty"),
    ("$ref", "$defs"),
    ("crm", "${read_record}"),
    ("crm", "{{read_record}}"),
    ("crm", "%s%s%n"),
    ("mcp__crm", "read_record"),
    ("servers.crm", "read_record"),
    ("file:///etc", "passwd"),
    ("http://169.254.169.254", "latest"),
    ("crm\u{1f600}", "read_record"),
    ("crm", "read_record\u{301}"),
];

/// Every name by which a tool that policy forbids can be called, and some by which it cannot.
const DENIED: &[(&str, &str)] = &[
    ("crm", "delete_record"),
    ("crm", "deleteRecord"),
    ("", "crm__delete_record"),
    ("", "crm.delete_record"),
    ("", "crm/delete_record"),
    ("", "crm.deleteRecord"),
    ("", "mcp__crm__delete_record"),
    ("", "servers.crm.delete_record"),
    ("", "servers/crm/deleteRecord"),
    ("crm", "DELETE_RECORD"),
    ("crm", "delete-record"),
    ("crm", "delete_record\u{200b}"),
    ("crm", "delete__record"),
    ("crm", "DeleteRecord"),
    ("", "mcp__servers.crm.delete_record"),
    ("crm", "d\u{435}lete_record"),
];

/// Arguments that the tool's schema does not allow.
const ARGUMENTS: &[&str] = &[
    "null",
    "[]",
    "7",
    "\"id\"",
    "true",
    "{}",
    r#"{"id":7}"#,
    r#"{"id":null}"#,
    r#"{"id":["a"]}"#,
    r#"{"id":""}"#,
    r#"{"id":"a","x":1}"#,
    r#"{"id":"../../etc/passwd"}"#,
    r#"{"id":"A"}"#,
    r#"{"id":"a\u0000"}"#,
    r#"{"id":"a","n":10}"#,
    r#"{"id":"a","n":-1}"#,
    r#"{"id":"a","n":1.5}"#,
    r#"{"id":"a","n":1e300}"#,
    r#"{"id":"a","n":"1"}"#,
    r#"{"ID":"a"}"#,
    r#"{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
    r##"{"id":{"$ref":"#/"}}"##,
    r#"{"id":"a","__proto__":{}}"#,
    r#"{"id":"a'; DROP TABLE records;--"}"#,
    r#"{"id":"$(id)"}"#,
    r#"{"id":"a","id":"../x"}"#,
    r#"{"id":"\ud800"}"#,
    r#"[{"id":"a"}]"#,
    r#"{"id":true}"#,
    r#"{"id":"a","n":99999999999999999999999}"#,
];

/// Frames that are no calls, or are not what they seem.
const FRAMES: &[&str] = &[
    "",
    "null",
    "[]",
    "{}",
    "7",
    "\"call\"",
    "{\"call\":null}",
    "{\"call\":[]}",
    "{\"call\":{}}",
    "{\"call\":{\"id\":1}}",
    r#"{"call":{"id":1,"server":"crm","tool":"read_record"}}"#,
    r#"{"call":{"id":-1,"server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1.5,"server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":18446744073709551616,"server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":"1","server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1,"server":["crm"],"tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1,"server":"crm","tool":{"name":"read_record"},"arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1,"server":"crm","server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1,"id":2,"server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1,"server":"crm","tool":"read_record","tool":"delete_record","arguments":{"id":"a"}}}"#,
    r#"{"call":{"id":1,"server":"crm","tool":"read_record","arguments":{"id":"a"}},"ready":{}}"#,
    r#"{"CALL":{"id":1,"server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"Call":{"id":1,"server":"crm","tool":"read_record","arguments":{"id":"a"}}}"#,
    r#"{"done":{"id":1,"value":{}}}"#,
    r#"{"start":{"code":"1"}}"#,
    r#"{"go":{}}"#,
    r#"{"clock":{"now_ms":1}}"#,
    r#"{"call":{"id":1,"server":"crm","tool":"read_record","arguments":{"id":"a"}}} {"call":{}}"#,
    r#"{"call":{"id":1,"server":"crm","tool":"read_record","arguments":{"id":"a",}}}"#,
    r#"{"call":{"id":1,"server":"crm","tool":"read_record","arguments":{'id':'a'}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_record","arguments":{"id":"a"}}}"#,
];

fn grown() -> Vec<(String, String)> {
    let long = "a".repeat(9 << 20);
    let deep = format!("{{\"id\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let many: String = (0..50_000).map(|at| format!("\"k{at}\":1,")).collect();
    vec![
        ("of nine megabytes".to_owned(), call("crm", "read_record", &format!("{{\"id\":\"{long}\"}}"))),
        ("of nine megabytes for any shape".to_owned(), call("google-drive", "list", &format!("{{\"id\":\"{long}\"}}"))),
        ("nested 100,000 deep".to_owned(), call("crm", "read_record", &deep)),
        ("of 50,000 keys".to_owned(), call("crm", "read_record", &format!("{{{many}\"id\":\"a\"}}"))),
        ("to a server of a megabyte".to_owned(), call(&long[..1 << 20], "read_record", "{}")),
        ("to a tool of a megabyte".to_owned(), call("crm", &long[..1 << 20], "{}")),
        ("to a joined name of separators".to_owned(), call("", &"__".repeat(200_000), "{}")),
    ]
}

/// Streams whose lengths lie.
fn streams() -> Vec<(String, Vec<u8>)> {
    let good = call("crm", "read_record", r#"{"id":"a"}"#);
    let lying = |length: u32| [&length.to_le_bytes()[..], good.as_bytes()].concat();
    let size = good.len() as u32;
    let not_text = [&6u32.to_le_bytes()[..], b"\xff\xfe{}\xc3\x28"].concat();
    let cases = [
        ("a length of 4 GiB", lying(u32::MAX)),
        ("a length over the limit by one", lying(MAX_FROM_WORKER as u32 + 1)),
        ("a length of nothing", lying(0)),
        ("a length short by one", lying(size - 1)),
        ("a length long by one", lying(size + 1)),
        ("a length in the other byte order", [&size.to_be_bytes()[..], good.as_bytes()].concat()),
        ("no length", good.clone().into_bytes()),
        ("half a frame", framed(&good)[..20].to_vec()),
        ("bytes that are no text", not_text),
        ("a broken frame before a good one", [framed("{"), framed(&good)].concat()),
        ("a byte order mark", framed(&format!("\u{feff}{good}"))),
    ];
    cases.map(|(name, bytes)| (name.to_owned(), bytes)).into()
}
