//! Figures as reports show them.

use crate::published::PUBLISHED;
use crate::run::{Mode, Run};
use crate::scenario::Kind;
use crate::suite::Results;
use crate::sums::{Sum, sums};
use serde::Serialize;

/// One row of the table.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) way: String,
    pub(super) definitions: String,
    pub(super) arguments: String,
    pub(super) results: String,
    pub(super) code: String,
    pub(super) reports: String,
    pub(super) total: String,
    pub(super) saved: String,
    pub(super) billed: String,
    pub(super) turns: u64,
    pub(super) calls: u64,
    pub(super) wall: String,
    pub(super) modelled: String,
    pub(super) cost: String,
    pub(super) cost_uncached: String,
    pub(super) p50: String,
    pub(super) p99: String,
    pub(super) errors: String,
    pub(super) right: String,
    pub(super) fits: bool,
    pub(super) first: bool,
}

pub(super) fn rows(results: &Results) -> Vec<Row> {
    let mut last = "";
    let mut first = |run| {
        let Run { scenario, .. }: &Run = run;
        std::mem::replace(&mut last, scenario) != scenario
    };
    usual(results).map(|run| row(results, run, first(run))).collect()
}

/// The runs that have a row of their own in the large table.
pub(super) fn usual(results: &Results) -> impl Iterator<Item = &Run> {
    results.runs.iter().filter(|run| run.kind != Kind::Recorded)
}

/// The recorded tasks: what each way came to over all of them, and one line for each task.
#[derive(Serialize)]
pub(super) struct Recorded {
    pub(super) sums: Vec<[String; 9]>,
    pub(super) tasks: Vec<[String; 8]>,
}

/// The recorded tasks, where there are any.
pub(super) fn recorded(results: &Results) -> Option<Recorded> {
    let sums = sums(&results.runs, Kind::Recorded);
    let direct = sums.iter().find(|sum| sum.mode == Mode::Direct).cloned();
    let sum = |sum: &Sum| {
        let saved = direct.as_ref().filter(|_| sum.mode != Mode::Direct).map(|direct| sum.saved(direct));
        [
            named(sum.mode, sum.language.as_deref()),
            format!("{} of {}", sum.right, sum.tasks),
            sum.calls.to_string(),
            sum.turns.to_string(),
            grouped(sum.tokens),
            saved.map(|saved| format!("{saved:.1} %")).unwrap_or_default(),
            grouped(sum.billed),
            money(sum.cost_usd),
            format!("{:.0} ms", sum.wall_ms),
        ]
    };
    let mut names: Vec<&Run> = results.runs.iter().filter(|run| run.kind == Kind::Recorded).collect();
    names.dedup_by(|run, before| run.scenario == before.scenario);
    (!sums.is_empty()).then(|| Recorded {
        sums: sums.iter().map(sum).collect(),
        tasks: names.into_iter().map(|run| task(results, run)).collect(),
    })
}

/// One recorded task, its ways side by side.
fn task(results: &Results, first: &Run) -> [String; 8] {
    let own = || results.runs.iter().filter(|run| run.scenario == first.scenario);
    let find = |mode: Mode, language: &str| {
        own().find(|run| run.mode == mode && run.language.as_deref().is_none_or(|own| own == language))
    };
    let tokens = |mode: Mode, language: &str| find(mode, language).map(|run| grouped(run.tokens.total));
    let chose = find(Mode::Hybrid, "typescript").and_then(|run| run.chose).map(|way| match way {
        outboard_ledger::Way::Direct => "direct calls",
        outboard_ledger::Way::Code => "a program",
    });
    let wrong = own().filter(|run| !run.correct).map(|run| format!("{}: {}", way(run), run.problems.join("; ")));
    let wrong = wrong.collect::<Vec<_>>().join("; ");
    [
        first.scenario.clone(),
        first.title.clone(),
        first.calls.to_string(),
        tokens(Mode::Direct, "").unwrap_or_default(),
        tokens(Mode::Code, "typescript").unwrap_or_default(),
        tokens(Mode::Code, "python").unwrap_or_default(),
        chose.unwrap_or_default().to_owned(),
        if wrong.is_empty() { "yes".to_owned() } else { format!("NO: {wrong}") },
    ]
}

/// A way without what it chose.
fn named(mode: Mode, language: Option<&str>) -> String {
    let language = language.unwrap_or_default();
    match mode {
        Mode::Direct => "direct calls".to_owned(),
        Mode::Hybrid => format!("hybrid, {language}"),
        Mode::Code => format!("program, {language}"),
    }
}

fn row(results: &Results, run: &Run, first: bool) -> Row {
    let tokens = &run.tokens;
    let repeated = |shown: fn(&crate::run::Repeated) -> String| run.repeated.as_ref().map(shown).unwrap_or_default();
    Row {
        title: run.title.clone(),
        way: way(run),
        definitions: grouped(tokens.definitions),
        arguments: grouped(tokens.arguments),
        results: grouped(tokens.results),
        code: grouped(tokens.code),
        reports: grouped(tokens.reports),
        total: grouped(tokens.total),
        saved: saved(results, run).map(|saved| format!("{saved:.1} %")).unwrap_or_default(),
        billed: grouped(tokens.billed),
        turns: run.turns,
        calls: run.calls,
        wall: format!("{:.0} ms", run.wall_ms),
        modelled: format!("{:.1} s", run.modelled_ms / 1_000.0),
        cost: money(run.cost_usd),
        cost_uncached: money(run.billed.uncached_usd),
        p50: repeated(|repeated| format!("{:.1} ms", repeated.p50_ms)),
        p99: repeated(|repeated| format!("{:.1} ms", repeated.p99_ms)),
        errors: repeated(|repeated| format!("{:.1} % of {}", repeated.error_rate * 100.0, repeated.iterations)),
        right: if run.correct { "yes".to_owned() } else { format!("NO: {}", run.problems.join("; ")) },
        fits: run.fits,
        first,
    }
}

fn way(run: &Run) -> String {
    let name = named(run.mode, run.language.as_deref());
    match (run.mode, run.chose) {
        (Mode::Hybrid, Some(outboard_ledger::Way::Direct)) => format!("{name}: chose direct calls"),
        (Mode::Hybrid, _) => format!("{name}: chose a program"),
        _ => name,
    }
}

/// Percent of tokens that a way saves against direct calls.
fn saved(results: &Results, run: &Run) -> Option<f64> {
    let direct = direct_of(results, &run.scenario).filter(|_| run.mode != Mode::Direct)?;
    Some(100.0 * (1.0 - run.tokens.total as f64 / direct.tokens.total.max(1) as f64))
}

pub(super) fn direct_of<'a>(results: &'a Results, scenario: &str) -> Option<&'a Run> {
    results.runs.iter().find(|run| run.scenario == scenario && run.mode == Mode::Direct)
}

/// A published figure with ours.
#[derive(Serialize)]
pub(super) struct Beside {
    pub(super) what: &'static str,
    pub(super) direct: &'static str,
    pub(super) code: &'static str,
    pub(super) conditions: &'static str,
    pub(super) our_direct: String,
    pub(super) our_code: String,
    pub(super) ours: &'static str,
}

/// Published figures whose scenario was run both ways.
pub(super) fn published(results: &Results) -> Vec<Beside> {
    let beside = |published: &crate::published::Published| {
        let direct = direct_of(results, published.scenario)?;
        let code = results.runs.iter().find(|run| run.scenario == published.scenario && run.mode == Mode::Code)?;
        Some(Beside {
            what: published.what,
            direct: published.direct,
            code: published.code,
            conditions: published.conditions,
            our_direct: grouped(direct.tokens.total),
            our_code: grouped(code.tokens.total),
            ours: published.ours,
        })
    };
    PUBLISHED.iter().filter_map(beside).collect()
}

/// 1234567 as 1,234,567.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let breaks = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits.chars().enumerate().flat_map(|(at, digit)| breaks(at).then_some(',').into_iter().chain([digit])).collect()
}

/// Small amounts keep three digits that say something.
fn money(amount: f64) -> String {
    if amount >= 1.0 { format!("${amount:.2}") } else { format!("${amount:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_amounts_readable() {
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0, 999, 1_000, 1_234_567].map(grouped).each_ref().map(|s| s.as_str())
        );
        assert_eq!((money(1.5), money(0.00123)), ("$1.50".into(), "$0.0012".into()));
    }
}
