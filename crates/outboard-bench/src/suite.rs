//! All runs that are asked for.

use crate::answer::{differences, expectation};
use crate::curves::{self, Curve};
use crate::error::BenchError;
use crate::machine::Machine;
use crate::recorded;
use crate::repeat::{Again, repeated};
use crate::run::{Desk, Mode, Run, Which};
use crate::scenario::Scenario;
use crate::stage::{Home, Plain, Programs, Served, Tools};
use crate::usual;
use crate::ways::{Done, Program, check_directly, check_through, chosen};
use outboard_ledger::{Expected, Latency, O200k, Price, Prices, TokenCounter, Way};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to run.
pub struct Options {
    /// The programs that are started.
    pub programs: Programs,
    /// A folder of scenarios instead of those of the program.
    pub folder: Option<PathBuf>,
    /// A folder of recorded tasks that are done as well.
    pub tasks: Option<PathBuf>,
    /// Names or kinds of scenarios; all without any.
    pub names: Vec<String>,
    /// The modes.
    pub modes: Vec<Mode>,
    /// The languages of programs.
    pub languages: Vec<String>,
    /// How often each is repeated; once is without repetition.
    pub iterations: u64,
    /// Whether curves are drawn.
    pub curves: bool,
    /// Where exact texts go; made if missing.
    pub recorded: PathBuf,
    /// What models cost.
    pub prices: Prices,
    /// Whose prices; the table's usual model without it.
    pub model: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Results {
    /// What tokens are counted with.
    pub counter: String,
    /// Whose prices.
    pub model: String,
    /// The prices.
    pub price: Price,
    /// How fast the model is assumed to be.
    pub latency: Latency,
    /// Where it ran.
    pub machine: Machine,
    /// Every run.
    pub runs: Vec<Run>,
    /// Savings over size.
    #[serde(default)]
    pub curves: Vec<Curve>,
}

/// Runs everything; `tell` hears what is under way.
pub fn run(options: &Options, tell: &mut dyn FnMut(&str)) -> Result<Results, BenchError> {
    let place = tempfile::tempdir().map_err(|error| BenchError::file(&std::env::temp_dir(), &error))?;
    let mut scenarios = usual::scenarios(options.folder.as_deref())?;
    if let Some(tasks) = &options.tasks {
        scenarios.extend(recorded::scenarios(tasks, place.path(), &options.programs.demo)?);
    }
    let scenarios = usual::named(scenarios, &options.names)?;
    std::fs::create_dir_all(&options.recorded).map_err(|error| BenchError::file(&options.recorded, &error))?;
    let (model, price) = options.prices.of(options.model.as_deref())?;
    let desk = Desk { counter: &O200k, price, latency: options.prices.latency, recorded: options.recorded.clone() };
    let mut runs = Vec::new();
    for scenario in &scenarios {
        tell(&format!("{} …", scenario.title));
        runs.extend(Task { options, desk: &desk, scenario }.runs()?);
    }
    let curves = if options.curves { curves::all(&options.programs, &desk, tell)? } else { Vec::new() };
    Ok(Results {
        counter: O200k.label().to_owned(),
        model: model.to_owned(),
        price,
        latency: options.prices.latency,
        machine: Machine::here(),
        runs,
        curves,
    })
}

/// All runs of one scenario.
struct Task<'a> {
    options: &'a Options,
    desk: &'a Desk<'a>,
    scenario: &'a Scenario,
}

/// What is known once the direct way was gone.
struct Known {
    definitions: Vec<String>,
    sizes: Vec<Expected>,
    expected: BTreeMap<String, Value>,
}

impl Task<'_> {
    fn runs(&self) -> Result<Vec<Run>, BenchError> {
        let (direct, known) = self.direct()?;
        let mut runs = Vec::new();
        for mode in &self.options.modes {
            if *mode == Mode::Direct {
                let mut run = direct.clone();
                self.repeat(&mut run, Way::Direct, None, &Home::new()?, &known)?;
                runs.push(run);
                continue;
            }
            for language in &self.options.languages {
                let Some(text) = self.scenario.programs.of(language) else { continue };
                runs.push(self.through(*mode, Program { language, text }, &known)?);
            }
        }
        Ok(runs)
    }

    /// The direct way. Its answer is the right one, as far as the scenario says nothing else.
    fn direct(&self) -> Result<(Run, Known), BenchError> {
        let mut plain = Plain::start(&self.options.programs, self.scenario, None)?;
        let definitions = plain.given()?;
        let mut done = crate::ways::call_directly(&mut plain, self.scenario, definitions.clone())?;
        let checked = check_directly(&mut plain, self.scenario, &done.answer)?;
        done.problems.extend(checked);
        let answer = done.answer.as_object().cloned().unwrap_or_default();
        let expected = self.scenario.expected.clone().unwrap_or_else(|| expectation(answer));
        done.problems.extend(differences(&expected, &done.answer));
        let sizes = done.sizes.clone();
        let which = Which { scenario: self.scenario, mode: Mode::Direct, language: None, chose: None };
        let run = self.desk.run(&which, done, &format!("{}-direct", self.scenario.name))?;
        Ok((run, Known { definitions, sizes, expected }))
    }

    /// A way through Outboard.
    fn through(&self, mode: Mode, program: Program<'_>, known: &Known) -> Result<Run, BenchError> {
        let way = if mode == Mode::Hybrid { self.choose(known)? } else { Way::Code };
        let home = Home::new()?;
        let mut again = Again::start(&self.options.programs, self.scenario, (mode, way), Some(program), (&home, None))?;
        let given = again.given()?;
        let mut done = again.once(self.scenario, given)?;
        done.problems.extend(self.checked(&mut again, &done)?);
        done.problems.extend(differences(&known.expected, &done.answer));
        drop(again);
        let chose = (mode == Mode::Hybrid).then_some(way);
        let which = Which { scenario: self.scenario, mode, language: Some(program.language), chose };
        let name = format!("{}-{}-{}", self.scenario.name, mode.as_str(), program.language);
        let mut run = self.desk.run(&which, done, &name)?;
        self.repeat(&mut run, way, Some(program), &home, known)?;
        Ok(run)
    }

    fn checked(&self, again: &mut Again<'_>, done: &Done) -> Result<Vec<String>, BenchError> {
        match again {
            Again::Plain(tools) => check_directly(tools, self.scenario, &done.answer),
            Again::Direct(served) => check_directly(served, self.scenario, &done.answer),
            Again::Program(served, _) => check_through(served, self.scenario, &done.answer),
        }
    }

    fn choose(&self, known: &Known) -> Result<Way, BenchError> {
        let ours = Served::start(&self.options.programs, self.scenario, "code", &Home::new()?, None)?.given()?;
        Ok(chosen(self.desk.counter, &known.definitions, &ours, &known.sizes))
    }

    fn repeat(
        &self,
        run: &mut Run,
        way: Way,
        program: Option<Program<'_>>,
        home: &Home,
        known: &Known,
    ) -> Result<(), BenchError> {
        if self.options.iterations > 1 {
            let (programs, mode) = (&self.options.programs, run.mode);
            let start =
                |fault: Option<&str>| Again::start(programs, self.scenario, (mode, way), program, (home, fault));
            run.repeated = Some(repeated(start, self.scenario, &known.expected, self.options.iterations)?);
        }
        Ok(())
    }
}
