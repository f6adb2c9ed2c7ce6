//! Engines in their jails: bash with its tools, the guest of the protocol's description, and granted folders.

use crate::support::{engines, options, python, python_of, run, started};
use outboard_sandbox::{Engine, EngineKind, FileGrant, Grant, Options, Sandbox, missing_tools};
use outboard_types::Language;
use outboard_worker_protocol::{CallFailure, Console, FromWorker, Start, ToWorker};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What came of one program.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) value: Option<Value>,
    pub(crate) error: Option<String>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) calls: usize,
    /// What timers it asked the host for, in milliseconds.
    pub(crate) timers: Vec<f64>,
}

/// Runs a program whose calls are answered with what they ask.
pub(crate) async fn outcome(sandbox: &Sandbox, grant: Grant, start: Start) -> Run {
    let (mut sender, mut receiver, _control) = sandbox.worker(grant).await.unwrap().split();
    sender.send(&ToWorker::Start(start)).await.unwrap();
    let mut run = Run::default();
    loop {
        match receiver.next().await.unwrap() {
            Some(FromWorker::Call { id, server, tool, arguments, .. }) => {
                run.calls += 1;
                let answer = if tool == "fails" {
                    let (code, message) = ("denied".to_owned(), "no".to_owned());
                    ToWorker::Fail { id, error: CallFailure { code, message, server, tool, ..CallFailure::default() } }
                } else {
                    let arguments: Value = serde_json::from_str(arguments.get()).unwrap();
                    let value = json!({"server": server, "tool": tool, "arguments": arguments});
                    ToWorker::Done { id, value: to_raw_value(&value).unwrap() }
                };
                sender.send(&answer).await.unwrap();
            }
            Some(FromWorker::Timer { id, ms }) => {
                run.timers.push(ms);
                sender.send(&ToWorker::Clock { now_ms: 1e12 + 1e3 * run.timers.len() as f64 }).await.unwrap();
                sender.send(&ToWorker::Done { id, value: RawValue::NULL.to_owned() }).await.unwrap();
            }
            Some(FromWorker::Inspected { .. }) => sender.send(&ToWorker::Go {}).await.unwrap(),
            Some(FromWorker::Console { stream: Console::Out, text }) => run.out += &text,
            Some(FromWorker::Console { stream: Console::Err, text }) => run.err += &text,
            Some(FromWorker::Result { value, .. }) => {
                run.value = value.map(|value: Box<RawValue>| serde_json::from_str(value.get()).unwrap());
                return run;
            }
            Some(FromWorker::Error { error, .. }) => {
                run.error = Some(format!("{}: {}", error.code, error.message));
                return run;
            }
            other => panic!("{other:?} after {run:?}"),
        }
    }
}

pub(crate) fn start(code: &str) -> Start {
    Start { code: code.to_owned(), stdout_bytes: 1 << 20, memory_bytes: 256 << 20, ..Start::default() }
}

/// The bash worker, built beside this test's own programs.
fn bash_worker() -> PathBuf {
    let spawner = Path::new(env!("CARGO_BIN_EXE_outboard-spawner"));
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let target = spawner.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "outboard-bash", "--profile", profile, "--target-dir"]).arg(target);
    let built = spawner.with_file_name("outboard-bash");
    match cargo.status() {
        // Another user may run the tests than the one who built them.
        Err(_) if built.exists() => {}
        done => assert!(done.unwrap().success(), "cargo build --package outboard-bash"),
    }
    built
}

fn bash_options() -> Options {
    let kind = EngineKind::Bash { guest: bash_worker() };
    let bash = Engine { name: "bash".to_owned(), language: Language::Bash, kind };
    Options { engines: vec![bash], ..options() }
}

async fn bash(code: &str) -> Run {
    outcome(&started(bash_options()).await, Grant::new(Language::Bash), start(code)).await
}

#[tokio::test]
async fn bash_and_its_tools_work_in_the_jail() {
    assert_eq!(missing_tools().iter().find(|(package, _)| *package == "bash"), None);
    let run = bash(
        "printf 'b 2\\na 1\\n' | sort | awk '{s += $2; print $1} END {print s}' | tr '\\n' ' '\n\
         cd /tmp && mkdir -p d/e && echo text > d/e/f && tar cf - d | gzip | zcat | tar tf - | grep -c f\n\
         find d -type f -exec sed 's/t/T/g' {} + ; seq 3 | xargs -n1 echo | tac | head -1\n\
         diff <(:) /dev/null 2>/dev/null || cmp d/e/f d/e/f && date -u -d @0 +%Y && mktemp > /dev/null && whoami\n\
         wc -l <<'END'\na\nEND\nsleep 0 & wait; timeout 5 true && echo ok; TZ=UTC ls -la / > /dev/null && echo listed",
    )
    .await;
    assert_eq!(run.error, None, "{run:?}");
    assert_eq!(run.out, "a b 3 1\nTexT\n3\n1970\nuser\n1\nok\nlisted\n", "{run:?}");
}

#[tokio::test]
async fn bash_calls_tools_in_the_jail() {
    let run = bash(
        "call crm get id=7 | jq -c .arguments; call crm fails || echo failed\n\
                    seq 20 | xargs -P 8 -I{} call crm get id={} | jq -s length",
    )
    .await;
    assert_eq!((run.out.as_str(), run.calls), ("{\"id\":7}\nfailed\n20\n", 22), "{run:?}");
    assert_eq!(run.err, "call: crm.fails: no (denied)\n");
}

#[tokio::test]
async fn bash_sees_no_more_than_its_tools() {
    let run = bash("for f in /etc/shadow /root /home /proc /sys /usr/bin/python3 /usr/bin/perl /usr/sbin /var; do\n\
                    [ -e $f ] && echo $f; done; ls /etc; for f in /x /usr/bin/x /etc/x /outboard/x; do (echo > $f) 2>/dev/null && echo $f; done\n\
                    (echo > /dev/tcp/127.0.0.1/80) 2>/dev/null && echo connected; printf '#!/bin/bash\\necho x' > /tmp/x; chmod +x /tmp/x; /tmp/x 2>/dev/null\n\
                    env | grep -E '^[A-Za-z_]+=' | cut -d= -f1 | sort | tr '\\n' ' '").await;
    assert_eq!(
        run.out,
        "group\npasswd\nBASH_ENV HOME LANG OLDPWD OUTBOARD_ROOT PATH PWD SHLVL TERM _ ".replace("OLDPWD ", ""),
        "{run:?}"
    );
}

#[tokio::test]
async fn bash_ends_with_its_program() {
    let run = bash("(sleep 1000 &) ; for i in $(seq 30); do (true &) ; done; echo end; exit 4").await;
    assert_eq!((run.out.as_str(), run.error.as_deref()), ("end\n", Some("program_error: exit status 4")), "{run:?}");
}

/// The guest that the description of the protocol shows.
pub(crate) fn described_guest() -> &'static str {
    let text = include_str!("../../../docs/guest-protocol.md");
    text.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap()
}

#[tokio::test]
async fn the_guest_of_the_description_works() {
    let sandbox = started(engines("/bin/true".into(), Some(python_of("python3", described_guest())))).await;
    let run = outcome(&sandbox, python(), Start { hold: true, ..start("crm get {\"id\": 1}\ndrive list {}") }).await;
    assert_eq!(run.value.unwrap()[0], json!({"server": "crm", "tool": "get", "arguments": {"id": 1}}));
    assert_eq!(outcome(&sandbox, python(), start("crm fails {}")).await.error.as_deref(), Some("denied: no"));
    let broken = outcome(&sandbox, python(), start("crm get {")).await;
    assert!(broken.error.unwrap().starts_with("syntax_error"));
}

#[tokio::test]
async fn granted_folders_are_seen_where_they_were_granted() {
    let (input, output) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(input.path().join("a.txt"), "text").unwrap();
    fs::create_dir_all(output.path().join("sub/.git/hooks")).unwrap();
    fs::write(output.path().join("sub/.git/config"), "old").unwrap();
    let code = "
import os
def fails(what):
    try: what(); return False
    except OSError: return True
open('/data/out/made', 'w').write('new')
tries = [lambda: open('/data/in/x', 'w'), lambda: open('/data/out/sub/.git/config', 'a'), lambda: os.mkdir('/data/out/.git/hooks'),
         lambda: open('/data/out/sub/.git/hooks/pre-commit', 'w'), lambda: os.rmdir('/data/out/.git'), lambda: os.rename('/data/out/.git', '/data/out/g'), lambda: open('/data/x', 'w')]
done = [at for at, one in enumerate(tries) if not fails(one)]
os.rename('/data/out/sub', '/data/out/moved')
tries = [tries[0]]
tries.append(lambda: open('/data/out/moved/.git/config', 'a'))
os.makedirs('/data/out/sub/.git/hooks')
result = [open('/data/in/a.txt').read(), done + [at for at, one in enumerate(tries) if not fails(one)]]";
    let writable = FileGrant::checked(output.path(), "/data/out", true, &[]).unwrap();
    let grant = python().file(FileGrant::checked(input.path(), "/data/in", false, &[]).unwrap()).file(writable.clone());
    let sandbox = started(options()).await;
    assert_eq!(run(&sandbox, grant.clone(), code).await.unwrap(), json!(["text", []]));
    assert_eq!(fs::read_to_string(output.path().join("made")).unwrap(), "new");
    assert_eq!(fs::read_to_string(output.path().join("moved/.git/config")).unwrap(), "old");
    assert_eq!(writable.disarm().unwrap(), [Path::new("sub/.git")]);
    // Another folder under the same name is not what was granted.
    fs::rename(input.path(), input.path().with_extension("old")).unwrap();
    fs::create_dir(input.path()).unwrap();
    assert!(sandbox.worker(grant).await.is_err());
    fs::remove_dir_all(input.path().with_extension("old")).unwrap();
}
