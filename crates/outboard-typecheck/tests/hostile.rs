//! A checker that lies, floods, hangs or dies: programs go on without it, and in time.

use outboard_catalog::{Catalogue, Listing};
use outboard_typecheck::{Kind, Launch, Mode, Options, Program, Said, TypeChecks, Unavailable};
use outboard_types::{Language, ServerName};
use serde_json::json;
use serde_json::value::to_raw_value;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Answers as a checker does; `SAYS` stands for what it does when it is asked about a program.
const SCRIPT: &str = r#"
import json, sys, time
def read():
    size = 0
    while True:
        line = sys.stdin.buffer.readline().strip()
        if not line: break
        size = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(size)) if size else sys.exit()
def raw(text):
    sys.stdout.buffer.write(text.encode()); sys.stdout.buffer.flush()
def say(message):
    text = json.dumps(message)
    raw("Content-Length: %d\r\n\r\n%s" % (len(text), text))
while True:
    m = read()
    if m.get("method") == "initialize":
        say({"id": 99, "method": "workspace/configuration", "params": {"items": [{}, {}]}})
        say({"jsonrpc": "2.0", "id": m["id"], "result": {"capabilities": {"diagnosticProvider": {}}}})
    elif m.get("method") == "textDocument/diagnostic":
        SAYS
"#;

struct Checker {
    checks: TypeChecks,
    starts: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
}

fn checker(script: String, mode: Mode) -> Checker {
    let folder = tempfile::tempdir().unwrap();
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = starts.clone();
    let launch: Launch = Arc::new(move |program: &Program| {
        counted.fetch_add(1, Ordering::Relaxed);
        assert!(program.folder.join("servers/crm/index.d.ts").is_file() && program.read.contains(&program.folder));
        let mut command = Command::new("python3");
        command.arg("-c").arg(&script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    });
    let options = Options {
        mode,
        typescript: Some("/bin/sh".into()),
        python: None,
        search_path: "".into(),
        folder: folder.path().join("types"),
        launch,
    };
    Checker { checks: TypeChecks::new(options).unwrap(), starts, _folder: folder }
}

fn catalogue() -> Arc<Catalogue> {
    let tool = to_raw_value(&json!({"name": "get", "inputSchema": {"type": "object"}})).unwrap();
    let server = ServerName::new("crm").unwrap();
    Arc::new(Catalogue::build(1, vec![Listing { server, title: None, instructions: None, tools: vec![tool] }]))
}

impl Checker {
    async fn asked(&self) -> Result<Vec<Said>, Unavailable> {
        self.checks.check(Language::TypeScript, "a.b()", &catalogue(), "one").await
    }
}

/// One that is waited for, also where the machine is busy.
fn says(what: &str) -> Checker {
    checker(SCRIPT.replace("SAYS", what), Mode::Require)
}

const GOOD: &str = r#"say({"id": m["id"], "result": {"items": [{"severity": 1, "code": 2551, "range": {"start": {"line": 0, "character": 2}, "end": {"line": 0, "character": 3}}, "message": "Property 'b' does not exist on type 'JSON'. Did you mean 'c'?"}]}})"#;

#[tokio::test]
async fn an_honest_checker_is_started_once() {
    let checker = says(GOOD);
    for _ in 0..3 {
        let said = checker.asked().await.unwrap();
        assert_eq!((said[0].kind, said[0].line, said[0].column, said[0].end), (Kind::Member, 1, 3, (1, 4)));
        assert!(said[0].message.contains("did you mean `c`"));
    }
    assert_eq!(checker.starts.load(Ordering::Relaxed), 1);
    let python = checker.checks.check(Language::Python, "a", &catalogue(), "one").await.unwrap_err();
    assert!(python.message.contains("no type checker for Python") && python.hint.contains("pip install ty"));
    assert_eq!(checker.checks.check(Language::Bash, "a", &catalogue(), "one").await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_a_checker_makes_up_is_left_out() {
    for what in [
        r#"say({"id": m["id"], "result": {"items": [{"severity": 1, "code": 2551, "message": "x" * 9000}] * 300}})"#,
        r#"say({"id": m["id"], "result": "no list"})"#,
        r#"say({"id": m["id"], "error": {"code": 1, "message": "no"}})"#,
        r#"[say({"id": n, "method": "client/registerCapability"}) for n in range(500)]; say({"id": m["id"], "result": None})"#,
        r#"say({"id": 12345, "result": {}}); say([]); say(None); say({"id": m["id"], "result": {"items": [None]}})"#,
    ] {
        assert_eq!(says(what).asked().await, Ok(Vec::new()), "{what}");
    }
}

#[tokio::test]
async fn a_checker_that_fails_is_left_alone() {
    for what in [
        "sys.exit(3)",
        r#"raw("Content-Length: 99999999999\r\n\r\n")"#,
        r#"raw("nonsense" * 1000)"#,
        r#"raw("Content-Length: 5\r\n\r\n{{{{{")"#,
    ] {
        let checker = says(what);
        let begin = Instant::now();
        assert!(checker.asked().await.unwrap_err().message.contains("ended"), "{what}");
        assert!(checker.asked().await.is_err());
        assert_eq!(checker.starts.load(Ordering::Relaxed), 1, "not started again at once");
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
    }
}

#[tokio::test]
async fn a_checker_that_hangs_is_not_waited_for() {
    for script in [SCRIPT.replace("SAYS", "time.sleep(600)"), "import time\ntime.sleep(600)".into(), "1/0".into()] {
        let checker = checker(script, Mode::Auto);
        let begin = Instant::now();
        assert!(checker.asked().await.is_err());
        assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_path_that_is_no_checker_is_named() {
    let launch: Launch = Arc::new(|_: &Program| Ok(Command::new("true")));
    let folder = "/nonexistent".into();
    let options = Options {
        mode: Mode::Require,
        typescript: None,
        python: Some("/nonexistent/ty".into()),
        search_path: "".into(),
        folder,
        launch,
    };
    let error = TypeChecks::new(options).unwrap_err();
    assert!(error.message.contains("preflight.python: /nonexistent/ty"), "{error:?}");
}
