//! What reports say.

use outboard_bench::{Billed, Counted, Curve, Kind, Machine, Mode, Point, Results, Run, write_report};
use outboard_ledger::{Latency, Price};
use serde_json::json;

fn run(mode: Mode, total: u64) -> Run {
    Run {
        scenario: "orders".into(),
        title: "Orders <of> a sheet".into(),
        kind: Kind::DataHeavy,
        mode,
        language: (mode != Mode::Direct).then(|| "python".to_owned()),
        chose: None,
        tokens: Counted { results: total, total, billed: 2 * total, ..Counted::default() },
        billed: Billed::default(),
        turns: 3,
        calls: 1,
        wall_ms: 12.5,
        modelled_ms: 2_000.0,
        cost_usd: 0.01,
        fits: total < 200_000,
        correct: true,
        problems: Vec::new(),
        answer: json!({"pending": 3}),
        recorded: "x.jsonl".into(),
        repeated: None,
    }
}

fn results(code: u64) -> Results {
    let point = |size, direct| Point { size, direct, code: 800, saved_percent: 50.0, same: true };
    Results {
        counter: "o200k".into(),
        model: "m".into(),
        price: Price { input: 3.0, output: 15.0, cached: 0.3, cache_write: None },
        latency: Latency::default(),
        machine: Machine::here(),
        runs: vec![run(Mode::Direct, 500_000), run(Mode::Code, code)],
        curves: vec![Curve {
            title: "c".into(),
            unit: "tools".into(),
            points: vec![point(10, 900), point(1_000, 90_000)],
        }],
    }
}

#[test]
fn a_page_holds_everything_and_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let written = write_report(&results(900), folder.path()).unwrap();
    let page = std::fs::read_to_string(&written.page).unwrap();
    for part in ["Orders &lt;of&gt; a sheet", "500,000 *", "99.8 %", "<polyline", "<rect", "Method"] {
        assert!(page.contains(part), "{part}");
    }
    for foreign in ["<script", "http://", "https://", "src=", "Orders <of>"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let table = std::fs::read_to_string(folder.path().join("report.md")).unwrap();
    assert!(
        table.contains("| Orders <of> a sheet | direct calls |") && table.contains("| 1000 | 90000 | 800 |"),
        "{table}"
    );
}

#[test]
fn what_changed_since_the_last_run_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(write_report(&results(900), folder.path()).unwrap().changes.is_empty());
    assert!(write_report(&results(900), folder.path()).unwrap().changes.is_empty());
    let changes = write_report(&results(950), folder.path()).unwrap().changes;
    assert_eq!(changes, ["orders (code, python): 950 tokens, were 900"]);
}
