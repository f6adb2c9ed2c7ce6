//! Programs of both languages, good and bad, through the command line.

use crate::support::{Place, beside};
use serde_json::{Value, json};

#[test]
fn both_languages_move_data_between_servers() {
    let place = Place::with(&["google-drive", "salesforce"]);
    let typescript = "import { getDocument } from './servers/google-drive';\nimport * as sf from \"./servers/salesforce\";\n\
        const doc = await getDocument('abc123');\nconst id: string = '00Q000000000001';\n\
        await sf.updateRecord({ objectType: 'Lead', recordId: id, data: { Notes: doc.content } });\n\
        const lead = await salesforce.getRecord('Lead', id);\nreturn lead.Notes.length === doc.content.length;";
    let python = "from servers.google_drive.get_document import get_document\nfrom servers.salesforce import update_record, get_record\n\n\
        def run(input):\n    doc = get_document(documentId=\"abc123\")[\"content\"]\n    update_record(\"Lead\", \"00Q000000000001\", {\"Notes\": doc})\n    \
        return get_record(\"Lead\", \"00Q000000000001\")[\"Notes\"] == doc\n";
    for (language, code) in [("typescript", typescript), ("python", python)] {
        let report = place.program(language, code);
        assert_eq!((&report["status"], &report["result"]), (&json!("succeeded"), &json!(true)), "{report}");
        assert_eq!(report["calls"].as_array().unwrap().len(), 3, "{report}");
        let tokens = &report["tokens"];
        assert!(tokens["direct_equivalent"].as_u64() > Some(20_000), "{tokens}");
        assert!(tokens["model_in"].as_u64() < Some(200), "{tokens}");
    }
}

#[test]
fn one_program_waits_for_a_server_that_starts_slowly() {
    let place = Place::with(&[]);
    let slow = format!("sleep 12; exec {} logs", beside("outboard-demo").display());
    place.settings(&format!("[servers.logs]\ncommand = \"sh\"\nargs = [\"-c\", {slow:?}]\n"));
    let report = place.program("typescript", "return (await logs.listPages()).pages;");
    assert_eq!((&report["status"], &report["result"]), (&json!("succeeded"), &json!(30)), "{report}");
}

#[test]
fn four_kinds_of_failed_call_are_told_apart() {
    let place = Place::with(&["logs"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let command = &settings[settings.find("command").unwrap()..];
    place.settings(&format!(
        "gateway.attempts = 1\n[servers.logs]\n{command}[servers.crashing]\n{command}env = {{ OUTBOARD_DEMO_FAULT = \"every:1=crash\" }}\n\
         [servers.hanging]\n{command}env = {{ OUTBOARD_DEMO_FAULT = \"every:1=hang\" }}\ntimeout = \"300ms\"\n"
    ));
    let code = "const codes = [];\nfor (const call of [() => logs.getPage(99), () => logs.getPage({ page: 'x' }), \
        () => crashing.listPages(), () => hanging.listPages()]) {\n  try { await call(); } catch (e) { codes.push(e.code, e instanceof ToolError); }\n}\nreturn codes;";
    let report = place.program("typescript", code);
    assert_eq!(
        report["result"],
        json!(["tool_failed", true, "invalid_arguments", true, "upstream_lost", true, "timeout", true]),
        "{report}"
    );
}

#[test]
fn wrong_programs_are_told_where_they_are_wrong() {
    let place = Place::with(&["logs"]);
    for (language, code, status, error, line) in [
        ("typescript", "const a = 1;\nconst b = ;\n", "failed", "syntax_error", json!(2)),
        ("python", "a = 1\nb = (\n", "failed", "syntax_error", json!(2)),
        ("typescript", "const a = 1;\nnope();\n", "failed", "preflight_failed", json!(2)),
        ("python", "a = 1\nnope()\n", "failed", "preflight_failed", json!(2)),
        ("typescript", "throw 42", "failed", "program_error", json!(null)),
        ("python", "x = [0] * 10**11", "limit_exceeded", "limit_exceeded", json!(1)),
    ] {
        let report = place.program(language, code);
        assert_eq!(report["status"], status, "{code}: {report}");
        assert_eq!((&report["error"]["code"], &report["error"]["line"]), (&json!(error), &line), "{code}: {report}");
    }
}

#[test]
fn loops_and_floods_end_at_their_limits() {
    let place = Place::with(&[]);
    place.settings("[sandbox]\ncpu = \"500ms\"\nmemory_mb = 256\n");
    for (language, code) in [("typescript", "for (;;) {}"), ("python", "while True: pass")] {
        let report = place.program(language, code);
        assert_eq!(report["status"], "limit_exceeded", "{report}");
        assert!(report["error"]["hint"].as_str().unwrap().contains("sandbox.cpu"), "{report}");
    }
    for (language, code) in [
        ("typescript", "for (let i = 0; i < 5000; i++) console.log('x'.repeat(1000))"),
        ("python", "print('x' * 100_000_000)"),
    ] {
        let report = place.program(language, code);
        assert_eq!(
            (&report["status"], &report["truncated"]),
            (&json!("succeeded"), &json!(true)),
            "{}",
            report["error"]
        );
        assert_eq!(report["stdout"].as_str().unwrap().len(), 1 << 20);
    }
}

#[test]
fn a_long_result_is_cut_and_kept_whole() {
    let place = Place::with(&[]);
    place.write("p.ts", "return Array.from({ length: 20000 }, (_, i) => ({ row: i }));");
    let text = place.ok(&["run", "p.ts"]);
    assert!(text.len() < 40_000, "{} bytes", text.len());
    let start = text.find("/workspace/.outputs/").unwrap();
    let path = text[start..].split([')', '\n']).next().unwrap();
    let file = place.path().join(".outboard/workspaces/local/default").join(path.trim_start_matches("/workspace/"));
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(whole.as_array().unwrap().len(), 20_000);
}

#[test]
fn files_stay_in_the_session_and_sessions_are_apart() {
    let place = Place::with(&[]);
    place.write("w.ts", "import * as fs from 'fs/promises';\nawait fs.writeFile('./workspace/a.txt', 'hello');\nreturn await fs.readdir('/workspace');");
    place.write("r.py", "import os\nos.path.exists('/workspace/a.txt') and open('/workspace/a.txt').read()");
    assert!(place.ok(&["run", "w.ts"]).contains("a.txt"));
    assert!(place.ok(&["run", "r.py"]).contains("hello"));
    assert!(place.ok(&["run", "r.py", "--session", "other"]).contains("result: false"));
}

#[test]
fn a_program_is_inspected_before_it_runs() {
    let place = Place::with(&["crm"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    for (language, code, tool) in [
        ("typescript", "import fs from 'fs';\nif (input) await crm.getCustomer('x');\neval('1');", "crm.get_customer"),
        ("python", "import json, os\nif input: crm.get_customer('x')\neval('1')", "crm.get_customer"),
    ] {
        place.settings(&settings);
        let report = place.program(language, code);
        assert_eq!(report["status"], "succeeded", "{report}");
        assert_eq!(report["inspection"]["tools"], json!([tool]), "{report}");
        assert_eq!(report["inspection"]["dynamic"].as_array().unwrap().len(), 1, "{report}");
        place.settings(&format!("inspection.refuse = [\"dynamic\", \"import:os\"]\n{settings}"));
        let report = place.program(language, &format!("{code}\nconsole.log('ran'); print('ran')"));
        assert_eq!(report["error"]["code"], "program_refused", "{report}");
        assert_eq!(report["stdout"], "", "nothing ran");
    }
    place.settings("inspection.refuse = [\"evil\"]\n");
    let (code, told) = place.fails(&["run", "program", "--language", "python"]);
    assert!(code != 0 && told.contains("inspection.refuse") && told.contains("is not a rule"), "{told}");
}

#[test]
fn types_of_results_are_learned_and_told_to_the_next_process() {
    let place = Place::with(&[]);
    let server = r#"
n = {"type": "object", "properties": {"n": {"type": "number"}}}
tools = [{"name": "look", "inputSchema": n, "annotations": {"readOnlyHint": True}}]
serve(tools, lambda name, given, meta: {"count": given["n"], "secret_word": "x%d" % given["n"]})
"#;
    place.settings(&place.python("plain", server, &[]));
    assert!(!place.ok(&["search", "look", "--detail", "full"]).contains("count:"), "nothing is known yet");
    let report = place.program("typescript", "for (const n of [1, 2, 3, 4]) await plain.look({ n }); return 1;");
    assert_eq!(report["status"], "succeeded", "{report}");
    let rows: Value = serde_json::from_str(&place.ok(&["shapes", "--json"])).unwrap();
    assert_eq!((&rows[0]["id"], &rows[0]["seen"]), (&json!("plain/look"), &json!(4)), "{rows}");
    let usage = std::fs::read_to_string(place.path().join(".outboard/usage.jsonl")).unwrap();
    assert!(usage.contains("\"look\"") && usage.contains("\"calls\":4,\"well\":4"), "{usage}");
    let told = place.program("typescript", "return await searchTools('look', { detail: 'full' });").to_string();
    assert!(told.contains("count: number") && !told.contains("x4"), "{told}");
    place.ok(&["shapes", "reset", "plain"]);
    assert_eq!(place.ok(&["shapes", "--json"]).trim(), "[]");
    assert_eq!(std::fs::read_to_string(place.path().join(".outboard/usage.jsonl")).unwrap(), "");
}

#[test]
fn bash_programs_call_tools_as_commands() {
    crate::support::beside("outboard-bash");
    let place = Place::with(&["logs", "salesforce"]);
    let code = "pages=$(call logs list_pages | grep -o '\"pages\":[0-9]*' | cut -d: -f2)\necho \"there are $pages\"\n\
        seq 1 3 | xargs -P 3 -I{} call logs get_page page:={} | wc -l\necho '{\"ok\": true}' > /workspace/a.json\ncat /workspace/a.json";
    let report = place.program("bash", code);
    assert_eq!(report["status"], "succeeded", "{report}");
    let stdout = report["stdout"].as_str().unwrap();
    assert!(stdout.contains("there are 30") && stdout.contains("{\"ok\": true}"), "{report}");
    assert_eq!(report["calls"][1]["ok"], 3, "{report}");
    let failed = place.program("bash", "echo before\nnonsense\nexit 3");
    assert_eq!((&failed["status"], &failed["error"]["code"]), (&json!("failed"), &json!("program_error")), "{failed}");
    let told = place.program("bash", "cat /etc/passwd; curl -s http://example.com; echo done");
    let stdout = told["stdout"].as_str().unwrap();
    assert!(stdout.contains("done\n") && stdout.contains("no network") && !stdout.contains("root:"), "{told}");
}

#[test]
fn granted_folders_are_seen_and_protected_places_are_refused() {
    let place = Place::with(&[]);
    let data = place.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("in.txt"), "from the host").unwrap();
    let path = data.display().to_string();
    place.settings(&format!("sandbox.files.read = {{ \"/data\" = {path:?} }}\n"));
    let code = "import os\ntext = open('/data/in.txt').read()\ntry:\n    open('/data/out.txt', 'w').write('x'); wrote = True\nexcept OSError:\n    wrote = False\n[text, wrote]";
    assert_eq!(place.program("python", code)["result"], json!(["from the host", false]));
    place.settings(&format!("sandbox.files.write = {{ \"/data\" = {path:?} }}\n"));
    assert_eq!(place.program("python", code)["result"], json!(["from the host", true]));
    assert_eq!(std::fs::read_to_string(data.join("out.txt")).unwrap(), "x");
    let own = place.path().display().to_string();
    for bad in ["/", "/proc", own.as_str(), "relative"] {
        place.settings(&format!("sandbox.files.write = {{ \"/data\" = {bad:?} }}\n"));
        let (code, told) = place.fails(&["run", "program", "--language", "python"]);
        assert!(code == 2 && told.contains("sandbox.files.write"), "{bad}: {told}");
    }
}

#[test]
fn a_session_that_is_full_says_so() {
    let place = Place::with(&[]);
    place.settings("sandbox.disk_mb = 1\n");
    let report = place.program("python", "import time\nfor n in range(40):\n    open('/workspace/%d' % n, 'wb').write(b'x' * 200000); time.sleep(0.05)\ntime.sleep(5)");
    assert_eq!(report["status"], "limit_exceeded", "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("sandbox.disk_mb"), "{report}");
}

#[test]
fn an_engine_that_is_not_configured_is_named() {
    let place = Place::with(&[]);
    let report = place.program("typescript", "// engine: bun\nreturn 1");
    assert_eq!(report["error"]["code"], "sandbox_unavailable", "{report}");
    assert!(report["error"]["message"].as_str().unwrap().contains("bun"), "{report}");
}

/// An engine as the description of the guest protocol adds it: the guest and the settings that the page shows, with what
/// Python needs on this machine.
#[test]
fn an_engine_of_ones_own_runs_the_programs_that_name_it() {
    let place = Place::with(&["logs"]);
    let page = include_str!("../../../docs/guest-protocol.md");
    let block = |language: &str| {
        let parts = page.split(&format!("```{language}\n")).nth(1).and_then(|rest| rest.split("```").next());
        parts.unwrap().to_owned()
    };
    std::fs::write(place.path().join("lines.py"), block("python")).unwrap();
    let probe = "import os, sys, sysconfig\nbase = os.path.realpath(sys.base_prefix)\n\
        print(os.path.realpath(sys.executable), sysconfig.get_path('stdlib') if base == '/usr' else base, sep='\\n')";
    let told =
        std::process::Command::new("python3").args(["-I", "-c", probe]).output().expect("apt-get install python3");
    let told = String::from_utf8(told.stdout).unwrap();
    let (program, needs) = told.trim().split_once('\n').unwrap();
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let engine = block("toml").replace("/usr/bin/python3", program).replace("/usr/lib/python3.12", needs);
    place.settings(&format!("{settings}\n{engine}"));
    let report = place.program("bash", "# engine: lines\nlogs list_pages {}\n");
    assert_eq!(
        (&report["status"], report["calls"].as_array().map(Vec::len)),
        (&json!("succeeded"), Some(1)),
        "{report}"
    );
    assert!(report["result"].as_array().is_some_and(|values| values.len() == 1), "{report}");
    let report = place.program("bash", "# engine: words\nlogs list_pages {}\n");
    assert_eq!(report["error"]["code"], "sandbox_unavailable", "{report}");
}

#[test]
fn programs_of_one_host_draw_numbers_of_their_own() {
    let place = Place::with(&[]);
    let mut session = place.serve();
    let typescript = "return 'drawn:' + [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2)).join('.'), \
        require('node:crypto').randomBytes(8).toString('hex')].join() + ':drawn'";
    let python = "import os, random, secrets, uuid\n'drawn:' + ','.join(map(str, [random.random(), secrets.token_hex(8), \
        os.urandom(8).hex(), uuid.uuid4(), uuid.uuid1()])) + ':drawn'";
    for (language, code) in [("typescript", typescript), ("python", python)] {
        let mut drawn = || -> Vec<String> {
            let (text, _) = session.tool("run_code", json!({"code": code, "language": language}));
            let inner = text.split("drawn:").nth(1).and_then(|rest| rest.split(":drawn").next());
            inner.unwrap_or_else(|| panic!("{text}")).split(',').map(str::to_owned).collect()
        };
        let (one, two) = (drawn(), drawn());
        assert!(one.len() >= 4 && one.iter().zip(&two).all(|(one, two)| one != two), "{language}: {one:?} {two:?}");
    }
}
