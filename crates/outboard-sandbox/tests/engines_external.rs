//! Engines of others, which compile at run time: the same programs as in the TypeScript worker give the same values; and a
//! guest that somebody else wrote.

use crate::engines::{Run, outcome, start};
use crate::npm;
use crate::support::{options, started};
use outboard_sandbox::{Engine, EngineKind, Grant, Guest, Limits, Options, Sandbox, SandboxError};
use outboard_types::Language;
use outboard_worker_protocol::{Durable, Start};
use serde_json::json;
use serde_json::value::to_raw_value;

/// The engines with guests of ours, which are to behave alike.
fn engines() -> [Engine; 2] {
    let engine = |name: &str, program, args: &[&str], text| {
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        let kind = EngineKind::External { program, args, guest: Guest::Text(text), needs: Vec::new() };
        Engine { name: name.to_owned(), language: Language::TypeScript, kind }
    };
    [
        engine("bun", npm::bun(), outboard_external::BUN_ARGS, outboard_external::BUN),
        engine("deno", npm::deno(), outboard_external::DENO_ARGS, outboard_external::DENO),
    ]
}

async fn sandbox_of(engine: Engine) -> Sandbox {
    let limits = Limits { memory_bytes: 1 << 30, ..Limits::default() };
    started(Options { engines: vec![engine], limits, ..options() }).await
}

fn surface() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let index = json!([{"server": "google-drive", "folder": "google-drive", "namespace": "googleDrive", "package": "google_drive"}]);
    let tools = json!([{"tool": "get_document", "ts": "getDocument", "py": "get_document", "params": ["documentId"]},
                       {"tool": "fails", "ts": "fails", "py": "fails", "params": []}]);
    write(".api/index.json", index.to_string());
    write(".api/google-drive.json", json!({"server": "google-drive", "tools": tools}).to_string());
    folder
}

async fn all(engine: Engine, programs: &[&str]) -> Vec<Run> {
    let (servers, sandbox) = (surface(), sandbox_of(engine).await);
    let mut runs = Vec::new();
    for code in programs {
        let grant = Grant::new(Language::TypeScript).read_only(servers.path(), "/servers");
        let input = Some(to_raw_value(&json!({"n": 20})).unwrap());
        runs.push(outcome(&sandbox, grant, Start { hold: true, input, ..start(code) }).await);
    }
    runs
}

#[tokio::test]
async fn the_usual_forms_give_the_usual_values() {
    let cases = [
        ("return 1+1", json!(2)),
        ("const a = 2; a * 3", json!(6)),
        ("await Promise.resolve(4)", json!(4)),
        ("export default { a: 1 }", json!({"a": 1})),
        ("export default async function main() { return 'made' }", json!("made")),
        ("export default () => 5", json!(5)),
        ("const five = 5;\nexport { five as default }", json!(5)),
        ("export async function run(given: { n: number }) { return given.n + input.n }", json!(40)),
        ("async function run() { return 'plain' }", json!("plain")),
        ("({ a: 1 })", json!({"a": 1})),
        ("(async () => { return [1, 2] })()", json!([1, 2])),
        ("#!/usr/bin/env node\nreturn 2", json!(2)),
        ("let n = 0; for await (const x of [Promise.resolve(3)]) n += x;\nn", json!(3)),
        ("import type { X } from './nowhere';\nexport type Y = X;\n3", json!(3)),
        (
            "enum Level { Low = 1 }\nclass Box { constructor(private readonly inner: number) {} get() { return this.inner } }\nreturn [Level.Low, new Box(3).get()]",
            json!([1, 3]),
        ),
        (
            "return { m: new Map([['k', 1]]), b: 12n, d: new Date(0), u: undefined, n: NaN }",
            json!({"m": {"k": 1}, "b": "12", "d": "1970-01-01T00:00:00.000Z", "n": null}),
        ),
    ];
    for engine in engines() {
        let name = engine.name.clone();
        let runs = all(engine, &cases.iter().map(|(code, _)| *code).collect::<Vec<_>>()).await;
        for ((code, value), run) in cases.iter().zip(runs) {
            assert_eq!(run.value.as_ref(), Some(value), "{name}: {code}\n{run:?}");
        }
    }
}

#[tokio::test]
async fn tools_are_called_and_errors_are_told() {
    for engine in engines() {
        told(engine).await;
    }
}

async fn told(engine: Engine) {
    let programs = [
        "import { getDocument } from './servers/google-drive';\nreturn (await getDocument('a')).arguments",
        "import * as drive from './servers/google-drive';\nreturn (await drive.getDocument({ documentId: 'b' })).tool",
        "import one from './servers/google-drive/getDocument';\nreturn (await Promise.all([one('a'), one('b')])).length",
        "return [(await googleDrive.getDocument('c')).server, (await callMCPTool('x__y', { z: 1 })).arguments, (await servers['google-drive'].getDocument('d')).tool]",
        "try { await googleDrive.fails() } catch (e) { return [e instanceof ToolError, e.code] }",
        "await googleDrive.fails()",
        "console.log('out', { a: 1 }); console.error('err')",
        "const b = = 2;",
        "throw new RangeError('no')",
        "return [typeof (await fetch('http://127.0.0.1').catch((e) => e)).message, require('node:path').join('a', 'b'), (await import('node:fs')).existsSync('/etc/passwd')]",
        "let n = 0; for (let i = 0; i < 3e8; i++) n = (n + i) | 0; return typeof n",
    ];
    let runs = all(engine, &programs).await;
    assert_eq!(runs[0].value, Some(json!({"documentId": "a"})), "{:?}", runs[0]);
    assert_eq!(runs[1].value, Some(json!("get_document")), "{:?}", runs[1]);
    assert_eq!((runs[2].value.as_ref(), runs[2].calls), (Some(&json!(2)), 2), "{:?}", runs[2]);
    assert_eq!(runs[3].value, Some(json!(["google-drive", {"z": 1}, "get_document"])), "{:?}", runs[3]);
    assert_eq!(runs[4].value, Some(json!([true, "denied"])), "{:?}", runs[4]);
    assert!(runs[5].error.as_ref().unwrap().starts_with("denied: "), "{:?}", runs[5]);
    assert_eq!((runs[6].out.as_str(), runs[6].err.as_str()), ("out { a: 1 }\n", "err\n"));
    assert!(runs[7].error.as_ref().unwrap().starts_with("syntax_error: "), "{:?}", runs[7]);
    assert_eq!(runs[8].error.as_deref(), Some("program_error: RangeError: no"));
    assert_eq!(runs[9].value, Some(json!(["string", "a/b", false])), "{:?}", runs[9]);
    assert_eq!(runs[10].value, Some(json!("number")), "{:?}", runs[10]);
}

#[tokio::test]
async fn clock_random_numbers_and_timers_are_the_hosts() {
    for engine in engines() {
        repeats(engine).await;
    }
}

async fn repeats(engine: Engine) {
    let code = "const drawn = [Date.now(), new Date().getTime(), Math.random(), crypto.randomUUID(),\n\
        require('node:crypto').randomBytes(4).toString('hex'), crypto.getRandomValues(new Uint32Array(2)).join(), process.hrtime.bigint() > 0n];\n\
        const order = [];\nsetTimeout(() => order.push('timer'), 50);\nawait sleep(70);\nawait (globalThis.Bun ?? { sleep }).sleep(5);\n\
        clearTimeout(setTimeout(() => order.push('never'), 1));\n\
        const one = async (name) => { await googleDrive.getDocument(name); order.push(name); await null; order.push(name + '!') };\n\
        await Promise.all([one('a'), one('b')]);\nreturn [...drawn, order, Date.now(), Math.floor(performance.now())];";
    let (servers, sandbox) = (surface(), sandbox_of(engine).await);
    let mut runs = Vec::new();
    for seed in ["11", "11", "22"] {
        let grant = Grant::new(Language::TypeScript).read_only(servers.path(), "/servers");
        let durable = Some(Durable { seed: seed.repeat(32), now_ms: 1e12 });
        runs.push(outcome(&sandbox, grant, Start { durable, ..start(code) }).await);
    }
    let value = runs[0].value.as_ref().unwrap_or_else(|| panic!("{:?}", runs[0]));
    assert_eq!((&value[0], &value[1]), (&json!(1e12 as u64), &json!(1e12 as u64)), "{value}");
    assert_eq!(value[7], json!(["timer", "a", "a!", "b", "b!"]), "one answer at a time: {value}");
    assert_eq!((&value[8], &value[9]), (&json!(1e12 as u64 + 4_000), &json!(4_000)), "{value}");
    assert_eq!(runs[0].timers, [50.0, 70.0, 5.0, 1.0]);
    assert_eq!(runs[0].value, runs[1].value);
    assert_ne!(value[2], runs[2].value.as_ref().unwrap()[2]);
}

/// Tells what an interpreter needs: its program, and the folder of its library, or all of it where it has one of its own.
const PROBE: &str = "import os, sys, sysconfig\n\
    base = os.path.realpath(sys.base_prefix)\n\
    print(os.path.realpath(sys.executable), sysconfig.get_path('stdlib') if base == '/usr' else base, sep='\\n')";

/// A guest of somebody else: the one that the description of the protocol shows, as a file for an interpreter.
fn somebody_elses(folder: &std::path::Path) -> Engine {
    let probed =
        std::process::Command::new("python3").args(["-I", "-c", PROBE]).output().expect("apt-get install python3");
    let told = String::from_utf8(probed.stdout).unwrap();
    let (program, needs) = told.trim().split_once('\n').unwrap();
    let file = folder.join("lines.py");
    std::fs::write(&file, crate::engines::described_guest()).unwrap();
    let (args, guest) = (vec!["-I".to_owned(), "-B".to_owned()], Guest::File(file));
    let kind = EngineKind::External { program: program.into(), args, guest, needs: vec![needs.into()] };
    Engine { name: "lines".to_owned(), language: Language::Bash, kind }
}

#[tokio::test]
async fn a_guest_of_somebody_else_runs_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox_of(somebody_elses(folder.path())).await;
    let grant = || Grant::new(Language::Bash).engine("lines");
    let run = outcome(&sandbox, grant(), start("# engine: lines\ncrm get {\"id\": 1}")).await;
    assert_eq!(run.value, Some(json!([{"server": "crm", "tool": "get", "arguments": {"id": 1}}])), "{run:?}");
    let lost = sandbox.worker(Grant::new(Language::Bash).engine("words")).await.unwrap_err();
    assert!(matches!(lost, SandboxError::NoEngine { .. }), "{lost}");
}

#[tokio::test]
async fn an_engine_whose_files_are_missing_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = somebody_elses(folder.path());
    if let EngineKind::External { needs, .. } = &mut engine.kind {
        needs.push(folder.path().join("library"));
    }
    let error = crate::support::refused(Options { engines: vec![engine], ..options() }).await.to_string();
    assert!(error.contains("/library: ") && error.contains("check the path"), "{error}");
}
