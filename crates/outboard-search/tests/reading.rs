//! Labelled sets are read whole or not at all.

use outboard_search::{LabelledSet, evaluate};

const TOOLS: &str = r#"{"id":"a/one","server":"a","name":"get_weather","description":"Weather of a city","schema":{"properties":{"city":{"description":"Which"}}}}

{"name":"send_mail","inputSchema":{"type":"object"}}
"#;
const QUERIES: &str = r#"{"id":"q","query":"will the weather be fine","gold_groups":[["a/one","other"]]}
{"query":"mail it","gold":["send_mail","gone"]}
"#;

fn read(tools: &str, queries: &str) -> Result<LabelledSet, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tools.jsonl"), tools).unwrap();
    std::fs::write(folder.path().join("queries.jsonl"), queries).unwrap();
    LabelledSet::read(folder.path()).map_err(|error| error.to_string())
}

#[test]
fn a_set_is_read_and_measured() {
    let set = read(TOOLS, QUERIES).unwrap();
    assert_eq!(set.tools[0].parameters, [("city".to_owned(), "Which".to_owned())]);
    assert_eq!((set.tools[1].id.as_str(), set.queries[1].id.as_str()), ("send_mail", "2"));
    let report = evaluate(&set.tools, &set.queries);
    assert_eq!((report.tools, report.queries, report.unanswerable), (2, 2, 1));
    assert_eq!((report.recall_at_1, report.recall_at_10, report.hit_at_5, report.mrr), (75.0, 75.0, 100.0, 1.0));
    assert_eq!(report.answers[1].places, [Some(0), None]);
    assert!(report.index_bytes > 0 && report.p50 <= report.p99);
    assert!(report.to_string().contains("R@1 75.0"), "{report}");
}

#[test]
fn what_is_wrong_with_a_line_is_said_with_its_place() {
    let cases = [
        ("{", QUERIES, "tools.jsonl, line 1: not JSON"),
        ("[]", QUERIES, "tools.jsonl, line 1: expected an object"),
        (r#"{"id":"x"}"#, QUERIES, "tools.jsonl, line 1: \"name\" is missing or empty"),
        (r#"{"name":"x","server":3}"#, QUERIES, "\"server\" is not a text"),
        (r#"{"name":"x","schema":[]}"#, QUERIES, "the schema is not an object"),
        ("\n \n", QUERIES, "tools.jsonl has no lines"),
        (TOOLS, "", "queries.jsonl has no lines"),
        (TOOLS, r#"{"query":"x"}"#, "queries.jsonl, line 1: neither"),
        (TOOLS, r#"{"query":"x","gold_groups":[]}"#, "at least one tool"),
        (TOOLS, r#"{"query":"x","gold_groups":[[]]}"#, "at least one id"),
        (TOOLS, r#"{"query":"x","gold_groups":"a"}"#, "\"gold_groups\" is not a list"),
        (TOOLS, r#"{"query":"x","gold":[1]}"#, "\"gold\" holds what is no id"),
        (TOOLS, "{\"query\":\"x\",\"gold\":[\"a\"]}\n{\"gold\":[\"a\"]}", "line 2: \"query\" is missing"),
    ];
    for (tools, queries, expected) in cases {
        let error = read(tools, queries).unwrap_err();
        assert!(error.contains(expected), "{error:?} should say {expected:?}");
    }
}

#[test]
fn an_absent_folder_says_what_a_set_is() {
    let error = LabelledSet::read(std::path::Path::new("/nowhere/at/all")).unwrap_err().to_string();
    assert!(error.contains("/nowhere/at/all/tools.jsonl") && error.contains("queries.jsonl"), "{error}");
}
