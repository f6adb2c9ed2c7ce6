//! The table as Markdown.

use super::view::{published, recorded, rows};
use crate::suite::Results;
use std::fmt::Write as _;

pub(super) fn table(results: &Results) -> String {
    let mut text = String::from(
        "| task | way | definitions | arguments | results | code | reports | tokens | saved | billed | turns | calls | tools' time | with model | cost | right |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for row in rows(results) {
        let title = if row.first { row.title.as_str() } else { "" };
        let cells = [
            title,
            &row.way,
            &row.definitions,
            &row.arguments,
            &row.results,
            &row.code,
            &row.reports,
            &row.total,
            &row.saved,
            &row.billed,
            &row.turns.to_string(),
            &row.calls.to_string(),
            &row.wall,
            &row.modelled,
            &row.cost,
            &row.right,
        ];
        let _ = writeln!(text, "| {} |", cells.map(cell).join(" | "));
    }
    for curve in &results.curves {
        let _ = write!(
            text,
            "\n{}\n\n| {} | direct calls | program | saved |\n|--:|--:|--:|--:|\n",
            curve.title, curve.unit
        );
        for point in &curve.points {
            let _ =
                writeln!(text, "| {} | {} | {} | {:.1} % |", point.size, point.direct, point.code, point.saved_percent);
        }
    }
    if let Some(recorded) = recorded(results) {
        text.push_str("\n| recorded tasks | right | calls | turns | tokens | saved | billed | cost | tools' time |\n");
        text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        recorded.sums.iter().for_each(|sum| line(&mut text, sum));
        text.push_str(
            "\n| task | what was asked | calls | direct calls | TypeScript | Python | hybrid chose | right |\n",
        );
        text.push_str("|---|---|--:|--:|--:|--:|---|---|\n");
        recorded.tasks.iter().for_each(|task| line(&mut text, task));
    }
    text.push_str(
        "\n| published | direct | program | their conditions | our direct | our program | our conditions |\n",
    );
    text.push_str("|---|--:|--:|---|--:|--:|---|\n");
    for one in published(results) {
        let cells =
            [one.what, one.direct, one.code, one.conditions, &one.our_direct, &one.our_code, one.ours].map(cell);
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn line(text: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// A cell must not end the row.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
