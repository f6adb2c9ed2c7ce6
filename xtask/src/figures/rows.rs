//! Rows of tables, from what the demo and the benchmark print as JSON.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

pub(super) fn demo_rows(told: &Value) -> Result<Vec<String>> {
    let workflows = told["workflows"].as_array().context("the demo told no workflows")?;
    let row = |row: &Value| {
        let (direct, program) = (number(&row["direct"]["tokens"])?, number(&row["program"]["tokens"])?);
        let name = row["workflow"].as_str().context("a workflow without a name")?;
        Ok(format!("| {name} | {} | {} | {} |", grouped(direct), grouped(program), saved(direct, program)))
    };
    workflows.iter().map(row).collect()
}

/// One row for each task, the largest first.
pub(super) fn bench_rows(told: &Value) -> Result<Vec<String>> {
    let runs = told["runs"].as_array().context("the benchmark told no runs")?;
    let mut rows = Vec::new();
    for direct in runs.iter().filter(|run| run["mode"] == "direct") {
        let program = runs.iter().find(|run| {
            run["scenario"] == direct["scenario"] && run["mode"] == "code" && run["language"] == "typescript"
        });
        let program = program.context("a task without a program")?;
        ensure!(direct["correct"] == true && program["correct"] == true, "{} is wrong", direct["scenario"]);
        let tokens = |run: &Value, key: &str| number(&run["tokens"][key]);
        let (all, one) = (tokens(direct, "total")?, tokens(program, "total")?);
        let billed = (grouped(tokens(direct, "billed")?), grouped(tokens(program, "billed")?));
        let title = direct["title"].as_str().context("a task without a title")?;
        let (share, cells) = (saved(all, one), (grouped(all), grouped(one)));
        let row = format!("| {title} | {} | {} | {share} | {} | {} |", cells.0, cells.1, billed.0, billed.1);
        rows.push((all, row));
    }
    rows.sort_by_key(|(tokens, _)| std::cmp::Reverse(*tokens));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// One row for each size of one curve; both ways have to have given the same answer.
pub(super) fn curve_rows(told: &Value, unit: &str) -> Result<Vec<String>> {
    let curves = told["curves"].as_array().context("the benchmark told no curves")?;
    let curve = curves.iter().find(|curve| curve["unit"] == unit).with_context(|| format!("no curve of {unit}"))?;
    let row = |point: &Value| {
        ensure!(point["same"] == true, "the answers at {} {unit} differ", point["size"]);
        let [size, direct, code] = ["size", "direct", "code"].map(|key| number(&point[key]));
        let (size, direct, code) = (size?, direct?, code?);
        Ok(format!("| {} | {} | {} | {} |", grouped(size), grouped(direct), grouped(code), saved(direct, code)))
    };
    curve["points"].as_array().into_iter().flatten().map(row).collect()
}

/// One row for each task that was done over and over, directly and by programs.
pub(super) fn again_rows(direct: &Value, code: &Value) -> Result<Vec<String>> {
    let runs = |told: &Value| told["runs"].as_array().cloned().context("the benchmark told no runs");
    let (direct, code) = (runs(direct)?, runs(code)?);
    let program = |task: &Value, language: &str| {
        code.iter().find(|run| run["scenario"] == *task && run["language"] == language).cloned()
    };
    let row = |run: &Value| {
        let task = &run["scenario"];
        let ways = [Some(run.clone()), program(task, "typescript"), program(task, "python")];
        let title = run["title"].as_str().context("a task without a title")?;
        let times: Vec<String> = ways.iter().map(|way| way.as_ref().map(times).unwrap_or_default()).collect();
        let wrong: Vec<String> = ways.iter().flatten().map(|way| way["repeated"]["errors"].to_string()).collect();
        Ok(format!("| {title} | {} | {} |", times.join(" | "), wrong.join(", ")))
    };
    direct.iter().map(row).collect()
}

/// Median and 99th percentile in milliseconds.
fn times(run: &Value) -> String {
    let shown = |key: &str| match run["repeated"][key].as_f64().unwrap_or_default() {
        short if short < 10.0 => format!("{short:.1}"),
        long => format!("{long:.0}"),
    };
    format!("{} / {}", shown("p50_ms"), shown("p99_ms"))
}

fn number(value: &Value) -> Result<u64> {
    value.as_u64().with_context(|| format!("{value} is no number of tokens"))
}

/// The share that is saved; near the whole with one digit more, and never rounded up to it.
fn saved(direct: u64, program: u64) -> String {
    let share = 100.0 * (1.0 - program as f64 / direct.max(1) as f64);
    if share > 99.9 { format!("{:.2} %", (share * 100.0).floor() / 100.0) } else { format!("{share:.1} %") }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_as_pages_show_them() {
        assert_eq!((grouped(0), grouped(999), grouped(1_234_567)), ("0".into(), "999".into(), "1,234,567".into()));
        assert_eq!((saved(1_000, 100), saved(1_171_927, 585)), ("90.0 %".into(), "99.95 %".into()));
        assert_eq!(saved(280, 625), "-123.2 %");
    }

    #[test]
    fn tasks_that_were_done_over_and_over_have_their_times_and_errors() {
        let run = |language: Value, p50: f64, errors: u64| {
            json!({"scenario": "small", "title": "Two calls", "language": language,
                   "repeated": {"p50_ms": p50, "p99_ms": 12.6, "errors": errors}})
        };
        let direct = json!({"runs": [run(Value::Null, 0.14, 0)]});
        let code = json!({"runs": [run("typescript".into(), 3.0, 1), run("python".into(), 11.0, 2)]});
        let rows = again_rows(&direct, &code).unwrap();
        assert_eq!(rows, ["| Two calls | 0.1 / 13 | 3.0 / 13 | 11 / 13 | 0, 1, 2 |"]);
    }

    #[test]
    fn curves_are_not_written_where_answers_differ() {
        let curve = |same: bool| json!({"curves": [{"unit": "tools", "points": [{"size": 1000, "direct": 2000, "code": 500, "same": same}]}]});
        assert_eq!(curve_rows(&curve(true), "tools").unwrap(), ["| 1,000 | 2,000 | 500 | 75.0 % |"]);
        assert!(curve_rows(&curve(false), "tools").is_err());
        assert!(curve_rows(&curve(true), "bytes").is_err());
    }
}
