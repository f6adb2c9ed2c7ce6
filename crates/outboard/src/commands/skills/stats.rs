//! How much skills are used, and which could go.

use super::failed;
use crate::compose;
use crate::failure::Failure;
use crate::output;
use comfy_table::{Table, presets};
use outboard_config::Settings;
use outboard_execution::{Shelf, SkillReport, skills_of};
use outboard_journal::{Journal, Status};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Runs that one point of the curve stands for.
const STEP: usize = 10;

/// Bytes of code a token stands for, where nothing counts exactly.
const BYTES: u64 = 4;

/// Uses after which a share of failures says something.
const ENOUGH: u64 = 3;

#[derive(Debug, Default, Serialize)]
struct Used {
    id: String,
    uses: u64,
    succeeded: u64,
    last_ms: Option<u64>,
    tokens_saved: u64,
    advice: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Point {
    runs: usize,
    programs_with_skills: f64,
    lines_from_skills: f64,
}

/// One execution, oldest first.
struct Run {
    report: SkillReport,
    well: bool,
    at_ms: u64,
}

pub(super) fn run(settings: &Settings, shelf: &Shelf, runs: usize, json: bool) -> Result<ExitCode, Failure> {
    let (runs, skills, curve) = of(&compose::journal(settings)?, shelf, runs)?;
    if json {
        output::json(&as_json(runs, &skills, &curve));
        return Ok(ExitCode::SUCCESS);
    }
    show(&skills, &curve);
    Ok(ExitCode::SUCCESS)
}

/// What the latest runs tell, as one record.
pub(crate) fn stats(journal: &Journal, shelf: &Shelf, runs: usize) -> Result<Value, Failure> {
    let (runs, skills, curve) = of(journal, shelf, runs)?;
    Ok(as_json(runs, &skills, &curve))
}

fn as_json(runs: usize, skills: &[Used], curve: &[Point]) -> Value {
    serde_json::json!({"runs": runs, "skills": skills, "curve": curve})
}

fn of(journal: &Journal, shelf: &Shelf, runs: usize) -> Result<(usize, Vec<Used>, Vec<Point>), Failure> {
    let rows = journal.executions(runs)?.into_iter().rev();
    let runs: Vec<Run> = rows
        .filter_map(|row| {
            let report = skills_of(journal, &row.record.id)?;
            Some(Run { report, well: row.status == Status::Succeeded, at_ms: row.record.started_ms })
        })
        .collect();
    let view = shelf.collection().view(None).map_err(failed)?;
    let names = view.active().map(|(_, skill)| skill.name.to_string());
    Ok((runs.len(), counted(names, &runs), curve(&runs)))
}

fn counted(names: impl Iterator<Item = String>, runs: &[Run]) -> Vec<Used> {
    let mut found: BTreeMap<String, Used> =
        names.map(|name| (name.clone(), Used { id: name, ..Used::default() })).collect();
    for run in runs {
        for one in &run.report.used {
            let Some(used) = found.get_mut(&one.name) else { continue };
            used.uses += 1;
            used.succeeded += u64::from(run.well);
            used.last_ms = used.last_ms.max(Some(run.at_ms));
            used.tokens_saved += one.bytes / BYTES;
        }
    }
    let mut all: Vec<Used> = found.into_values().collect();
    for used in &mut all {
        used.advice = match used {
            Used { uses: 0, .. } => Some("unused"),
            Used { uses, succeeded, .. } if *uses >= ENOUGH && *succeeded * 2 < *uses => Some("mostly fails"),
            _ => None,
        };
    }
    all.sort_by(|one, other| other.uses.cmp(&one.uses).then_with(|| one.id.cmp(&other.id)));
    all
}

/// How the share of what is reused goes over the runs.
fn curve(runs: &[Run]) -> Vec<Point> {
    let point = |(at, part): (usize, &[Run])| {
        let with = part.iter().filter(|run| !run.report.used.is_empty()).count();
        let own: u64 = part.iter().map(|run| run.report.lines).sum();
        let reused: u64 = part.iter().flat_map(|run| &run.report.used).map(|one| one.lines).sum();
        Point {
            runs: at * STEP + part.len(),
            programs_with_skills: with as f64 / part.len() as f64,
            lines_from_skills: reused as f64 / (own + reused).max(1) as f64,
        }
    };
    runs.chunks(STEP).enumerate().map(point).collect()
}

fn show(skills: &[Used], curve: &[Point]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SKILL", "USES", "SUCCEEDED", "TOKENS SAVED", "ADVICE"]);
    for one in skills {
        let advice = one.advice.unwrap_or_default().to_owned();
        let numbers = [one.uses, one.succeeded, one.tokens_saved].map(|number| number.to_string());
        let [uses, well, saved] = numbers;
        table.add_row([one.id.clone(), uses, well, saved, advice]);
    }
    output::data(&table.trim_fmt());
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["RUNS", "PROGRAMS WITH SKILLS", "LINES FROM SKILLS"]);
    for point in curve {
        let share = |share: f64| format!("{:.0} %", share * 100.0);
        table.add_row([point.runs.to_string(), share(point.programs_with_skills), share(point.lines_from_skills)]);
    }
    output::data(&format!("\n{}", table.trim_fmt()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_execution::SkillUse;

    fn ran(names: &[&str], well: bool) -> Run {
        let used =
            names.iter().map(|name| SkillUse { name: (*name).into(), version: "1".into(), lines: 30, bytes: 400 });
        Run { report: SkillReport { used: used.collect(), lines: 10, ..SkillReport::default() }, well, at_ms: 7 }
    }

    #[test]
    fn uses_and_the_curve_are_counted() {
        let mut runs: Vec<Run> = (0..10).map(|_| ran(&[], true)).collect();
        runs.extend((0..4).map(|at| ran(&["bad", "good"][at % 2..=at % 2], at % 2 == 1)));
        runs.push(ran(&["bad", "gone"], false));
        let skills = counted(["bad", "good", "idle"].map(str::to_owned).into_iter(), &runs);
        let told: Vec<_> = skills.iter().map(|one| (one.id.as_str(), one.uses, one.succeeded, one.advice)).collect();
        assert_eq!(told, [("bad", 3, 0, Some("mostly fails")), ("good", 2, 2, None), ("idle", 0, 0, Some("unused"))]);
        assert_eq!(skills[0].tokens_saved, 300);
        let curve = curve(&runs);
        assert_eq!((curve.len(), curve[0].programs_with_skills, curve[1].programs_with_skills), (2, 0.0, 1.0));
        assert_eq!((curve[1].runs, curve[1].lines_from_skills), (15, 180.0 / 230.0));
    }
}
