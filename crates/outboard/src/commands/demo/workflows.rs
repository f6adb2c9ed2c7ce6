//! The four workflows.

use super::direct::Direct;
use crate::failure::Failure;
use outboard_types::Language;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

/// A chain of direct calls; gives the outcome in words.
type Chain = for<'a, 'b> fn(&'a mut Direct<'b>) -> Pin<Box<dyn Future<Output = Result<String, Failure>> + 'a>>;

/// One workflow, done both ways.
pub(super) struct Workflow {
    pub(super) name: &'static str,
    /// What a model would search for.
    pub(super) query: &'static str,
    pub(super) language: Language,
    pub(super) program: &'static str,
    pub(super) direct: Chain,
}

pub(super) const WORKFLOWS: [Workflow; 4] = [
    Workflow {
        name: "meeting transcript into a lead",
        query: "read a document, update a lead record",
        language: Language::TypeScript,
        program: include_str!("programs/transcript.ts"),
        direct: |direct| Box::pin(transcript(direct)),
    },
    Workflow {
        name: "pending orders of a 10,000-row sheet",
        query: "read rows of a sheet",
        language: Language::TypeScript,
        program: include_str!("programs/orders.ts"),
        direct: |direct| Box::pin(orders(direct)),
    },
    Workflow {
        name: "30 pages of logs summarised",
        query: "read a page of logs",
        language: Language::Python,
        program: include_str!("programs/logs.py"),
        direct: |direct| Box::pin(logs(direct)),
    },
    Workflow {
        name: "500 leads, engaged ones messaged",
        query: "query leads, send a message to a channel",
        language: Language::TypeScript,
        program: include_str!("programs/leads.ts"),
        direct: |direct| Box::pin(leads(direct)),
    },
];

async fn transcript(direct: &mut Direct<'_>) -> Result<String, Failure> {
    let document = direct.call("google-drive", "get_document", json!({"documentId": "abc123"})).await?;
    let notes = document["content"].as_str().unwrap_or_default();
    let lead = "00Q000000000001";
    let record = json!({"objectType": "Lead", "recordId": lead, "data": {"Notes": notes}});
    direct.call("salesforce", "update_record", record).await?;
    Ok(format!("{} characters of notes saved", notes.chars().count()))
}

async fn orders(direct: &mut Direct<'_>) -> Result<String, Failure> {
    let sheet = direct.call("google-drive", "get_sheet", json!({"sheetId": "orders"})).await?;
    let pending = rows(&sheet["rows"]).filter(|row| row["status"] == "pending");
    let amounts: Vec<f64> = pending.filter_map(|row| row["amount"].as_f64()).collect();
    Ok(format!("{} pending orders, total {:.2}", amounts.len(), amounts.iter().sum::<f64>()))
}

async fn logs(direct: &mut Direct<'_>) -> Result<String, Failure> {
    let (mut errors, mut slowest) = (0, 0);
    for page in 1..=30 {
        let page = direct.call("logs", "get_page", json!({"page": page})).await?;
        for record in rows(&page["records"]) {
            errors += u64::from(record["level"] == "ERROR");
            slowest = slowest.max(record["latency_ms"].as_u64().unwrap_or_default());
        }
    }
    Ok(format!("{errors} errors, slowest {slowest} ms"))
}

async fn leads(direct: &mut Direct<'_>) -> Result<String, Failure> {
    let query = "SELECT Id, Name, Company, EngagementScore FROM Lead LIMIT 500";
    let found = direct.call("salesforce", "query", json!({"query": query})).await?;
    let records = found["records"].clone();
    let engaged: Vec<&Value> = rows(&records).filter(|lead| lead["EngagementScore"].as_f64() > Some(80.0)).collect();
    for lead in &engaged {
        let text = format!(
            "{} of {} is engaged",
            lead["Name"].as_str().unwrap_or_default(),
            lead["Company"].as_str().unwrap_or_default()
        );
        direct.call("slack", "send_message", json!({"channel": "#sales", "text": text})).await?;
    }
    Ok(format!("{} of 500 leads messaged", engaged.len()))
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
