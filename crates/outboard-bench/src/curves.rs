//! Savings over the size of a catalogue and of a result.

use crate::error::BenchError;
use crate::run::{Desk, Mode, Which};
use crate::scenario::Scenario;
use crate::stage::{Home, Plain, Programs, Served, Tools};
use crate::usual;
use crate::ways::{Done, Program, call_directly, run_program};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One curve.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curve {
    /// What it shows.
    pub title: String,
    /// What grows.
    pub unit: String,
    /// Its points, from small to large.
    pub points: Vec<Point>,
}

/// One size.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Point {
    /// How large.
    pub size: u64,
    /// Tokens of direct calls, each text once.
    pub direct: u64,
    /// Tokens of a program.
    pub code: u64,
    /// Share of tokens that the program saves, in percent; below zero it takes more.
    pub saved_percent: f64,
    /// Whether both gave the same answer.
    pub same: bool,
}

/// Tools of a catalogue.
const TOOLS: [u64; 7] = [10, 30, 100, 300, 1_000, 3_000, 10_000];

/// Rows of a result: about 105 bytes each, so 1 KB to 10 MB.
const ROWS: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];

pub(crate) fn all(programs: &Programs, desk: &Desk<'_>, tell: &mut dyn FnMut(&str)) -> Result<Vec<Curve>, BenchError> {
    let mut catalogue = Curve {
        title: "Tokens over the size of the catalogue".to_owned(),
        unit: "tools".to_owned(),
        points: Vec::new(),
    };
    let scenarios = usual::scenarios(None)?;
    let one_needed = scenarios.iter().find(|scenario| scenario.name == "catalogue");
    for tools in TOOLS {
        tell(&format!("curve: {tools} tools …"));
        let Some(mut scenario) = one_needed.cloned() else { break };
        scenario.env.insert("OUTBOARD_DEMO_TOOLS".to_owned(), tools.to_string());
        catalogue.points.push(point(programs, desk, &scenario, tools)?.0);
    }
    let mut result =
        Curve { title: "Tokens over the size of a result".to_owned(), unit: "bytes".to_owned(), points: Vec::new() };
    for rows in ROWS {
        tell(&format!("curve: a result of {rows} rows …"));
        let mut scenario = Scenario::read("result-size", usual::RESULT_SIZE)?;
        scenario.input = Some(json!({"rows": rows}));
        let (mut point, bytes) = point(programs, desk, &scenario, rows)?;
        point.size = bytes;
        result.points.push(point);
    }
    Ok(vec![catalogue, result])
}

/// Both ways at one size, and the bytes of the direct way's results.
fn point(programs: &Programs, desk: &Desk<'_>, scenario: &Scenario, size: u64) -> Result<(Point, u64), BenchError> {
    let mut plain = Plain::start(programs, scenario, None)?;
    let given = plain.given()?;
    let direct = call_directly(&mut plain, scenario, given)?;
    let program = Program { language: "typescript", text: &scenario.programs.typescript };
    let mut served = Served::start(programs, scenario, "code", &Home::new()?, None)?;
    let given = served.given()?;
    let code = run_program(&mut served, scenario, program, given)?;
    let same = direct.answer == code.answer && direct.answer != Value::Null && code.problems.is_empty();
    let bytes = direct.sizes.iter().map(|each| each.calls as f64 * each.result).sum::<f64>() as u64;
    let counted = |done: Done, mode: Mode| {
        let language = (mode == Mode::Code).then_some("typescript");
        let name = format!("curve-{}-{size}-{}", scenario.name, mode.as_str());
        desk.run(&Which { scenario, mode, language, chose: None }, done, &name).map(|run| run.tokens.total)
    };
    let (direct, code) = (counted(direct, Mode::Direct)?, counted(code, Mode::Code)?);
    let saved_percent = 100.0 * (1.0 - code as f64 / direct.max(1) as f64);
    Ok((Point { size, direct, code, saved_percent, same }, bytes))
}
