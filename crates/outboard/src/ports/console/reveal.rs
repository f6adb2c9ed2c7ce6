//! Private values, for a person who says why: the audit log says so first.

use super::{Office, calls, executions};
use crate::commands::executions::known;
use crate::commands::orders;
use crate::failure::Failure;
use outboard_catalog::is_hidden;
use outboard_console::Revealed;
use serde_json::{Value, json};

/// The shortest and the longest reason, in characters.
const SHORTEST: usize = 3;
const LONGEST: usize = 300;

/// What is to be shown.
pub(super) struct Wanted {
    pub(super) id: String,
    pub(super) part: Revealed,
    pub(super) call: Option<u64>,
    pub(super) reason: String,
}

pub(super) fn shown(office: &Office, wanted: &Wanted, by: &str) -> Result<Value, Failure> {
    let reason: String = wanted.reason.trim().chars().filter(|c| !is_hidden(*c)).take(LONGEST).collect();
    if reason.chars().count() < SHORTEST {
        return Err(Failure::usage("say why the private values are to be shown").hint("the audit log keeps the reason"));
    }
    match (wanted.part, wanted.call) {
        (Revealed::Program, None) => program(office, wanted, &reason, by),
        (Revealed::Call, Some(number)) => call(office, wanted, number, &reason, by),
        _ => Err(Failure::usage("name the call where one is to be shown, and none otherwise")),
    }
}

fn program(office: &Office, wanted: &Wanted, reason: &str, by: &str) -> Result<Value, Failure> {
    let row = known(&office.parts.journal, &wanted.id)?;
    let report = executions::report(office, &row)?;
    let decision = format!("program, shown to {by} in the console: {reason}");
    orders::written(&office.parts.journal, orders::entry(&row.record.id, "reveal", None, &decision))?;
    let result = report.get("result").filter(|result| !result.is_null());
    let (place, record) = (executions::place(&row), &row.record);
    let plain = |text: &str| revealed(office, &place, text);
    Ok(json!({
        "code": plain(&record.code), "input": record.input.as_deref().map(plain),
        "result": result.map(|result| plain(&result.to_string())), "stdout": report["stdout"].as_str().map(plain),
    }))
}

fn call(office: &Office, wanted: &Wanted, number: u64, reason: &str, by: &str) -> Result<Value, Failure> {
    let texts = calls::Texts::read(&office.parts.journal, &wanted.id, number)?;
    let decision = format!("call, shown to {by} in the console: {reason}");
    orders::written(&office.parts.journal, orders::entry(&texts.execution, "reveal", Some(number), &decision))?;
    let plain = |text: &str| revealed(office, &texts.place, text);
    let (result, error) = match &texts.answer {
        Some(Ok(text)) => (Some(plain(text)), None),
        Some(Err(error)) => (None, Some(json!({"code": error.code, "message": plain(&error.message)}))),
        None => (None, None),
    };
    Ok(json!({"id": number, "arguments": texts.arguments.as_deref().map(plain), "result": result, "error": error}))
}

/// A text with the values that its tokens stand for. Configured credentials are shown to nobody.
fn revealed(office: &Office, place: &outboard_border::Place, text: &str) -> String {
    let Some(border) = &office.parts.border else { return text.to_owned() };
    let mut shown = text.to_owned();
    for (token, value) in border.tokens_in(place, text) {
        shown = shown.replace(&token, &value);
    }
    border.scrub(&shown).into_owned()
}
