//! salesforce: leads and records. Updates are kept for the life of the process.

use crate::made_up::{COMPANIES, MadeUp, email};
use crate::query;
use crate::tool::{Answer, Effect, Server, given, text, tool};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::rc::Rc;

/// All leads, as their tools see them.
struct Leads(Vec<Value>);

const FIELDS: [&str; 7] = ["Id", "Name", "Email", "Phone", "Company", "Status", "EngagementScore"];

pub(crate) fn server() -> Server {
    let leads = Rc::new(RefCell::new(Leads(made())));
    let with = |work: fn(&mut Leads, &Value) -> Result<Answer, String>| {
        let leads = leads.clone();
        move |arguments: &Value| match arguments.get("objectType").and_then(Value::as_str) {
            None | Some("Lead") => work(&mut leads.borrow_mut(), arguments),
            Some(other) => Err(format!("no records of kind {other:?}; there are only Lead")),
        }
    };
    let kind = || ("objectType", text("The kind of record: Lead"), true);
    let id = || ("recordId", text("The record's id"), true);
    let data = || ("data", json!({"type": "object", "description": "Fields and their new values"}), true);
    let update = json!({"type": "object", "properties": {"recordId": {"type": "string"}, "data": {"type": "object"}}, "required": ["recordId", "data"]});
    let many = json!({"type": "array", "items": update, "description": "Records to change"});
    let tools = vec![
        tool(
            "query",
            "Runs a query such as SELECT Id, Name FROM Lead WHERE EngagementScore > 80 LIMIT 10. Leads have Id, Name, \
             Email, Phone, Company, Status and EngagementScore.",
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

fn made() -> Vec<Value> {
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

fn query(Leads(records): &mut Leads, arguments: &Value) -> Result<Answer, String> {
    let query = query::parse(given(arguments, "query"))?;
    let named = query.fields.iter().chain(query.conditions.iter().map(|condition| &condition.field));
    for field in named.filter(|field| *field != "*") {
        if !records.iter().any(|record| record.get(field).is_some()) {
            return Err(format!("no lead has a field {field:?}; there are {}", FIELDS.join(", ")));
        }
    }
    let fits = |record: &&Value| query.conditions.iter().all(|condition| condition.holds(&record[&condition.field]));
    let found = records.iter().filter(fits).take(query.limit);
    let picked: Vec<Value> = found.map(|record| picked(record, &query.fields)).collect();
    Ok(Answer::Json(json!({"totalSize": picked.len(), "records": picked})))
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

fn get_record(Leads(records): &mut Leads, arguments: &Value) -> Result<Answer, String> {
    find(records, &arguments["recordId"]).map(|record| Answer::Json(record.clone()))
}

fn change(records: &mut [Value], id: &Value, data: &Value) -> Result<(), String> {
    let record = find(records, id)?;
    if data.get("Id").is_some() {
        return Err("the Id of a record cannot be changed".into());
    }
    for (field, value) in data.as_object().into_iter().flatten() {
        record[field] = value.clone();
    }
    Ok(())
}

fn update_record(Leads(records): &mut Leads, arguments: &Value) -> Result<Answer, String> {
    change(records, &arguments["recordId"], &arguments["data"])?;
    Ok(Answer::Json(json!({"id": arguments["recordId"], "success": true})))
}

/// All or nothing: ids are looked up before anything is changed.
fn batch_update(Leads(records): &mut Leads, arguments: &Value) -> Result<Answer, String> {
    let updates = arguments["records"].as_array().map_or(&[][..], Vec::as_slice);
    for update in updates {
        find(records, &update["recordId"])?;
    }
    for update in updates {
        change(records, &update["recordId"], &update["data"])?;
    }
    Ok(Answer::Json(json!({"updated": updates.len()})))
}

fn create_lead(Leads(records): &mut Leads, arguments: &Value) -> Result<Answer, String> {
    // Ids grow for ever, so a deleted one does not come back.
    let last = records.iter().filter_map(|record| record["Id"].as_str()?.strip_prefix("00Q")?.parse::<u64>().ok());
    let id = format!("00Q{:012}", last.max().unwrap_or_default() + 1);
    let mut lead = arguments["data"].clone();
    lead["Id"] = json!(id);
    records.push(lead);
    Ok(Answer::Json(json!({"id": id, "success": true})))
}

fn delete_record(Leads(records): &mut Leads, arguments: &Value) -> Result<Answer, String> {
    find(records, &arguments["recordId"])?;
    records.retain(|record| record["Id"] != arguments["recordId"]);
    Ok(Answer::Text("deleted".into()))
}
