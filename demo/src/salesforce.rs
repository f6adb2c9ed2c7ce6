//! salesforce: leads and records. Updates are kept for the life of the process.
#![allow(clippy::ptr_arg, reason = "all handlers have one type; two of them add and remove records")]

use crate::made_up::{COMPANIES, MadeUp, email};
use crate::tool::{Answer, Effect, Server, given, text, tool};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::rc::Rc;

type Records = Rc<RefCell<Vec<Value>>>;

pub(crate) fn server() -> Server {
    let records: Records = Rc::new(RefCell::new(leads()));
    let with = |work: fn(&mut Vec<Value>, &Value) -> Result<Answer, String>| {
        let records = records.clone();
        move |arguments: &Value| work(&mut records.borrow_mut(), arguments)
    };
    let kind = || ("objectType", text("The kind of record, such as Lead"), true);
    let id = || ("recordId", text("The record's id"), true);
    let data = || ("data", json!({"type": "object", "description": "Fields and their new values"}), true);
    let update = json!({"type": "object", "properties": {"recordId": {"type": "string"}, "data": {"type": "object"}}, "required": ["recordId", "data"]});
    let many = json!({"type": "array", "items": update, "description": "Records to change"});
    let tools = vec![
        tool(
            "query",
            "Runs a query such as SELECT Id, Name FROM Lead WHERE EngagementScore > 80 LIMIT 10.",
            Effect::Reads,
            &[("query", text("The query"), true)],
            None,
            with(query),
        ),
        tool("get_record", "Reads one record.", Effect::Reads, &[kind(), id()], None, with(get_record)),
        tool(
            "update_record",
            "Changes fields of one record.",
            Effect::Sets,
            &[kind(), id(), data()],
            None,
            with(update_record),
        ),
        tool(
            "batch_update",
            "Changes fields of many records.",
            Effect::Sets,
            &[kind(), ("records", many, true)],
            None,
            with(batch_update),
        ),
        tool("create_lead", "Creates a lead.", Effect::Writes, &[data()], None, with(create_lead)),
        tool(
            "delete_record",
            "Deletes a record for good.",
            Effect::Destroys,
            &[kind(), id()],
            None,
            with(delete_record),
        ),
    ];
    Server { name: "salesforce", title: "Leads and records", tools }
}

fn leads() -> Vec<Value> {
    const STATES: &[&str] = &["New", "Working", "Qualified", "Closed"];
    let mut made_up = MadeUp::new(4);
    (1..=500)
        .map(|at| {
            let name = made_up.person();
            json!({
                "Id": format!("00Q{at:012}"),
                "Email": email(&name, at),
                "Name": name,
                "Phone": format!("+49 30 {:07}", made_up.below(10_000_000)),
                "Company": made_up.one_of(COMPANIES),
                "Status": made_up.one_of(STATES),
                "EngagementScore": made_up.below(101),
            })
        })
        .collect()
}

/// `SELECT fields FROM Lead [WHERE field op value] [LIMIT n]`.
fn query(records: &mut Vec<Value>, arguments: &Value) -> Result<Answer, String> {
    let words: Vec<&str> = given(arguments, "query").split_whitespace().collect();
    let at = |word: &str| words.iter().position(|found| found.eq_ignore_ascii_case(word));
    let from = at("from").filter(|_| at("select") == Some(0)).ok_or("expected SELECT fields FROM Lead …")?;
    if words.get(from + 1).is_none_or(|kind| !kind.eq_ignore_ascii_case("Lead")) {
        return Err("only Lead can be queried".into());
    }
    let fields: Vec<String> = words[1..from].join(" ").split(',').map(|field| field.trim().to_owned()).collect();
    let condition = at("where").and_then(|at| Some((*words.get(at + 1)?, *words.get(at + 2)?, *words.get(at + 3)?)));
    let limit = at("limit").and_then(|at| words.get(at + 1)?.parse().ok()).unwrap_or(usize::MAX);
    let fits =
        |record: &&Value| condition.is_none_or(|(field, operator, value)| holds(&record[field], operator, value));
    let picked: Vec<Value> = records.iter().filter(fits).take(limit).map(|record| picked(record, &fields)).collect();
    Ok(Answer::Json(json!({"totalSize": picked.len(), "records": picked})))
}

fn holds(found: &Value, operator: &str, value: &str) -> bool {
    let wanted = value.trim_matches('\'');
    match (found.as_f64(), wanted.parse::<f64>(), operator) {
        (Some(found), Ok(wanted), ">") => found > wanted,
        (Some(found), Ok(wanted), ">=") => found >= wanted,
        (Some(found), Ok(wanted), "<") => found < wanted,
        (Some(found), Ok(wanted), "<=") => found <= wanted,
        (Some(found), Ok(wanted), "=") => found == wanted,
        (None, _, "=") => found.as_str() == Some(wanted),
        _ => false,
    }
}

fn picked(record: &Value, fields: &[String]) -> Value {
    if fields.iter().any(|field| field == "*") {
        return record.clone();
    }
    let pairs = fields.iter().map(|field| (field.clone(), record[field].clone()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn find<'a>(records: &'a mut [Value], id: &Value) -> Result<&'a mut Value, String> {
    records.iter_mut().find(|record| record["Id"] == *id).ok_or_else(|| format!("no record {id}; query finds ids"))
}

fn get_record(records: &mut Vec<Value>, arguments: &Value) -> Result<Answer, String> {
    find(records, &arguments["recordId"]).map(|record| Answer::Json(record.clone()))
}

fn change(records: &mut [Value], id: &Value, data: &Value) -> Result<(), String> {
    let record = find(records, id)?;
    for (field, value) in data.as_object().into_iter().flatten() {
        record[field] = value.clone();
    }
    Ok(())
}

fn update_record(records: &mut Vec<Value>, arguments: &Value) -> Result<Answer, String> {
    change(records, &arguments["recordId"], &arguments["data"])?;
    Ok(Answer::Json(json!({"id": arguments["recordId"], "success": true})))
}

fn batch_update(records: &mut Vec<Value>, arguments: &Value) -> Result<Answer, String> {
    let updates = arguments["records"].as_array().cloned().unwrap_or_default();
    for update in &updates {
        change(records, &update["recordId"], &update["data"])?;
    }
    Ok(Answer::Json(json!({"updated": updates.len()})))
}

fn create_lead(records: &mut Vec<Value>, arguments: &Value) -> Result<Answer, String> {
    let id = format!("00Q{:012}", records.len() + 1);
    let mut lead = arguments["data"].clone();
    lead["Id"] = json!(id);
    records.push(lead);
    Ok(Answer::Json(json!({"id": id, "success": true})))
}

fn delete_record(records: &mut Vec<Value>, arguments: &Value) -> Result<Answer, String> {
    find(records, &arguments["recordId"])?;
    records.retain(|record| record["Id"] != arguments["recordId"]);
    Ok(Answer::Text("deleted".into()))
}
