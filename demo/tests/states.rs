//! What calls change, later calls see.

use crate::talk::Talk;
use serde_json::json;

#[test]
fn updates_of_records_are_kept() {
    let mut talk = Talk::start("salesforce", &[]);
    let id = json!({"objectType": "Lead", "recordId": "00Q000000000001"});
    let mut update = id.clone();
    update["data"] = json!({"Status": "Closed", "Notes": "long"});
    assert_eq!(talk.value("update_record", update), json!({"id": "00Q000000000001", "success": true}));
    let record = talk.value("get_record", id);
    assert_eq!((&record["Status"], &record["Notes"]), (&json!("Closed"), &json!("long")));
}

#[test]
fn a_batch_changes_all_or_nothing() {
    let mut talk = Talk::start("salesforce", &[]);
    let batch = |second: &str| {
        let change = |id: &str| json!({"recordId": id, "data": {"Status": "Batch"}});
        json!({"objectType": "Lead", "records": [change("00Q000000000002"), change(second)]})
    };
    let changed = json!({"query": "SELECT Id FROM Lead WHERE Status = 'Batch'"});
    assert!(talk.error("batch_update", batch("nobody")).contains("no record"));
    assert_eq!(talk.value("query", changed.clone())["totalSize"], 0);
    assert_eq!(talk.value("batch_update", batch("00Q000000000003"))["updated"], 2);
    assert_eq!(talk.value("query", changed)["totalSize"], 2);
}

#[test]
fn ids_of_deleted_records_are_not_used_again() {
    let mut talk = Talk::start("salesforce", &[]);
    let gone = json!({"objectType": "Lead", "recordId": "00Q000000000007"});
    assert_eq!(talk.text("delete_record", gone.clone()), "deleted");
    assert!(talk.error("get_record", gone).contains("no record"));
    let lead = json!({"data": {"Name": "New Person"}});
    assert_eq!(talk.value("create_lead", lead)["id"], "00Q000000000501");
}

#[test]
fn a_deploy_goes_on_with_each_look() {
    let mut talk = Talk::start("deploys", &[]);
    let id = talk.value("start_deploy", json!({"service": "checkout"}))["deployId"].clone();
    let mut look = || talk.call("get_status", json!({"deployId": id}))["structuredContent"]["status"].clone();
    let seen: Vec<_> = (0..8).map(|_| look()).collect();
    assert_eq!(seen, ["queued", "queued", "building", "building", "deploying", "deploying", "complete", "complete"]);
    assert_eq!(talk.text("rollback", json!({"deployId": "dep_1"})), "dep_1 rolled back");
    assert_eq!(talk.value("start_deploy", json!({"service": "search"}))["deployId"], "dep_4");
}

#[test]
fn messages_appear_in_the_history() {
    let mut talk = Talk::start("slack", &[]);
    talk.call("send_message", json!({"channel": "#sales", "text": "first"}));
    talk.call("send_message", json!({"channel": "C2", "text": "second"}));
    let latest = talk.value("get_channel_history", json!({"channel": "sales", "limit": 2}));
    assert_eq!((&latest[0]["text"], &latest[1]["text"]), (&json!("second"), &json!("first")));
}

#[test]
fn customers_and_documents_take_changes() {
    let mut talk = Talk::start("crm", &[]);
    let update = json!({"id": "cust_0002", "data": {"phone": "+44 1"}});
    assert_eq!(talk.value("update_customer", update)["phone"], "+44 1");
    let mut talk = Talk::start("google-drive", &[]);
    let made = talk.value("create_document", json!({"title": "Plan", "content": "Do it."}))["documentId"].clone();
    assert_eq!(talk.value("get_document", json!({"documentId": made}))["content"], "Do it.");
    assert_eq!(talk.value("search_files", json!({"query": "plan"}))["files"].as_array().unwrap().len(), 2);
    let share = json!({"documentId": made, "email": "a@example.com"});
    assert_eq!(talk.text("share_document", share), "Plan is shared with a@example.com");
}
