//! Arguments and results, only where somebody wants them.

use super::TreeOptions;
use crate::names as n;
use crate::span::Span;
use outboard_journal::{EventKind, ExecutionRow, Journal, JournalError, Value, What};
use serde_json::value::RawValue;
use std::collections::HashMap;

/// Longest text of one attribute, in bytes.
const LONGEST: usize = 16 << 10;

/// Larger texts are not looked at: half of a private value is not recognised, so cutting comes last.
const LARGEST: usize = 256 << 10;

/// Rows that are read at once.
const PAGE: usize = 200;

/// The texts of one execution, fit to be shown.
#[derive(Default)]
pub(super) struct Texts {
    root: Vec<(&'static str, String)>,
    arguments: HashMap<u64, String>,
    results: HashMap<u64, String>,
}

impl Texts {
    pub(super) fn show_root(&self, span: &mut Span) {
        self.root.iter().for_each(|(name, text)| span.set(name, text.as_str()));
    }

    pub(super) fn show_call(&self, span: &mut Span, number: u64) {
        span.set_some(n::CALL_ARGUMENTS, self.arguments.get(&number).map(String::as_str));
        span.set_some(n::CALL_RESULT, self.results.get(&number).map(String::as_str));
    }
}

/// Reads and masks the texts; none without a mask.
pub(super) fn read(journal: &Journal, row: &ExecutionRow, options: &TreeOptions) -> Result<Texts, JournalError> {
    let Some(mask) = &options.content else { return Ok(Texts::default()) };
    let record = &row.record;
    let masked = |text: &str| match text.len() {
        0..=LARGEST => cut(mask(&record.principal, &record.session, text)),
        bytes => format!("({bytes} bytes)"),
    };
    let loaded = |value: &Value| match value {
        Value::Blob { bytes, .. } if *bytes as usize > LARGEST => Ok(format!("({bytes} bytes)")),
        value => journal.load(value).map(|text| masked(&text)),
    };
    let mut texts = Texts::default();
    let asked = serde_json::json!({"code": record.code, "language": record.language.as_str()});
    texts.root.push((n::CALL_ARGUMENTS, masked(&asked.to_string())));
    let mut after = 0;
    loop {
        let page = journal.intents_after(&record.id, after, PAGE)?;
        for intent in &page {
            texts.arguments.insert(intent.number, loaded(&intent.arguments)?);
            after = intent.number;
        }
        if page.len() < PAGE {
            break;
        }
    }
    let mut after = 0;
    loop {
        let page = journal.events_after(&record.id, after, PAGE)?;
        for event in &page {
            match &event.what {
                What::Completed { call, outcome: Ok(value) } => drop(texts.results.insert(*call, loaded(value)?)),
                What::Completed { call, outcome: Err(error) } => {
                    drop(texts.results.insert(*call, masked(&error.message)));
                }
                What::Noted { kind: EventKind::State, body } => {
                    texts.root.extend(result(&journal.load(body)?).map(|text| (n::CALL_RESULT, masked(&text))));
                }
                What::Noted { .. } => {}
            }
            after = event.order;
        }
        if page.len() < PAGE {
            break;
        }
    }
    Ok(texts)
}

/// The result within a kept report.
fn result(report: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Kept {
        result: Option<Box<RawValue>>,
    }
    Some(serde_json::from_str::<Kept>(report).ok()?.result?.get().to_owned())
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let bytes = text.len();
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str(&format!("… ({bytes} bytes)"));
    }
    text
}
