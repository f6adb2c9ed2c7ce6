//! What was seen as rows of text: for the screen, and for files and pipes.

use super::snapshot::{Server, Snapshot};
use comfy_table::{Table, presets};
use outboard_gateway::approvals::Question;
use outboard_journal::{ExecutionRow, ServerActivity, UnderWay};

pub(super) const LIVE: [&str; 7] = ["ID", "STATUS", "LANGUAGE", "SINCE", "CALLS", "LINE", "NOW"];
pub(super) const SERVERS: [&str; 5] = ["SERVER", "TOOLS", "CALLS, LAST HOUR", "MEAN", "ERRORS"];
pub(super) const QUESTIONS: [&str; 4] = ["ID", "CALL", "RULE", "EXPIRES IN"];

/// A span of milliseconds, as short as it can be told.
pub(super) fn span(ms: u64) -> String {
    match ms / 1_000 {
        0 => format!("{ms} ms"),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// Nothing that a terminal would obey.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// One under way: what it waits for, else its last call.
pub(super) fn live(snapshot: &Snapshot, one: &UnderWay) -> [String; 7] {
    let record = &one.row.record;
    let now = match snapshot.reason(one) {
        Some(reason) if one.is_left => reason,
        Some(reason) => format!("waits for {reason}"),
        None => one.last_call.clone().unwrap_or_default(),
    };
    [
        record.id.to_string(),
        if one.is_left { "left behind" } else { one.row.status.as_str() }.to_owned(),
        record.language.as_str().to_owned(),
        span(snapshot.at_ms.saturating_sub(record.started_ms)),
        one.calls.to_string(),
        one.line.map(|line| line.to_string()).unwrap_or_default(),
        harmless(&now),
    ]
}

pub(super) fn ended((row, calls): &(ExecutionRow, u64)) -> [String; 7] {
    let took = row.ending.as_ref().map(|ending| ending.ended_ms.saturating_sub(row.record.started_ms));
    let error = row.ending.as_ref().and_then(|ending| ending.error_code.clone()).unwrap_or_default();
    let took = took.map(|ms| format!("took {}", span(ms))).unwrap_or_default();
    let (status, language) = (row.status.as_str().to_owned(), row.record.language.as_str().to_owned());
    [row.record.id.to_string(), status, language, took, calls.to_string(), String::new(), error]
}

pub(super) fn server(server: &Server) -> [String; 5] {
    let tools = server.tools.map_or_else(|| "not listed yet".to_owned(), |tools| tools.to_string());
    let [calls, mean, errors] = match &server.activity {
        Some(one) => [one.calls.to_string(), format!("{:.1} ms", one.mean_us as f64 / 1e3), errors(one)],
        None => ["0".to_owned(), String::new(), "0".to_owned()],
    };
    [harmless(&server.name), tools, calls, mean, errors]
}

/// How many, and which.
fn errors(one: &ServerActivity) -> String {
    let codes: Vec<_> = one.codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
    match codes.as_slice() {
        [] => "0".to_owned(),
        codes => format!("{} ({})", one.errors, codes.join(", ")),
    }
}

pub(super) fn question(question: &Question, now: u64) -> [String; 4] {
    let record = &question.record;
    let call = harmless(&format!("{}.{}", record.server, record.tool));
    [record.id.clone(), call, harmless(&record.rule), span(record.expires_ms.saturating_sub(now))]
}

/// What the sums of the last day are.
pub(super) fn day(snapshot: &Snapshot) -> String {
    let [executions, calls, errors, tokens] = snapshot.day;
    format!("last day: {executions} executions, {calls} calls, {errors} errors, {tokens} tokens")
}

/// The whole, once.
pub(super) fn of(snapshot: &Snapshot) -> String {
    let now = snapshot.at_ms;
    let running = snapshot.live.iter().map(|one| live(snapshot, one)).chain(snapshot.ended.iter().map(ended));
    let mut parts = vec![day(snapshot), table(&LIVE, running.map(Vec::from))];
    parts.push(table(&SERVERS, snapshot.servers.iter().map(|one| server(one).into())));
    if !snapshot.questions.is_empty() {
        parts.push(table(&QUESTIONS, snapshot.questions.iter().map(|one| question(one, now).into())));
    }
    parts.extend(snapshot.alerts.iter().map(|alert| format!("unusual: {}", harmless(&alert.text))));
    parts.join("\n\n")
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short_and_names_obey_nobody() {
        assert_eq!([span(12), span(61_000), span(600_000), span(90_000_000)], ["12 ms", "61 s", "10 min", "25 h"]);
        assert_eq!(harmless("a\u{1b}[2Jb\n"), "a[2Jb");
    }
}
