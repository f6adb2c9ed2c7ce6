//! What was used and what it costs: the benchmark, the sums of the journal, the forecast.

use crate::support::{Place, beside};
use serde_json::Value;

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
    place.write("own/bad.toml", include_str!("../../../bench/scenarios/small.toml"));
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
    }
    let tools = json(&place.ok(&["stats", "--by", "tool", "--since", "1h", "--json"]));
    assert_eq!((&tools["rows"][0]["id"], &tools["rows"][0]["calls"]), (&"logs.get_page".into(), &3.into()));
    assert!(place.ok(&["stats"]).contains("DIRECT WOULD BE"));
    assert_eq!(place.fails(&["stats", "--since", "yesterday"]).0, 2);
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
