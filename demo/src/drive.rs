//! google-drive: documents and sheets.

use crate::made_up::MadeUp;
use crate::sheets;
use crate::tool::{Answer, Effect, Server, count, given, number, object, text, tool};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const FILES: [(&str, &str, &str); 5] = [
    ("abc123", "Quarterly planning meeting, transcript", "document"),
    ("q4report", "Q4 report", "document"),
    ("annual", "Annual report with all tables", "document"),
    ("orders", "Orders 2026", "sheet"),
    ("leads", "Leads", "sheet"),
];

/// A document that a caller made.
struct Made {
    id: String,
    title: String,
    content: String,
}

/// All documents that callers made, and how long the meeting was.
struct Documents {
    made: Vec<Made>,
    lines: usize,
}

/// Lines of the meeting's transcript, unless another number is asked for.
const LINES: usize = 720;

pub(crate) fn server() -> Result<Server, String> {
    let orders = crate::size("OUTBOARD_DEMO_ORDERS", sheets::ORDERS, 1_000_000)?;
    let lines = crate::size("OUTBOARD_DEMO_TRANSCRIPT", LINES, 100_000)?;
    let documents = Rc::new(RefCell::new(Documents { made: Vec::new(), lines }));
    let with = |work: fn(&mut Documents, &Value) -> Result<Answer, String>| {
        let documents = documents.clone();
        move |arguments: &Value| work(&mut documents.borrow_mut(), arguments)
    };
    let document = || ("documentId", text("The document's id, as listed"), true);
    let tools = vec![
        tool(
            "list_files",
            "Lists all files with id, name and type.",
            Effect::Reads,
            &[],
            None,
            with(|documents, _| Ok(Answer::Json(files(&documents.made, "")))),
        ),
        tool(
            "search_files",
            "Finds files by words in their names.",
            Effect::Reads,
            &[("query", text("Words to look for"), true)],
            None,
            with(|documents, arguments| Ok(Answer::Json(files(&documents.made, given(arguments, "query"))))),
        ),
        tool(
            "get_document",
            "Reads a document: title, text content and metadata.",
            Effect::Reads,
            &[document(), ("fields", text("Comma-separated fields to fill; others come back empty"), false)],
            Some(document_schema()),
            with(get_document),
        ),
        tool(
            "get_sheet",
            "Reads the rows of a sheet.",
            Effect::Reads,
            &[
                ("sheetId", text("The sheet's id, as listed"), true),
                ("range", text("First and last row, such as 1:100; all without it"), false),
                ("limit", number("At most so many rows"), false),
            ],
            None,
            move |arguments| get_sheet(orders, arguments),
        ),
        tool(
            "create_document",
            "Creates a document.",
            Effect::Writes,
            &[("title", text("Its title"), true), ("content", text("Its text"), true)],
            None,
            with(create_document),
        ),
        tool(
            "share_document",
            "Shares a document with somebody.",
            Effect::Sets,
            &[document(), ("email", text("With whom"), true)],
            None,
            with(|documents, arguments| {
                let (title, _) = documents.read(given(arguments, "documentId"))?;
                Ok(Answer::Text(format!("{title} is shared with {}", given(arguments, "email"))))
            }),
        ),
    ];
    Ok(Server { name: "google-drive", title: "Documents and sheets", tools })
}

fn document_schema() -> Value {
    let metadata = object(json!({
        "owner": {"type": "string"}, "modified": {"type": "string"}, "words": {"type": "integer"},
    }));
    object(json!({"title": {"type": "string"}, "content": {"type": "string"}, "metadata": metadata}))
}

fn files(made: &[Made], query: &str) -> Value {
    let query = query.to_lowercase();
    let own = made.iter().map(|made| (made.id.as_str(), made.title.as_str(), "document"));
    let hits = FILES.into_iter().chain(own).filter(|(_, name, _)| {
        let name = name.to_lowercase();
        query.split_whitespace().all(|word| name.contains(word))
    });
    json!({"files": hits.map(|(id, name, kind)| json!({"id": id, "name": name, "type": kind})).collect::<Vec<_>>()})
}

impl Documents {
    /// Title and content.
    fn read(&self, id: &str) -> Result<(String, String), String> {
        let title = FILES.iter().find(|(known, ..)| *known == id).map_or("", |(_, name, _)| name).to_owned();
        match id {
            "abc123" => Ok((title, transcript(self.lines))),
            "annual" => Ok((title, annual())),
            "q4report" => Ok((title, "Revenue grew by 12 percent. Churn fell to 2 percent.".to_owned())),
            _ => self
                .made
                .iter()
                .find(|made| made.id == id)
                .map(|made| (made.title.clone(), made.content.clone()))
                .ok_or_else(|| format!("no document {id:?}; list_files shows what there is")),
        }
    }
}

fn get_document(documents: &mut Documents, arguments: &Value) -> Result<Answer, String> {
    let (title, content) = documents.read(given(arguments, "documentId"))?;
    let words = content.split(' ').count();
    let metadata = json!({"owner": "me@example.com", "modified": "2026-04-14", "words": words});
    let mut document = json!({"title": title, "content": content, "metadata": metadata});
    let fields: Vec<&str> =
        given(arguments, "fields").split(',').map(str::trim).filter(|field| !field.is_empty()).collect();
    if let Some(unknown) = fields.iter().find(|field| document.get(**field).is_none()) {
        return Err(format!("no field {unknown:?}; a document has title, content and metadata"));
    }
    if !fields.is_empty() {
        empty_all_but(&fields, &mut document);
    }
    Ok(Answer::Structured(document))
}

/// Fields stay, so that the answer keeps to its schema.
fn empty_all_but(fields: &[&str], document: &mut Value) {
    let empty =
        [("title", json!("")), ("content", json!("")), ("metadata", json!({"owner": "", "modified": "", "words": 0}))];
    for (field, nothing) in empty.into_iter().filter(|(field, _)| !fields.contains(field)) {
        document[field] = nothing;
    }
}

fn create_document(Documents { made, .. }: &mut Documents, arguments: &Value) -> Result<Answer, String> {
    let id = format!("new{}", made.len() + 1);
    let (title, content) = (given(arguments, "title").to_owned(), given(arguments, "content").to_owned());
    made.push(Made { id: id.clone(), title: title.clone(), content });
    Ok(Answer::Json(json!({"documentId": id, "title": title})))
}

/// About 50 KB of paragraphs and figures.
fn annual() -> String {
    const AREAS: &[&str] = &["Retail", "Freight", "Energy", "Services", "Research", "Finance"];
    let mut made_up = MadeUp::new(8);
    let paragraph = |at: u64| {
        let (area, change, sum) = (made_up.one_of(AREAS), made_up.below(400), made_up.below(9_000_000));
        format!(
            "{at}. {area} changed by {}.{} percent against the year before and closed at {sum} euros after all costs.",
            change / 10,
            change % 10
        )
    };
    (1..=540).map(paragraph).collect::<Vec<_>>().join("\n")
}

/// A meeting, a line every ten seconds or so: two hours, unless more is asked for.
fn transcript(lines: usize) -> String {
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
    (0..lines as u64).map(line).collect::<Vec<_>>().join("\n")
}

fn get_sheet(orders: usize, arguments: &Value) -> Result<Answer, String> {
    let id = given(arguments, "sheetId");
    let (skipped, taken) = sheets::range(given(arguments, "range"))?;
    let rows = sheets::rows(id, orders).ok_or_else(|| format!("no sheet {id:?}; list_files shows what there is"))?;
    let rows: Vec<Value> = rows.skip(skipped).take(taken.min(count(arguments, "limit", u64::MAX))).collect();
    Ok(Answer::Json(json!({"sheetId": id, "rows": rows})))
}
