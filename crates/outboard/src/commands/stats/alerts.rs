//! What is not as usual in the last day, against the time before it.

use outboard_config::AlertSettings;
use outboard_journal::{Journal, JournalError, Usage, UsageBy};
use serde::Serialize;
use std::ops::Range;

/// Something that a person should look at.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Alert {
    /// `calls_per_run`, `new_tool` or `error_rate`.
    kind: &'static str,
    /// What it is about; empty where it is about everything.
    of: String,
    /// What is unusual, in words.
    pub(super) text: String,
}

const DAY_MS: u64 = 86_400_000;

pub(super) fn of(
    journal: &Journal,
    within: Range<u64>,
    now: u64,
    limits: &AlertSettings,
) -> Result<Vec<Alert>, JournalError> {
    let today = now.saturating_sub(DAY_MS);
    let before = within.start..today.max(within.start);
    let since = today..within.end;
    let runs = |span: &Range<u64>| journal.usage(UsageBy::Principal, span.clone());
    let tools = |span: &Range<u64>| journal.usage(UsageBy::Tool, span.clone());
    let mut alerts: Vec<Alert> = calls_per_run(&runs(&before)?, &runs(&since)?, limits).into_iter().collect();
    alerts.extend(tools_unlike(&tools(&before)?, &tools(&since)?, limits));
    Ok(alerts)
}

fn calls_per_run(before: &[Usage], since: &[Usage], limits: &AlertSettings) -> Option<Alert> {
    let mean = |rows: &[Usage]| {
        let (calls, runs) = rows.iter().fold((0, 0), |(calls, runs), row| (calls + row.calls, runs + row.executions));
        (runs > 0).then(|| (calls, calls as f64 / runs as f64))
    };
    let ((_, usual), (calls, now)) = (mean(before)?, mean(since)?);
    let text = format!("{now:.1} calls per run in the last day, usually {usual:.1}");
    (calls >= limits.least_calls && now > usual.max(1.0) * limits.calls_factor).then(|| Alert {
        kind: "calls_per_run",
        of: String::new(),
        text,
    })
}

fn tools_unlike(before: &[Usage], since: &[Usage], limits: &AlertSettings) -> Vec<Alert> {
    let rate = |row: &Usage| row.errors as f64 / row.calls.max(1) as f64;
    let mut alerts = Vec::new();
    for row in since {
        let mut alert = |kind, text| alerts.push(Alert { kind, of: row.of.clone(), text });
        let Some(usual) = before.iter().find(|usual| usual.of == row.of) else {
            // Where nothing was called before, everything is new and none of it news.
            if !before.is_empty() {
                alert(
                    "new_tool",
                    format!("{} was never called before the last day; {} calls since", row.of, row.calls),
                );
            }
            continue;
        };
        let limit = rate(usual).max(limits.error_rate / 2.0) * 2.0;
        if row.calls >= limits.least_calls && rate(row) >= limit {
            let share = rate(row) * 100.0;
            alert(
                "error_rate",
                format!("{share:.0} % of {} calls of {} gave errors in the last day", row.calls, row.of),
            );
        }
    }
    alerts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(of: &str, executions: u64, calls: u64, errors: u64) -> Usage {
        Usage {
            of: of.into(),
            executions,
            failed: 0,
            calls,
            errors,
            written: 0,
            read: 0,
            arguments_bytes: 0,
            result_bytes: 0,
            arguments: 0,
            results: 0,
            texts: 0,
            counted: 0,
        }
    }

    #[test]
    fn many_more_calls_per_run_are_told() {
        let (usual, limits) = ([usage("local", 10, 30, 0)], AlertSettings::default());
        assert_eq!(calls_per_run(&usual, &[usage("local", 2, 12, 0)], &limits), None);
        let alert = calls_per_run(&usual, &[usage("local", 2, 60, 0)], &limits);
        assert!(alert.is_some_and(|alert| alert.text.starts_with("30.0 calls per run")));
        assert_eq!(calls_per_run(&[], &[usage("local", 1, 900, 0)], &limits), None);
    }

    #[test]
    fn new_tools_and_failing_ones_are_told() {
        let kinds = |before: &[Usage], since: &[Usage]| -> Vec<_> {
            tools_unlike(before, since, &AlertSettings::default()).into_iter().map(|alert| alert.kind).collect()
        };
        let usual = [usage("a.b", 1, 100, 2)];
        assert_eq!(kinds(&usual, &[usage("a.c", 1, 1, 1)]), ["new_tool"]);
        assert_eq!(kinds(&usual, &[usage("a.b", 1, 20, 5)]), ["error_rate"]);
        assert!(kinds(&usual, &[usage("a.b", 1, 20, 3)]).is_empty());
        assert!(kinds(&[], &[usage("a.b", 1, 3, 0)]).is_empty());
        assert!(kinds(&[usage("a.b", 1, 100, 50)], &[usage("a.b", 1, 20, 12)]).is_empty());
    }
}
