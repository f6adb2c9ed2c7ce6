//! Mistakes get a sentence that helps, and the server goes on.

use crate::talk::{Talk, program};
use serde_json::json;

#[test]
fn unknown_ids_are_errors_that_say_where_to_look() {
    let examples = [
        ("google-drive", "get_document", json!({"documentId": "x"}), "list_files shows"),
        ("google-drive", "get_sheet", json!({"sheetId": "x"}), "list_files shows"),
        ("google-drive", "get_sheet", json!({"sheetId": "orders", "range": "A1"}), "such as 1:100"),
        ("google-drive", "share_document", json!({"documentId": "x", "email": "a"}), "list_files shows"),
        ("salesforce", "get_record", json!({"objectType": "Lead", "recordId": "x"}), "query finds ids"),
        ("salesforce", "get_record", json!({"objectType": "Cat", "recordId": "x"}), "only Lead"),
        ("salesforce", "query", json!({"query": "SELECT Age FROM Lead"}), "EngagementScore"),
        ("salesforce", "create_lead", json!({"data": "x"}), "type \"object\""),
        ("slack", "send_message", json!({"channel": "#x", "text": "a"}), "list_channels shows"),
        ("slack", "send_message", json!({"channel": "#sales"}), "\"text\" is missing"),
        ("crm", "get_customer", json!({"id": "x"}), "cust_0001 to cust_1000"),
        ("logs", "get_page", json!({"page": 31}), "from 1 to 30"),
        ("deploys", "rollback", json!({"deployId": "x"}), "list_deploys shows"),
    ];
    for (server, tool, arguments, words) in examples {
        let told = Talk::start(server, &[]).error(tool, arguments);
        assert!(told.contains(words), "{tool}: {told}");
    }
}

#[test]
fn unknown_tools_and_methods_are_protocol_errors() {
    let mut talk = Talk::start("logs", &[]);
    assert_eq!(talk.ask("tools/call", json!({"name": "nothing"}))["error"]["code"], -32602);
    assert_eq!(talk.ask("nothing/at/all", json!({}))["error"]["code"], -32601);
    assert_eq!(talk.value("list_pages", json!({}))["pages"], 30);
}

#[test]
fn a_recording_answers_what_it_holds_and_nothing_else() {
    let path = std::env::temp_dir().join(format!("outboard-demo-recording-{}.json", std::process::id()));
    let tool = json!({"name": "look", "inputSchema": {"type": "object", "properties": {"n": {}}, "required": []}});
    let call = json!({"name": "look", "arguments": {"n": 2}, "response": [{"found": true}]});
    std::fs::write(&path, json!({"tools": [tool], "calls": [call]}).to_string()).unwrap();
    let run = |path: &str| program().args(["recorded", path]).stdin(std::process::Stdio::piped()).output().unwrap();
    let mut talk = Talk::of(program().args(["recorded", &path.display().to_string()]));
    assert_eq!(talk.value("look", json!({"n": 2.0})), json!([{"found": true}]));
    assert!(talk.error("look", json!({"n": 3})).contains("no call of \"look\" was recorded with {\"n\":3}"));
    std::fs::write(&path, "{}").unwrap();
    let told = String::from_utf8(run(&path.display().to_string()).stderr).unwrap();
    assert!(told.contains("has no list `tools`"), "{told}");
    std::fs::remove_file(&path).unwrap();
    let output = run(&path.display().to_string());
    assert!(output.status.code() == Some(2) && String::from_utf8(output.stderr).unwrap().contains("cannot be read"));
}
