//! `outboard bench`: tasks by direct calls and by programs, counted and compared.

use crate::cli;
use crate::failure::Failure;
use crate::output;
use comfy_table::{CellAlignment, Table, presets};
use outboard_bench::{BenchError, Kind, Mode, Options, Programs, Results, Run, Sum};
use outboard_config::Settings;
use outboard_ledger::Prices;
use outboard_types::ErrorCode;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) async fn run(args: &cli::Bench) -> Result<ExitCode, Failure> {
    let options = options(args)?;
    let report = args.report.clone();
    let work = move || {
        let results = outboard_bench::run(&options, &mut |text| output::talk(text))?;
        let written = report.map(|folder| outboard_bench::write_report(&results, &folder)).transpose()?;
        Ok::<_, BenchError>((results, written))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (results, written) = done.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))??;
    if args.json {
        output::json(&results);
    } else {
        output::data(&table(&results));
        let wrong = results.runs.iter().filter(|run| run.kind == Kind::Recorded && !run.correct);
        wrong.for_each(|run| {
            output::talk(&format!("wrong: {} ({}): {}", run.scenario, run.mode.as_str(), run.problems.join("; ")))
        });
        output::talk(&format!("costs are for {}; exact texts are named by --json as `recorded`", results.model));
    }
    if let Some(written) = written {
        written.changes.iter().for_each(|change| output::talk(&format!("changed: {change}")));
        output::talk(&format!("report: {}", written.page.display()));
    }
    let right = results.runs.iter().all(|run| run.correct)
        && results.curves.iter().flat_map(|curve| &curve.points).all(|point| point.same);
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn options(args: &cli::Bench) -> Result<Options, Failure> {
    let outboard = std::env::current_exe()?;
    let modes = match args.mode.as_deref() {
        Some(mode) => Mode::parse(mode).into_iter().collect(),
        None => Mode::ALL.to_vec(),
    };
    let languages = match &args.language {
        Some(language) => vec![language.clone()],
        None => vec!["typescript".to_owned(), "python".to_owned()],
    };
    let recorded = match &args.report {
        Some(folder) => folder.join("recorded"),
        None => tempfile::Builder::new().prefix("outboard-bench-").tempdir()?.keep(),
    };
    Ok(Options {
        programs: Programs { demo: outboard.with_file_name("outboard-demo"), outboard },
        folder: args.scenarios.clone(),
        tasks: args.tasks.clone(),
        names: args.scenario.clone(),
        modes,
        languages,
        iterations: args.iterations,
        curves: args.curves || (args.report.is_some() && args.scenario.is_empty()),
        recorded,
        prices: prices(args.money.prices.as_deref())?,
        model: args.money.model.clone(),
    })
}

/// The table of prices that is named, or the usual one with those of the settings in front.
pub(super) fn priced(settings: &Settings, file: Option<&Path>) -> Result<Prices, Failure> {
    if file.is_some() { prices(file) } else { super::agent::prices(settings) }
}

/// The table of prices that is named, or the usual one.
pub(super) fn prices(file: Option<&Path>) -> Result<Prices, Failure> {
    let Some(file) = file else { return Ok(Prices::usual()) };
    let told = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(PathBuf::from(file)).map_err(|error| told(&error))?;
    Prices::read(&text).map_err(|error| told(&error))
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        let code = match &error {
            BenchError::Server { .. } | BenchError::Missing(_) => ErrorCode::UpstreamUnavailable,
            _ => ErrorCode::InvalidRequest,
        };
        let failure = Failure::new(code, error.to_string());
        match &error {
            BenchError::File { .. } => {
                failure.hint("check that it may be read and written, and that the disk is not full")
            }
            _ => failure,
        }
    }
}

fn table(results: &Results) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "scenario",
        "way",
        "turns",
        "calls",
        "tokens",
        "saved",
        "billed",
        "cost",
        "tools",
        "with model",
        "right",
    ]);
    for run in results.runs.iter().filter(|run| run.kind != Kind::Recorded) {
        table.add_row(cells(results, run));
    }
    let recorded = outboard_bench::sums(&results.runs, Kind::Recorded);
    for sum in &recorded {
        table.add_row(sum_cells(&recorded, sum));
    }
    for column in 2..=9 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// All recorded tasks, done in one way.
fn sum_cells(all: &[Sum], sum: &Sum) -> Vec<String> {
    let direct = all.iter().find(|other| other.mode == Mode::Direct).filter(|_| sum.mode != Mode::Direct);
    vec![
        format!("{} recorded tasks", sum.tasks),
        format!("{} {}", sum.mode.as_str(), sum.language.as_deref().unwrap_or_default()).trim().to_owned(),
        sum.turns.to_string(),
        sum.calls.to_string(),
        sum.tokens.to_string(),
        direct.map(|direct| format!("{:.1} %", sum.saved(direct))).unwrap_or_default(),
        sum.billed.to_string(),
        format!("${:.4}", sum.cost_usd),
        format!("{:.0} ms", sum.wall_ms),
        format!("{:.1} s", sum.modelled_ms / 1_000.0),
        format!("{} of {}", sum.right, sum.tasks),
    ]
}

fn cells(results: &Results, run: &Run) -> Vec<String> {
    let direct = results.runs.iter().find(|other| other.scenario == run.scenario && other.mode == Mode::Direct);
    let saved = direct.filter(|_| run.mode != Mode::Direct);
    let saved = saved.map(|direct| 100.0 * (1.0 - run.tokens.total as f64 / direct.tokens.total.max(1) as f64));
    let right = if run.correct { "yes".to_owned() } else { run.problems.join("; ") };
    let way = run.language.as_ref().map_or_else(String::new, |language| format!(" {language}"));
    vec![
        run.scenario.clone(),
        format!("{}{way}", run.mode.as_str()),
        run.turns.to_string(),
        run.calls.to_string(),
        run.tokens.total.to_string(),
        saved.map(|saved| format!("{saved:.1} %")).unwrap_or_default(),
        run.tokens.billed.to_string(),
        format!("${:.4}", run.cost_usd),
        format!("{:.0} ms", run.wall_ms),
        format!("{:.1} s", run.modelled_ms / 1_000.0),
        right,
    ]
}
