//! `outboard agent` against a scripted model over real HTTP, in all modes and formats, on the demo servers.

use crate::support::{Place, beside};
use crate::telemetry::{Collector, attribute};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const FORMATS: [&str; 3] = ["anthropic", "openai", "chat"];

/// A model that is ended with its test.
struct Model {
    child: Child,
    url: String,
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn model(place: &Place, script: &Value) -> Model {
    place.write("script.json", &script.to_string());
    let mut command = Command::new(beside("scripted-model"));
    command.args(["script.json", "--record", "requests.jsonl"]).current_dir(place.path());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    Model { child, url: ready["base_url"].as_str().unwrap().to_owned() }
}

/// What the model was asked, one request each.
fn requests(place: &Place) -> Vec<Value> {
    let text = std::fs::read_to_string(place.path().join("requests.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn started(place: &Place, model: &Model, format: &str, arguments: &[&str]) -> Command {
    let all = ["agent", "--provider", format, "--model", "scripted", "--base-url", &model.url];
    let all: Vec<&str> = all.into_iter().chain(arguments.iter().copied()).collect();
    let mut command = place.command(&all);
    command
        .env("ANTHROPIC_API_KEY", "key-for-tests")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn agent(place: &Place, model: &Model, format: &str, arguments: &[&str]) -> Output {
    started(place, model, format, arguments).output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Finds how many pages there are, by direct calls and by a program.
fn both_ways() -> Value {
    let program = "let n = 0;\nfor (let page = 1; page <= 30; page++) {\n  const records = (await logs.getPage({ page })).records;\n  n += records.length;\n}\nreturn n;";
    json!({
        "direct": [
            {"calls": [{"name": "logs__list_pages"}, {"name": "logs__get_page", "arguments": {"page": 2}}]},
            {"text": "There are 30 pages."},
        ],
        "code": [
            {"text": "Let me look.", "calls": [{"name": "search_tools", "arguments": {"query": "log pages"}}]},
            {"calls": [{"name": "run_code", "arguments": {"code": program}}], "usage": {"input": 900, "cached": 700, "output": 80}},
            {"text": "There are 300 records.", "expect": ["result: 300"]},
        ],
    })
}

#[test]
fn every_format_works_directly_and_by_programs() {
    for format in FORMATS {
        let place = Place::with(&["logs"]);
        let model = model(&place, &both_ways());
        let output = agent(&place, &model, format, &["How many pages?", "--mode", "direct", "--json"]);
        let direct = report(&output);
        assert_eq!(
            (&direct["status"], &direct["answer"]),
            (&json!("succeeded"), &json!("There are 30 pages.")),
            "{direct}"
        );
        assert_eq!((&direct["turns"], direct["calls"].as_array().unwrap().len()), (&json!(2), 2), "{direct}");
        let output = agent(&place, &model, format, &["How many records?", "--mode", "code", "--json"]);
        let code = report(&output);
        assert_eq!(code["answer"], "There are 300 records.", "{code}\n{}", told(&output));
        assert!(code["usage"]["cached"] == 700 && code["usage"]["input"].as_u64() > Some(900), "{code}");
        assert!(code["direct_equivalent"].as_u64() > code["ledger"]["results"].as_u64(), "{code}");
        let asked = requests(&place);
        assert_eq!(asked.len(), 5);
        assert_eq!(asked[0].to_string().contains("cache_control"), format == "anthropic");
        assert!(!asked[0].to_string().contains("key-for-tests"));
    }
}

/// The spans that stand under one.
fn below<'a>(spans: &'a [Value], of: &Value) -> Vec<&'a Value> {
    spans.iter().filter(|span| span["parentSpanId"] == of["spanId"]).collect()
}

#[test]
fn each_turn_is_a_span_and_its_programs_and_calls_stand_below() {
    let (place, collector) = (Place::with(&["logs"]), Collector::start());
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let telemetry = format!("[telemetry]\nendpoint = {:?}\nprotocol = \"http/json\"\n", collector.base);
    place.settings(&(settings + &telemetry));
    let model = model(&place, &both_ways());
    let ran = report(&agent(&place, &model, "openai", &["How many records?", "--mode", "code", "--json"]));
    let id = ran["id"].as_str().unwrap();
    let spans = collector.spans();
    let root = spans.iter().find(|span| span["name"] == "invoke_agent outboard").unwrap();
    assert_eq!(attribute(root, "gen_ai.conversation.id"), id);
    assert!(spans.iter().all(|span| span["traceId"] == root["traceId"]), "one trace: {spans:#?}");
    let turns = below(&spans, root);
    assert_eq!(turns.len(), 3, "{turns:#?}");
    for (turn, number) in turns.iter().zip(["1", "2", "3"]) {
        assert_eq!((&turn["name"], &turn["kind"]), (&json!("chat scripted"), &json!(3)));
        assert_eq!(attribute(turn, "outboard.agent.turn"), number);
        assert_eq!(attribute(turn, "gen_ai.operation.name"), "chat");
        assert_eq!(attribute(turn, "gen_ai.provider.name"), "openai");
    }
    assert_eq!(attribute(turns[1], "gen_ai.usage.input_tokens"), "900");
    assert_eq!(attribute(turns[1], "gen_ai.usage.cache_read.input_tokens"), "700");
    assert_eq!(attribute(turns[1], "gen_ai.usage.output_tokens"), "80");
    assert_eq!(below(&spans, turns[0])[0]["name"], "execute_tool search_tools");
    let program = below(&spans, turns[1])[0];
    assert_eq!(program["name"], "execute_tool run_code");
    let calls = below(&spans, program);
    assert_eq!(calls.iter().filter(|span| span["name"] == "tools/call get_page").count(), 30);
    assert_eq!(attribute(root, "gen_ai.usage.input_tokens"), ran["usage"]["input"].to_string());

    let drawn = place.ok(&["trace", id]);
    for part in ["invoke_agent outboard", "chat scripted", "execute_tool run_code", "logs.get_page"] {
        assert!(drawn.contains(part), "{part}: {drawn}");
    }
    let stats: Value = serde_json::from_str(&place.ok(&["stats", "--json"])).unwrap();
    let used = &stats["models"][0];
    assert_eq!(
        (&used["model"], &used["turns"], &used["input"]),
        (&json!("scripted"), &json!(3), &ran["usage"]["input"])
    );
    assert!(place.ok(&["stats"]).contains("READ, BY ITS PROVIDER"));
    let sent = place.ok(&["trace", "export", id]);
    assert!(sent.contains(&format!("{} spans", spans.len())), "{sent}, not {}", spans.len());

    let again = report(&agent(&place, &model, "openai", &["And now?", "--continue", "--json"]));
    assert_eq!(again["id"], id, "{again}");
    let all = collector.spans();
    let runs: std::collections::BTreeSet<_> = all
        .iter()
        .filter(|span| span["name"] == "invoke_agent outboard")
        .map(|span| (span["traceId"].to_string(), span["spanId"].to_string()))
        .collect();
    assert_eq!(runs.len(), 2, "a conversation that goes on has another run in the same trace");
    let trace = root["traceId"].to_string();
    assert!(runs.iter().all(|(other, _)| *other == trace));
}

#[test]
fn compare_shows_both_beside_each_other() {
    let place = Place::with(&["logs"]);
    let model = model(&place, &both_ways());
    let output = agent(&place, &model, "anthropic", &["How many records?", "--mode", "compare"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    for part in ["direct", "code", "There are 30 pages.", "There are 300 records.", "fewer tokens"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let model = self::model(&place, &both_ways());
    let both = report(&agent(&place, &model, "chat", &["How many records?", "--mode", "compare", "--json"]));
    assert_eq!((&both["status"], both["runs"].as_array().unwrap().len()), (&json!("succeeded"), 2), "{both}");
}

#[test]
fn hybrid_says_why() {
    let place = Place::with(&["logs"]);
    let model = model(&place, &both_ways());
    let one = report(&agent(&place, &model, "openai", &["What does page 2 say?", "--mode", "hybrid", "--json"]));
    assert_eq!(one["mode"], "direct", "{one}");
    assert!(one["why"].as_str().unwrap().contains("one small call"), "{one}");
    let output = agent(&place, &model, "openai", &["Count the records of all pages", "--mode", "hybrid"]);
    assert!(told(&output).contains("mode code: \"count\" in the task"), "{}", told(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "There are 300 records.");
}

#[test]
fn a_rough_provider_is_survived() {
    for format in FORMATS {
        let place = Place::with(&["logs"]);
        let model = model(
            &place,
            &json!({"turns": [
                {"status": 529, "retry_after": 0, "message": "Overloaded"},
                {"overloaded": true, "chunk": 1},
                {"drop": true, "text": "half of an answer", "chunk": 1},
                {"calls": [{"name": "run_cod"}, {"name": "run_code", "raw": "{\"code\": \"return 1"}], "chunk": 1},
                {"calls": [{"name": "run_code", "raw": "{\"code\": \"return 6 * 7\",}"}], "chunk": 7},
                {"overflow": true},
                {"text": "```typescript\nreturn await logs.listPages()\n```"},
                {"text": "It is 42.", "expect": ["You wrote a program", "did you mean"]},
            ]}),
        );
        let output = agent(&place, &model, format, &["What is six times seven?", "--json"]);
        let report = report(&output);
        assert_eq!(
            (&report["status"], &report["answer"]),
            (&json!("succeeded"), &json!("It is 42.")),
            "{format}: {report}"
        );
        let notes = report["notes"].to_string();
        for told in
            ["HTTP 529", "Overloaded", "broke off", "did you mean", "not JSON", "repaired", "shortened", "as text"]
        {
            assert!(notes.contains(told), "{format}: {told}: {notes}");
        }
        assert_eq!(report["calls"], json!([{"tool": "run_code", "ok": 1, "failed": 0}]), "{format}");
    }
}

#[test]
fn large_results_are_shortened_when_the_context_is_full() {
    let place = Place::with(&["logs"]);
    let turn = |page| json!({"calls": [{"name": "logs__get_page", "arguments": {"page": page}}]});
    let model = model(
        &place,
        &json!({"turns": [
            turn(1), turn(2), {"overflow": true}, {"text": "done", "expect": ["removed by the agent"]},
        ]}),
    );
    let report = report(&agent(&place, &model, "anthropic", &["Read", "--mode", "direct", "--json"]));
    assert_eq!(report["answer"], "done", "{report}");
    assert!(report["notes"][0].as_str().unwrap().contains("old results were shortened"), "{report}");
}

#[test]
fn refusals_stuck_models_and_wrong_use_have_their_codes() {
    let place = Place::with(&["logs"]);
    for format in FORMATS {
        let model = model(&place, &json!({"turns": [{"refusal": "I will not do that."}]}));
        let output = agent(&place, &model, format, &["Do harm"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(told(&output).contains("error[model_failed]: the model refuses"), "{}", told(&output));
    }
    let again: Vec<Value> = (0..8).map(|_| json!({"calls": [{"name": "logs__list_pages"}]})).collect();
    let model = model(&place, &json!({"turns": again}));
    let output = agent(&place, &model, "chat", &["x", "--mode", "direct"]);
    assert!(told(&output).contains("goes round in circles"), "{}", told(&output));
    let nobody = Model { child: Command::new("true").spawn().unwrap(), url: "http://127.0.0.1:9/v1".into() };
    place.settings(&format!(
        "{}\n[agent]\nmax_turns = 3\n",
        std::fs::read_to_string(place.path().join("outboard.toml")).unwrap()
    ));
    for (arguments, code, said) in [
        (vec!["agent", "x"], 2, "no model is named"),
        (vec!["agent", "x", "--model", "m"], 2, "there is no key for anthropic"),
        (vec!["agent", "x", "--model", "m", "--provider", "chat", "--max-cost", "1"], 2, "what m costs is not known"),
        (
            vec!["agent", "--continue", "--conversation", "../x", "--model", "m", "--provider", "chat"],
            2,
            "is not the id",
        ),
        (
            vec!["agent", "--continue", "--mode", "compare", "--model", "m", "--provider", "chat"],
            2,
            "compare makes two",
        ),
    ] {
        let (exit, told) = place.fails(&arguments);
        assert!(exit == code && told.contains(said), "{arguments:?}: {exit} {told}");
    }
    drop(nobody);
}

/// Begins a run that a person is asked about, and decides; what came of it, and what the person was told.
fn decided(place: &Place, model: &Model, format: &str, decision: &str) -> (Output, String) {
    let waiting = started(place, model, format, &["Read", "--mode", "direct", "--json"]).spawn().unwrap();
    let open = place.until(&["approvals", "--json"], |open| open.contains("\"agent\""));
    let open: Value = serde_json::from_str(&open).unwrap();
    place.ok(&["approvals", decision, open[0]["id"].as_str().unwrap()]);
    (waiting.wait_with_output().unwrap(), open[0]["reason"].as_str().unwrap().to_owned())
}

#[test]
fn limits_stop_before_they_are_passed_and_a_person_is_asked_above_the_budget() {
    let place = Place::with(&["logs"]);
    let pages: Vec<Value> = (1..20)
        .map(|page| {
            let usage = json!({"input": 3_000, "output": 100});
            json!({"calls": [{"name": "logs__get_page", "arguments": {"page": page}}], "usage": usage})
        })
        .collect();
    let script = json!({"turns": pages});
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!(
        "{servers}\n[agent]\nmax_turns = 3\nask_above = 0.000001\n[[agent.prices]]\nmodel = \"scripted\"\ninput = 1\noutput = 2\n\
         [approvals]\nexpiry = \"60s\"\n"
    ));
    for format in FORMATS {
        let model = model(&place, &script);
        let asked = requests(&place).len();
        let (denied, said) = decided(&place, &model, format, "deny");
        assert!(told(&denied).contains("the model was not asked"), "{format}: {}", told(&denied));
        assert!(said.contains("the run is estimated at $"), "{format}: {said}");
        assert_eq!(requests(&place).len(), asked, "{format}: without a yes, the model is not asked");
        let ended = report(&decided(&place, &model, format, "approve").0);
        assert_eq!(
            (&ended["status"], &ended["error"]["code"]),
            (&json!("limit_exceeded"), &json!("limit_exceeded")),
            "{format}: {ended}"
        );
        assert!((ended["cost_usd"].as_f64().unwrap() - 3.0 * 0.0032).abs() < 1e-9, "{format}: {ended}");
    }

    let model = model(&place, &script);
    place.settings(&format!("{servers}\n[approvals]\nexpiry = \"1s\"\n"));
    let output = agent(&place, &model, "chat", &["--continue", "--json", "--max-tokens-total", "1000"]);
    let ended = told(&output);
    assert!(
        ended.contains("needs approval: --max-tokens-total") && ended.contains("error[budget_exceeded]"),
        "{ended}"
    );
}

#[test]
fn a_hard_limit_keeps_everything_in_every_format_and_mode() {
    let dear = json!({"input": 409_990, "output": 1});
    let script = json!({
        "direct": [{"calls": [{"name": "logs__list_pages"}], "usage": dear}, {"text": "Done."}],
        "code": [
            {"calls": [{"name": "run_code", "arguments": {"code": "return await logs.listPages()"}}], "usage": dear},
            {"text": "Done."},
        ],
    });
    for format in FORMATS {
        let place = Place::with(&["logs"]);
        let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
        place.settings(&format!("{servers}\n[[agent.prices]]\nmodel = \"scripted\"\ninput = 1\noutput = 2\n"));
        for mode in ["direct", "code", "hybrid"] {
            let model = model(&place, &script);
            let arguments = ["Count the pages", "--mode", mode, "--max-cost", "0.41", "--json"];
            let output = agent(&place, &model, format, &arguments);
            let stopped = report(&output);
            assert_eq!(output.status.code(), Some(1), "{format}, {mode}: {stopped}");
            assert_eq!(
                (&stopped["status"], &stopped["error"]["code"], &stopped["turns"]),
                (&json!("limit_exceeded"), &json!("budget_exceeded"), &json!(1)),
                "{format}, {mode}: {stopped}"
            );
            assert!(stopped["cost_usd"].as_f64().unwrap() <= 0.41, "{format}, {mode}: {stopped}");
            let on = report(&agent(&place, &model, format, &["--continue", "--max-cost", "5", "--json"]));
            assert_eq!((&on["id"], &on["answer"]), (&stopped["id"], &json!("Done.")), "{format}, {mode}: {on}");
            assert!(on["cost_usd"].as_f64() > stopped["cost_usd"].as_f64(), "{format}, {mode}: {on}");
        }
    }
}

/// A model that calls nothing and means everything, as small ones do.
#[test]
fn what_small_models_write_is_understood() {
    let place = Place::with(&["logs"]);
    let template = "{\"name\": \"run_code\", \"arguments\": {\"code\": `const { pages } = await logs.listPages();\nreturn \"pages: \" + pages;`}}";
    let model = model(
        &place,
        &json!({"turns": [
            {"text": "```json\n{\"name\": \"logs.listPages\", \"arguments\": {}}\n```"},
            {"text": template, "expect": ["pages"]},
            {"text": "There are 30 pages.", "expect": ["pages: 30"]},
        ]}),
    );
    let one = report(&agent(&place, &model, "chat", &["How many pages?", "--mode", "code", "--json"]));
    assert_eq!((&one["answer"], &one["turns"]), (&json!("There are 30 pages."), &json!(3)), "{one}");
    let notes = one["notes"].to_string();
    assert!(notes.contains("written as text was made") && notes.contains("called as a tool"), "{notes}");
    let first = &requests(&place)[0];
    let system = first["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("logs.listPages(") && !system.contains("search_tools"), "{system}");
    assert_eq!(first["parallel_tool_calls"], false);
    let model = self::model(
        &place,
        &json!({"turns": [
            {"text": "I run this:\n```python\nfrom servers.logs import list_pages\nlist_pages()[\"pages\"] + 1\n```"},
            {"text": "It is 31.", "expect": ["result: 31"]},
        ]}),
    );
    let one = report(&agent(&place, &model, "anthropic", &["One page more?", "--mode", "code", "--json"]));
    assert_eq!(one["answer"], "It is 31.", "{one}");
}

#[test]
fn ctrl_c_keeps_the_conversation() {
    let place = Place::with(&["logs"]);
    let slow =
        json!({"calls": [{"name": "run_code", "arguments": {"code": "while True: pass", "language": "python"}}]});
    let model = model(&place, &json!({"turns": [slow, {"text": "I see it was stopped.", "expect": ["go on"]}]}));
    let mut command =
        place.command(&["agent", "Loop", "--model", "m", "--provider", "openai", "--base-url", &model.url]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("→ run_code")));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("error[cancelled]")), "{rest:?}");
    let folder = std::fs::read_dir(place.path().join(".outboard/agent")).unwrap();
    let kept = folder.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect::<String>();
    assert!(kept.contains("sealed") && !kept.contains("Loop"), "{kept}");
    let on = report(&agent(&place, &model, "openai", &["go on", "--continue", "--json"]));
    assert_eq!(on["answer"], "I see it was stopped.", "{on}");
}

/// The part of the page between two marks.
fn page(from: &str, to: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/agent.md");
    let text = std::fs::read_to_string(file).unwrap();
    text.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned()
}

#[test]
fn the_page_s_settings_and_script_work_as_they_stand() {
    let place = Place::with(&["logs"]);
    let script: Value = serde_json::from_str(&page("echo '", "' > script.json")).unwrap();
    let model = model(&place, &script);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let settings = page("```toml\n", "```").replace("http://127.0.0.1:11434/v1", &model.url);
    let settings = settings.replace("[agent]\n", "[agent]\nkey = \"${MY_KEY}\"\n");
    place.settings(&format!("{servers}\n{settings}"));
    let output = place.command(&["agent", "Look", "--json"]).env("MY_KEY", "k-from-settings").output().unwrap();
    let first = report(&output);
    assert_eq!(
        (&first["answer"], &first["provider"], &first["model"]),
        (&json!("Done."), &json!("chat"), &json!("qwen2.5-coder"))
    );
    assert_eq!((&first["cost_usd"], requests(&place)[0]["max_tokens"].as_u64()), (&json!(0.0), Some(4096)), "{first}");
    let id = first["id"].as_str().unwrap();
    let arguments = ["agent", "And now?", "--continue", "--conversation", id, "--max-cost", "0.5", "--json"];
    let second = report(&place.command(&arguments).env("MY_KEY", "k-from-settings").output().unwrap());
    assert_eq!((&second["id"], &second["status"]), (&first["id"], &json!("succeeded")), "{second}");
    let third = place.command(&["agent", "--continue", "--json"]).env("MY_KEY", "k-from-settings").output().unwrap();
    assert_eq!(report(&third)["id"], first["id"]);
    let said = requests(&place).last().unwrap()["messages"].to_string();
    assert!(said.contains("Go on."), "{said}");
    assert!(said.contains("Look") && said.contains("And now?") && said.contains("Done."), "{said}");
}
