//! Calls, imports, and the programs of the shapes that people write.

use crate::worker::{Host, Report, echo, run, value};
use outboard_worker_protocol::CallFailure;
use serde_json::{Value, json};

fn only_call(report: &Report) -> (&str, &str, &Value) {
    let [(server, tool, arguments)] = report.calls.as_slice() else { panic!("one call: {report:?}") };
    (server, tool, arguments)
}

#[test]
fn every_way_to_a_tool_works() {
    for code in [
        "import { getDocument } from '/servers/google-drive/getDocument.ts';\nawait getDocument('d');",
        "import { getDocument } from './servers/google-drive/getDocument';\nawait getDocument({ documentId: 'd' });",
        "import { getDocument } from '../servers/google-drive';\nawait getDocument('d');",
        "import { getDocument } from 'servers/google-drive/index.js';\nawait getDocument('d');",
        "import * as gdrive from './servers/google-drive';\nawait gdrive.getDocument('d');",
        "import gdrive from './servers/google_drive';\nawait gdrive.get_document('d');",
        "import * as all from './servers';\nawait all.googleDrive.getDocument('d');",
        "import { googleDrive } from '/servers/index.ts';\nawait googleDrive.getDocument('d');",
        "import getDocument from '/servers/google-drive/getDocument.ts';\nawait getDocument('d');",
        "const { getDocument } = await import('./servers/google-drive/index.ts');\nawait getDocument('d');",
        "const { getDocument } = require('./servers/google-drive');\nawait getDocument('d');",
        "await servers['google-drive'].getDocument('d');",
        "await servers.google_drive.get_document({ documentId: 'd' });",
        "await googleDrive.getDocument('d');",
        "await google_drive.getDocument('d');",
        "await getDocument('d');",
        "const later = 1;\nconst r = await getDocument('d');\nimport { getDocument } from '/servers/google-drive/getDocument.ts';",
        "import { callMCPTool } from '../../../client.js';\nawait callMCPTool<any>('google-drive', 'get_document', { documentId: 'd' });",
    ] {
        let report = run(code);
        assert!(report.error.is_none(), "{code}\n{report:?}");
        assert_eq!(only_call(&report), ("google-drive", "get_document", &json!({"documentId": "d"})), "{code}");
    }
    let report = run("await callMCPTool('google_drive__get_document', { documentId: 'd' })");
    assert_eq!(only_call(&report), ("", "google_drive__get_document", &json!({"documentId": "d"})));
}

#[test]
fn unknown_names_say_what_is_near() {
    let near = |code: &str| {
        let error = run(code).error().clone();
        (error.code.clone(), format!("{} {}", error.message, error.hint.unwrap_or_default()), error.line)
    };
    let (code, text, _) = near("await googleDrive.getDocumnt('x')");
    assert!(code == "unknown_tool" && text.contains("getDocument"), "{text}");
    let (code, text, _) = near("await servers['google-driv'].getDocument('x')");
    assert!(code == "unknown_server" && text.contains("google-drive"), "{text}");
    let (_, text, line) =
        near("const a = 1;\nimport { getDocumen } from './servers/google-drive';\nawait getDocumen('x')");
    assert!(text.contains("getDocument"), "{text}");
    assert_eq!(line, Some(2), "{text}");
    let (code, text, line) = near("import { x } from '/servers/gogle-drive/x.ts';\nx()");
    assert!(code == "unknown_server" && text.contains("google-drive") && line == Some(1), "{text}");
    let (_, text, _) = near("import _ from 'lodash';\n_.chunk([])");
    assert!(text.contains("packages are not available"), "{text}");
    let (_, text, _) = near("await query('x')");
    assert!(text.contains("salesforce.query") && text.contains("slack.query"), "{text}");
    let (code, text, _) = near("await googleDrive.getDocument('a', 'b', 'c')");
    assert!(code == "invalid_arguments" && text.contains("documentId, fields"), "{text}");
}

#[test]
fn arguments_must_be_json() {
    let error = run("const a: any = {}; a.a = a;\nawait crm.getCustomers(a)").error().clone();
    assert_eq!((error.code.as_str(), error.line), ("invalid_arguments", Some(2)), "{error:?}");
    assert_eq!(run("await crm.getCustomers({ n: 1n })").error().code, "invalid_arguments");
}

#[test]
fn tool_errors_can_be_caught_and_keep_their_code() {
    let fail = |server: &str, tool: &str, _: &Value| {
        Err(CallFailure {
            code: "timeout".into(),
            message: "too slow".into(),
            server: server.into(),
            tool: tool.into(),
            retryable: true,
            hint: Some("try later".into()),
        })
    };
    let host = Host::default();
    let caught = host.run("try { await crm.getCustomers() } catch (e) { return [e instanceof ToolError, e instanceof Error, e.code, e.message, e.server, e.tool, e.retryable, e.hint, String(e)] }", fail);
    assert_eq!(
        caught.value(),
        &json!([true, true, "timeout", "too slow", "crm", "get_customers", true, "try later", "ToolError: too slow"])
    );
    let free = host.run("const ok = 1;\n\nawait crm.getCustomers();", fail);
    let error = free.error();
    assert_eq!(
        (error.code.as_str(), error.line, error.hint.as_deref()),
        ("timeout", Some(3), Some("try later")),
        "{error:?}"
    );
}

#[test]
fn parallel_calls_go_out_together() {
    let code = "const all = await Promise.all(Array.from({ length: 200 }, (_, n) => slack.sendMessage('#c', String(n))));\nreturn all.map(r => Number(r.arguments.text)).reduce((a, b) => a + b)";
    let report = run(code);
    assert_eq!(report.value(), &json!(19900));
    assert_eq!(report.calls.len(), 200);
    assert!(report.batches < 20, "{} reads", report.batches);
}

#[test]
fn calls_without_await_still_happen() {
    let report = run("[1, 2, 3].forEach(n => { slack.sendMessage('#c', String(n)) });\nreturn 'Sent'");
    assert_eq!((report.value(), report.calls.len()), (&json!("Sent"), 3));
}

#[test]
fn answers_may_be_cut_anywhere() {
    let code = "let sum = 0;\nfor (let i = 0; i < 5; i++) { const r = await Promise.all([crm.getCustomers({ i }), crm.getCustomers({ i: i * 10 })]); sum += r[0].arguments.i + r[1].arguments.i }\nreturn sum";
    let mut state = 7_u64;
    for round in 0..12 {
        let cuts = (0..9).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 58).unwrap() + 1
        });
        let host = Host { cuts: cuts.collect(), ..Host::default() };
        assert_eq!(host.run(code, echo).value(), &json!(110), "round {round}");
    }
}

#[test]
fn searching_passes_its_options() {
    assert_eq!(
        value("await searchTools('sheets', { detail: 'name', limit: 3 })"),
        json!({"language": "typescript", "query": "sheets", "detail": "name", "limit": 3})
    );
}

#[test]
fn exploring_the_servers_shows_typescript_only() {
    assert_eq!(
        value("const services = await listDirectory('/servers/'); services"),
        json!(["README.md", "google-drive", "slack"])
    );
    assert_eq!(value("await fs.readdir('./servers/slack')"), json!(["sendMessage.ts"]));
    assert_eq!(
        value("const toolDef = await readFile('/servers/google-drive/getDocument.ts'); toolDef"),
        json!("// getDocument(documentId, fields)\n")
    );
}

#[test]
fn skills_are_modules() {
    let host = Host::default();
    host.write("skills/save-sheet-as-csv.ts", "import * as gdrive from '../servers/google-drive';\nimport * as fs from 'fs/promises';\nexport async function saveSheetAsCsv(sheetId: string): Promise<string> {\n  const data = await gdrive.getSheet({ sheetId });\n  const filename = `./workspace/sheet-${sheetId}.csv`;\n  await fs.writeFile(filename, JSON.stringify(data));\n  return filename;\n}\n");
    let report =
        host.run("import { saveSheetAsCsv } from './skills/save-sheet-as-csv';\nawait saveSheetAsCsv('1a')", echo);
    assert_eq!(report.value(), &json!("./workspace/sheet-1a.csv"));
    assert!(host.root.join("workspace/sheet-1a.csv").exists());
    host.write(
        "skills/bad/index.ts",
        "export const a = 1;\n\nexport function fail(): never {\n  throw new Error('inside');\n}\n",
    );
    let error = host.run("import { fail } from './skills/bad';\n\nfail();", echo).error().clone();
    assert_eq!((error.line, error.stack[0].as_str()), (Some(3), "fail (/skills/bad/index.ts:4:13)"), "{error:?}");
    host.write("skills/broken.ts", "export const = 1;");
    assert!(host.run("import './skills/broken';", echo).error().message.contains("/skills/broken.ts, line 1"));
}

#[test]
fn a_saved_function_can_be_imported() {
    let host = Host::default();
    let save = "import { writeFile } from 'fs/promises';\nasync function summarize(id: string) { const doc = await getDocument(id); return doc.tool }\nawait writeFile('/skills/summarize.ts', summarize.toString());";
    host.run(save, echo);
    let report =
        host.run("import { summarize } from '/skills/summarize.ts';\nreturn `Q3: ${await summarize('q3')}`", echo);
    assert_eq!(report.value(), &json!("Q3: get_document"));
}

#[test]
fn progress_survives_in_state() {
    let host = Host::default();
    let code = "import { writeFile, readFile } from 'fs/promises';\nlet progress = { processed: 0 };\ntry { progress = JSON.parse(await readFile('/state/progress.json', 'utf-8')) } catch {}\nprogress.processed++;\nawait writeFile('/state/progress.json', JSON.stringify(progress));\nreturn progress.processed";
    assert_eq!(host.run(code, echo).value(), &json!(1));
    assert_eq!(host.run(code, echo).value(), &json!(2));
    assert!(host.root.join("workspace/state/progress.json").exists());
}

#[test]
fn calls_say_the_line_that_makes_them() {
    let code = "interface Row {\n  id: string;\n}\nconst update = (id: string) =>\n  crm.getCustomers({ id });\n\
        await update('a');\nfor (const id of ['b', 'c']) await crm.getCustomers({ id });\n\
        await Promise.all(['d', 'e'].map(async (id) => {\n  await sleep(1);\n  return getDocument(id);\n}));\n\
        await callMCPTool('crm', 'get_customers', {});\n['f'].forEach((id) => void getDocument(id));";
    let report = run(code);
    let lines: Vec<_> = report.lines.iter().map(|line| line.unwrap_or_default()).collect();
    assert_eq!(lines, [5, 7, 7, 10, 10, 12, 13], "{report:?}");
    let odd = run("Error.stackTraceLimit = 0;\nawait crm.getCustomers({});\nreturn 1;");
    assert!(odd.error.is_none() && odd.lines.len() == 1, "{odd:?}");
}
