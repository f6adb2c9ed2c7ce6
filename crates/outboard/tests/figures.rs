//! What was used and what it costs: the benchmark, the sums of the journal, the forecast.

use crate::support::{Place, beside};
use outboard_ledger::{O200k, TokenCounter};
use serde_json::{Value, json as object};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_benchmark_does_each_task_every_way_and_keeps_what_it_counted() {
    beside("outboard-demo");
    let place = Place::with(&[]);
    let told = json(&place.ok(&["bench", "--scenario", "logs", "--scenario", "small", "--json"]));
    let runs = told["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 10, "{told}");
    let total = |scenario: &str, mode: &str| {
        let run = runs.iter().find(|run| run["scenario"] == scenario && run["mode"] == mode).unwrap();
        run["tokens"]["total"].as_u64().unwrap()
    };
    for run in runs {
        assert_eq!(run["correct"], true, "{run}");
        let tokens = &run["tokens"];
        let parts = ["definitions", "arguments", "results", "code", "reports"];
        let sum: u64 = parts.iter().map(|part| tokens[part].as_u64().unwrap()).sum();
        assert_eq!(tokens["total"], sum);
        let texts = std::fs::read_to_string(run["recorded"].as_str().unwrap()).unwrap();
        assert!(texts.lines().all(|line| json(line)["text"].is_string()));
    }
    assert!(total("logs", "code") * 10 < total("logs", "direct"), "{told}");
    assert!(total("small", "code") > total("small", "direct"), "{told}");
    for scenario in ["logs", "small"] {
        let better = total(scenario, "code").min(total(scenario, "direct"));
        assert!(total(scenario, "hybrid") * 10 <= better * 11, "{scenario}: {told}");
    }
    runs.iter().for_each(|run| std::fs::remove_file(run["recorded"].as_str().unwrap()).unwrap());
}

/// The claim is about tasks with much data; each of them has to keep it.
#[test]
fn data_heavy_tasks_save_what_is_claimed() {
    beside("outboard-demo");
    let place = Place::with(&[]);
    let arguments = ["bench", "--scenario", "data-heavy", "--language", "typescript", "--json"];
    let told = json(&place.ok(&arguments));
    let runs = told["runs"].as_array().unwrap();
    let total = |scenario: &Value, mode: &str| {
        let run = runs.iter().find(|run| run["scenario"] == *scenario && run["mode"] == mode).unwrap();
        run["tokens"]["total"].as_f64().unwrap()
    };
    assert_eq!(runs.len(), 9, "{told}");
    for run in runs {
        let scenario = &run["scenario"];
        assert!(run["correct"] == true && total(scenario, "code") <= 0.013 * total(scenario, "direct"), "{run}");
        assert!(total(scenario, "hybrid") <= 1.1 * total(scenario, "code"), "{run}");
    }
    runs.iter().for_each(|run| std::fs::remove_file(run["recorded"].as_str().unwrap()).unwrap());
}

#[test]
fn scenarios_and_prices_of_ones_own_are_read_and_mistakes_are_named() {
    let place = Place::with(&[]);
    let (code, told) = place.fails(&["bench", "--scenario", "ordres"]);
    assert!(code == 2 && told.contains("orders"), "{told}");
    std::fs::create_dir(place.path().join("own")).unwrap();
    place.write("own/bad.toml", "name = 1");
    let (code, told) = place.fails(&["bench", "--scenarios", "own"]);
    assert!(code == 2 && told.contains("bad.toml"), "{told}");
    place.write("prices.toml", "model = \"m\"\n[prices.\"m\"]\ninput = 1000.0\noutput = 0.0\ncached = 0.0\n");
    let small = include_str!("../../../bench/scenarios/small.toml");
    let page = include_str!("../../../docs/benchmark.md");
    let commands = page.split_once("[commands.deploys]").unwrap().1.split_once("```").unwrap().0;
    place.write("own/bad.toml", &format!("{small}\n[commands.deploys]{commands}"));
    let told =
        json(&place.ok(&["bench", "--scenarios", "own", "--mode", "direct", "--prices", "prices.toml", "--json"]));
    let run = &told["runs"][0];
    // A thousand for a million tokens: each of the fresh ones costs a thousandth.
    assert_eq!(run["cost_usd"].as_f64().unwrap() * 1_000.0, run["billed"]["fresh"].as_f64().unwrap());
    std::fs::remove_file(run["recorded"].as_str().unwrap()).unwrap();
}

#[test]
fn what_was_used_is_added_up_by_day_tool_session_and_principal() {
    let place = Place::with(&["logs"]);
    let code = "for (let page = 1; page <= 3; page++) await logs.getPage({ page }); return 3;";
    assert_eq!(place.program("typescript", code)["result"], 3);
    for by in ["day", "session", "principal", "execution"] {
        let told = json(&place.ok(&["stats", "--by", by, "--json"]));
        let row = &told["rows"][0];
        assert_eq!((&row["executions"], &row["calls"], &row["errors"]), (&1.into(), &3.into(), &0.into()), "{told}");
        let tokens = |key: &str| row[key].as_u64().unwrap();
        assert!(tokens("direct_equivalent") > 5 * (tokens("model_wrote") + tokens("model_read")), "{told}");
        // The program, its report, and three calls with their results.
        assert_eq!((&row["exact"], tokens("texts"), tokens("counted")), (&true.into(), 8, 8), "{told}");
        assert_eq!((&told["counter"], tokens("model_wrote")), (&"o200k".into(), O200k.count(code)), "{told}");
    }
    let tools = json(&place.ok(&["stats", "--by", "tool", "--since", "1h", "--json"]));
    assert_eq!((&tools["rows"][0]["id"], &tools["rows"][0]["calls"]), (&"logs.get_page".into(), &3.into()));
    assert_eq!(tools["rows"][0]["exact"], true, "{tools}");
    let shown = place.ok(&["stats"]);
    assert!(shown.contains("DIRECT WOULD BE") && !shown.contains('~'), "{shown}");
    assert_eq!(place.fails(&["stats", "--since", "yesterday"]).0, 2);
}

#[test]
fn another_tokenizer_counts_or_none_and_what_was_not_counted_is_marked() {
    let place = Place::with(&["logs"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let code = "await logs.getPage({ page: 1 }); return 3;";
    place.settings(&(settings.clone() + "[ledger]\ntokenizer = \"estimate\"\n"));
    place.program("typescript", code);
    let told = json(&place.ok(&["stats", "--json"]));
    assert_eq!((&told["counter"], &told["rows"][0]["exact"]), (&"estimate".into(), &false.into()), "{told}");
    assert!(place.ok(&["stats"]).contains('~'));
    // A vocabulary that knows bytes alone has a token for each.
    let lines: Vec<String> = (0..=255_u8).map(|byte| format!("{} {byte}", base64(byte))).collect();
    place.write("bytes.tiktoken", &lines.join("\n"));
    place.settings(&(settings.clone() + "[ledger]\ntokenizer = \"bytes.tiktoken\"\n"));
    place.program("typescript", code);
    let told = json(&place.ok(&["stats", "--by", "execution", "--json"]));
    assert_eq!((&told["counter"], &told["rows"][1]["exact"]), (&"mixed".into(), &true.into()), "{told}");
    assert_eq!(told["rows"][1]["model_wrote"], code.len(), "{told}");
    place.settings(&(settings + "[ledger]\ntokenizer = \"nowhere.tiktoken\"\n"));
    let (status, told) = place.fails(&["run", "program", "--language", "typescript"]);
    assert!(status != 0 && told.contains("ledger.tokenizer") && told.contains("nowhere.tiktoken"), "{told}");
}

/// One byte in base64.
fn base64(byte: u8) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let [first, second] = [byte >> 2, (byte & 3) << 4].map(|at| char::from(DIGITS[usize::from(at)]));
    format!("{first}{second}==")
}

#[test]
fn what_models_read_beside_programs_is_counted_too() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    let client = object!({"name": "t", "version": "1"});
    session.request("initialize", object!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
    let definitions = session.request("tools/list", object!({}));
    let call = |name: &str, arguments: Value| object!({"name": name, "arguments": arguments});
    let found = session.request("tools/call", call("search_tools", object!({"query": "page"})));
    session.request("tools/call", call("call_tool", object!({"tool": "logs__get_page", "arguments": {"page": 1}})));
    session.request("tools/call", call("run_code", object!({"code": "return 1;"})));
    assert_eq!(session.end(), 0);
    let told = json(&place.ok(&["stats", "--json"]));
    let requests = told["requests"].as_array().unwrap();
    let of = |name: &str| requests.iter().find(|row| row["of"] == name).unwrap();
    let searched = O200k.count(found["result"]["content"][0]["text"].as_str().unwrap());
    assert_eq!((&of("search_tools")["read"], &of("search_tools")["counted"]), (&searched.into(), &1.into()), "{told}");
    let lines: Vec<String> = definitions["result"]["tools"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(of("tools/list")["read"], O200k.count(&lines.join("\n")), "{told}");
    assert!(of("call_tool")["read"].as_u64() > Some(100), "{told}");
    assert_eq!((&told["rows"][0]["executions"], &told["rows"][0]["exact"]), (&1.into(), &true.into()), "{told}");
    assert!(place.ok(&["stats"]).contains("search_tools"));
}

#[test]
fn a_month_is_forecast_from_the_journal_or_from_what_is_assumed() {
    let place = Place::with(&["logs", "deploys"]);
    let told = json(&place.ok(&["estimate", "--json"]));
    assert_eq!((&told["assumed"], &told["tools"], &told["runs"]), (&true.into(), &7.into(), &1000.into()), "{told}");
    let code = "for (let page = 1; page <= 30; page++) await logs.getPage({ page }); return 3;";
    assert_eq!(place.program("typescript", code)["result"], 3);
    let told = json(&place.ok(&["estimate", "--runs", "200", "--json"]));
    assert_eq!((&told["assumed"], &told["runs"], &told["task"]["calls"]), (&false.into(), &200.into(), &30.0.into()));
    let cost = |way: &str| told[way]["cost_usd"].as_f64().unwrap();
    assert!(cost("code") < cost("direct"), "{told}");
    assert!(told["break_even"]["calls"].as_u64().is_some(), "{told}");
    assert!(place.ok(&["estimate"]).contains("a program is cheaper"));
}

#[test]
fn what_is_unusual_is_told_when_it_happens_and_listed_later() {
    let place = Place::with(&["logs"]);
    let plain = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let limits =
        "calls_factor = 3\nleast_calls = 10\nerror_rate = 0.2\ncost_day = 20\nquiet = \"1h\"\nafter = \"1ms\"\n";
    place.settings(&format!("{plain}[ledger]\ntokenizer = \"o200k\"\n[alerts]\n{limits}"));
    for _ in 0..5 {
        place.program("typescript", "await logs.getPage({ page: 1 }); return 1;");
    }
    place.write(
        "many",
        "for (let page = 1; page <= 15; page++) await logs.getPage({ page });\nreturn await logs.listPages({});",
    );
    let output = place.run(&["run", "many", "--language", "typescript"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("unusual: 16 calls in one run, usually 1.0"), "{told}");
    let listed = json(&place.ok(&["stats", "--alerts", "--json"]));
    let mut kinds: Vec<_> = listed["seen"].as_array().unwrap().iter().map(|alert| alert["kind"].clone()).collect();
    kinds.sort_by_key(Value::to_string);
    assert_eq!(kinds, ["calls_per_run", "new_tool"], "{listed}");
    assert!(place.ok(&["stats", "--alerts"]).contains("16 calls in one run"));
    place.settings(&(plain + "[alerts]\nenabled = false\n"));
    place.write("more", "for (let page = 1; page <= 25; page++) await logs.getPage({ page });\nreturn 1;");
    let output = place.run(&["run", "more", "--language", "typescript"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("unusual"));
}
