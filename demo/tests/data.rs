//! The data: of every kind of answer, complete, and the same in each process.

use crate::talk::{SERVERS, Talk};
use serde_json::{Value, json};

#[test]
fn a_tool_with_an_output_schema_answers_with_structure_and_text() {
    let mut talk = Talk::start("google-drive", &[]);
    let result = talk.call("get_document", json!({"documentId": "abc123"}));
    let document = &result["structuredContent"];
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(&text, document);
    assert!(document["content"].as_str().unwrap().len() > 50_000);
    assert_eq!(document["metadata"]["words"], document["content"].as_str().unwrap().split(' ').count());
}

#[test]
fn output_schemas_and_structured_answers_go_together() {
    let examples = [
        ("google-drive", "get_document", json!({"documentId": "q4report", "fields": "title"}), true),
        ("google-drive", "list_files", json!({}), false),
        ("slack", "send_message", json!({"channel": "#sales", "text": "hi"}), true),
        ("slack", "upload_file", json!({"channel": "C2", "filename": "a.csv", "content": "a"}), false),
        ("deploys", "get_status", json!({"deployId": "dep_1"}), true),
        ("crm", "get_customer", json!({"id": "cust_0001"}), false),
    ];
    for (server, name, arguments, structured) in examples {
        let mut talk = Talk::start(server, &[]);
        let listed = talk.ask("tools/list", json!({}));
        let tools = listed["result"]["tools"].as_array().unwrap();
        let schema = &tools.iter().find(|tool| tool["name"] == name).unwrap()["outputSchema"];
        let answer = &talk.call(name, arguments)["structuredContent"];
        assert_eq!((schema.is_object(), answer.is_object()), (structured, structured), "{name}");
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(answer.get(required.as_str().unwrap()).is_some(), "{name}: {required}");
        }
    }
}

#[test]
fn some_tools_answer_in_words() {
    let mut talk = Talk::start("crm", &[]);
    assert_eq!(talk.text("add_note", json!({"id": "cust_0001", "note": "called"})), "note 1 added");
}

#[test]
fn asked_fields_are_filled_and_the_others_empty() {
    let mut talk = Talk::start("google-drive", &[]);
    let document = talk.value("get_document", json!({"documentId": "abc123", "fields": "title, metadata"}));
    assert_eq!((document["title"].as_str().unwrap().is_empty(), &document["content"]), (false, &json!("")));
    assert!(talk.error("get_document", json!({"documentId": "abc123", "fields": "size"})).contains("no field"));
}

#[test]
fn sheets_are_read_whole_or_by_range() {
    let mut talk = Talk::start("google-drive", &[]);
    let all = talk.value("get_sheet", json!({"sheetId": "orders"}));
    assert_eq!(all["rows"].as_array().unwrap().len(), 10_000);
    let part = talk.value("get_sheet", json!({"sheetId": "orders", "range": "101:110"}));
    assert_eq!(part["rows"].as_array().unwrap()[..], all["rows"].as_array().unwrap()[100..110]);
    let first = talk.value("get_sheet", json!({"sheetId": "leads", "limit": 1}));
    assert_eq!(first["rows"][0]["salesforceId"], "00Q000000000001");
}

#[test]
fn leads_are_queried() {
    let mut talk = Talk::start("salesforce", &[]);
    let all = talk.value("query", json!({"query": "SELECT Id, EngagementScore FROM Lead"}));
    assert_eq!(all["totalSize"], 500);
    let hot = all["records"].as_array().unwrap().iter().filter(|lead| lead["EngagementScore"].as_u64() > Some(80));
    let query = "SELECT Id FROM Lead WHERE EngagementScore > 80";
    assert_eq!(talk.value("query", json!({"query": query}))["totalSize"], hot.count());
    let few = talk.value("query", json!({"query": "SELECT * FROM Lead WHERE Company = 'Acme Tools' LIMIT 3"}));
    for lead in few["records"].as_array().unwrap() {
        assert_eq!((&lead["Company"], lead.as_object().unwrap().len()), (&json!("Acme Tools"), 7));
    }
    assert_eq!(few["totalSize"], 3);
}

#[test]
fn customers_are_read_in_pages() {
    let mut talk = Talk::start("crm", &[]);
    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let page = talk.value("get_all_customers", json!({"after_id": after, "limit": 300}));
        let Some(last) = page.as_array().unwrap().last() else { break };
        (after, seen) = (last["id"].as_str().unwrap().to_owned(), seen + page.as_array().unwrap().len());
    }
    assert_eq!((after.as_str(), seen), ("cust_1000", 1_000));
}

#[test]
fn log_pages_are_complete() {
    let mut talk = Talk::start("logs", &[]);
    for page in 1..=30 {
        let page = talk.value("get_page", json!({"page": page}));
        assert_eq!(page["records"].as_array().unwrap().len(), 10);
        for key in ["timestamp", "level", "service", "message", "latency_ms"] {
            assert!(page["records"][0].get(key).is_some(), "{key}");
        }
    }
    let found = talk.value("search_logs", json!({"query": "ERROR", "limit": 3}));
    assert!(found["records"].as_array().unwrap().iter().all(|record| record["level"] == "ERROR"));
}

#[test]
fn two_processes_say_the_same() {
    let script = |server: &str| {
        let calls = match server {
            "google-drive" => {
                vec![("get_document", json!({"documentId": "abc123"})), ("get_sheet", json!({"sheetId": "leads"}))]
            }
            "salesforce" => {
                vec![("query", json!({"query": "SELECT * FROM Lead"})), ("create_lead", json!({"data": {}}))]
            }
            "slack" => vec![
                ("send_message", json!({"channel": "#sales", "text": "hi"})),
                ("get_channel_history", json!({"channel": "#sales"})),
            ],
            "crm" => vec![("get_all_customers", json!({}))],
            "logs" => vec![("get_page", json!({"page": 7}))],
            "mail" => vec![("list_sent", json!({}))],
            "catalogue" => vec![("count_overdue_invoices", json!({"region": "north"}))],
            _ => vec![("start_deploy", json!({"service": "checkout"})), ("list_deploys", json!({}))],
        };
        let mut talk = Talk::start(server, &[]);
        let mut said = vec![talk.ask("tools/list", json!({}))];
        said.extend(calls.into_iter().map(|(tool, arguments)| talk.call(tool, arguments)));
        said
    };
    for server in SERVERS {
        assert_eq!(script(server), script(server), "{server}");
    }
}

#[test]
fn as_much_is_made_as_is_asked_for() {
    let mut crm = Talk::start("crm", &[("OUTBOARD_DEMO_CUSTOMERS", "1200")]);
    assert_eq!(crm.value("get_customer", json!({"id": "cust_1200"}))["id"], "cust_1200");
    let mut drive = Talk::start("google-drive", &[("OUTBOARD_DEMO_ORDERS", "12"), ("OUTBOARD_DEMO_TRANSCRIPT", "3")]);
    assert_eq!(drive.value("get_sheet", json!({"sheetId": "orders"}))["rows"].as_array().unwrap().len(), 12);
    let document = drive.value("get_document", json!({"documentId": "abc123"}));
    assert_eq!(document["content"].as_str().unwrap().lines().count(), 3);
}

#[test]
fn ten_thousand_tools_have_names_of_their_own() {
    let mut talk = Talk::start("catalogue", &[("OUTBOARD_DEMO_TOOLS", "10000")]);
    let listed = talk.ask("tools/list", json!({}));
    let names = listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].to_string());
    assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 10_000);
}

#[test]
fn sent_mail_is_kept() {
    let mut talk = Talk::start("mail", &[]);
    talk.value("send_email", json!({"to": "a@example.com", "subject": "s", "body": "b"}));
    let sent = talk.value("list_sent", json!({}));
    assert_eq!((&sent["total"], &sent["messages"][0]["to"]), (&json!(1), &json!("a@example.com")));
    assert!(talk.error("send_email", json!({"to": "[EMAIL_1]", "subject": "s", "body": "b"})).contains("no address"));
}
