//! google-drive: documents and sheets.

use crate::made_up::{COMPANIES, MadeUp, day, email};
use crate::tool::{Answer, Effect, Server, count, given, number, object, text, tool};
use serde_json::{Value, json};

const FILES: [(&str, &str, &str); 4] = [
    ("abc123", "Quarterly planning meeting, transcript", "document"),
    ("q4report", "Q4 report", "document"),
    ("orders", "Orders 2026", "sheet"),
    ("leads", "Leads", "sheet"),
];

pub(crate) fn server() -> Server {
    let document =
        object(json!({"title": {"type": "string"}, "content": {"type": "string"}, "metadata": {"type": "object"}}));
    let mut created = 0;
    let tools = vec![
        tool("list_files", "Lists all files with id, name and type.", Effect::Reads, &[], None, |_| {
            Ok(Answer::Json(files("")))
        }),
        tool(
            "search_files",
            "Finds files by words in their names.",
            Effect::Reads,
            &[("query", text("Words to look for"), true)],
            None,
            |arguments| Ok(Answer::Json(files(given(arguments, "query")))),
        ),
        tool(
            "get_document",
            "Reads a document: title, text content and metadata.",
            Effect::Reads,
            &[
                ("documentId", text("The document's id, as listed"), true),
                ("fields", text("Comma-separated fields to return"), false),
            ],
            Some(document),
            |arguments| get_document(given(arguments, "documentId")),
        ),
        tool(
            "get_sheet",
            "Reads the rows of a sheet.",
            Effect::Reads,
            &[("sheetId", text("The sheet's id, as listed"), true), ("limit", number("At most so many rows"), false)],
            None,
            |arguments| get_sheet(given(arguments, "sheetId"), count(arguments, "limit", u64::MAX)),
        ),
        tool(
            "create_document",
            "Creates a document.",
            Effect::Writes,
            &[("title", text("Its title"), true), ("content", text("Its text"), true)],
            None,
            move |arguments| {
                created += 1;
                Ok(Answer::Json(json!({"documentId": format!("new{created}"), "title": arguments["title"]})))
            },
        ),
        tool(
            "share_document",
            "Shares a document with somebody.",
            Effect::Writes,
            &[("documentId", text("The document's id"), true), ("email", text("With whom"), true)],
            None,
            |arguments| Ok(Answer::Text(format!("shared with {}", given(arguments, "email")))),
        ),
    ];
    Server { name: "google-drive", title: "Documents and sheets", tools }
}

fn files(query: &str) -> Value {
    let query = query.to_lowercase();
    let hits =
        FILES.iter().filter(|(_, name, _)| query.split_whitespace().all(|word| name.to_lowercase().contains(word)));
    json!({"files": hits.map(|(id, name, kind)| json!({"id": id, "name": name, "type": kind})).collect::<Vec<_>>()})
}

fn get_document(id: &str) -> Result<Answer, String> {
    let content = match id {
        "abc123" => transcript(),
        "q4report" => "Revenue grew by 12 percent. Churn fell to 2 percent.".to_owned(),
        _ => return Err(format!("no document {id:?}; list_files shows what there is")),
    };
    let title = FILES.iter().find(|(known, ..)| *known == id).map_or("", |(_, name, _)| name);
    let metadata = json!({"owner": "me@example.com", "modified": "2026-04-14", "words": content.split(' ').count()});
    Ok(Answer::Structured(json!({"title": title, "content": content, "metadata": metadata})))
}

/// Two hours of meeting, a line every ten seconds or so.
fn transcript() -> String {
    const TOPICS: &[&str] = &[
        "the renewal date",
        "our pricing proposal",
        "the pilot in the second region",
        "support hours",
        "the data export",
        "single sign-on",
        "the security review",
        "the training plan",
        "the migration of old records",
        "next steps",
    ];
    const TURNS: &[&str] = &[
        "I think we should come back to",
        "Can somebody summarise",
        "The customer was clear about",
        "We still owe them an answer on",
        "Let me share numbers on",
        "I would rather postpone",
        "There is a risk in",
        "They were happy with",
    ];
    let mut made_up = MadeUp::new(1);
    let line = |at: u64| {
        let (who, turn, topic) = (made_up.person(), made_up.one_of(TURNS), made_up.one_of(TOPICS));
        format!(
            "[{:02}:{:02}:{:02}] {who}: {turn} {topic}, and note it for the lead.",
            at / 360,
            at / 6 % 60,
            at % 6 * 10
        )
    };
    (0..720).map(line).collect::<Vec<_>>().join("\n")
}

fn get_sheet(id: &str, limit: usize) -> Result<Answer, String> {
    let rows: Vec<Value> = match id {
        "orders" => orders().take(limit).collect(),
        "leads" => leads().take(limit).collect(),
        _ => return Err(format!("no sheet {id:?}; list_files shows what there is")),
    };
    Ok(Answer::Json(json!({"sheetId": id, "rows": rows})))
}

fn orders() -> impl Iterator<Item = Value> {
    const STATES: &[&str] =
        &["shipped", "shipped", "shipped", "delivered", "delivered", "cancelled", "returned", "pending"];
    let mut made_up = MadeUp::new(2);
    (1..=10_000).map(move |at| {
        json!({
            "orderId": format!("ORD{at:05}"),
            "customer": made_up.one_of(COMPANIES),
            "status": made_up.one_of(STATES),
            "amount": made_up.below(1_000_000) as f64 / 100.0,
            "date": day(made_up.below(336)),
        })
    })
}

fn leads() -> impl Iterator<Item = Value> {
    let mut made_up = MadeUp::new(3);
    (1..=200).map(move |at| {
        let name = made_up.person();
        json!({"salesforceId": format!("00Q{at:012}"), "email": email(&name, at), "name": name})
    })
}
