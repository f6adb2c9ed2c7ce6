//! A14: what honest programs give in the jail is what they give outside it.

use crate::cases::{Case, cut};
use crate::guests::{self, Ran};
use crate::jail::interpreter;
use crate::outcome::Outcome;
use crate::report::Report;
use crate::table::Situation;
use crate::{jailed, plain};
use anyhow::{Result, ensure};
use futures::StreamExt;
use outboard_sandbox::{Sandbox, missing_tools};
use outboard_types::Language;
use outboard_worker_protocol::{Start, ToWorker};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

const TYPESCRIPT: &str = include_str!("../programs/typescript.txt");
const PYTHON: &str = include_str!("../programs/python.txt");
const BASH: &str = include_str!("../programs/bash.txt");
const NUMERIC: &str = include_str!("../programs/numeric.txt");

/// Programs under way at once.
const WIDTH: usize = 3;

/// A family of programs and the command that runs one of them without a jail.
struct Family {
    language: Language,
    engine: &'static str,
    worker: Vec<OsString>,
    cases: Vec<Case>,
}

/// Runs every program twice. The quick part takes one in three, and of the numeric ones, which take a second each to
/// import their packages, one in ten.
pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let families = families(folder.path(), !situation.long)?;
    let mut outcome = Outcome::default();
    let (sandbox, tier) = jailed::start(guests::typescript()?, guests::numeric()?, guests::bash()?).await?;
    let mut shares = Vec::new();
    for family in &families {
        let before = outcome.failures.len();
        compare(&sandbox, family, &mut outcome).await;
        let differ = outcome.failures.len() - before;
        shares.push(format!("{} {} of {}", family.engine, family.cases.len() - differ, family.cases.len()));
    }
    sandbox.shutdown().await;
    let equal = outcome.checks - outcome.failures.len();
    outcome.tolerated = outcome.checks / 100;
    outcome.figure =
        format!("{equal} of {} programs give the same inside and outside: {}", outcome.checks, shares.join(", "));
    outcome.at_least(situation.count(120, 300));
    Ok(outcome.report(tier))
}

fn families(folder: &Path, quick: bool) -> Result<Vec<Family>> {
    let root = folder.join("root");
    ["tmp", "workspace", "servers", "skills"].iter().try_for_each(|name| std::fs::create_dir_all(root.join(name)))?;
    let missing = missing_tools();
    let packages: Vec<&str> = missing.iter().map(|(package, _)| *package).collect();
    ensure!(missing.is_empty(), "bash programs lack {missing:?}: apt-get install {}", packages.join(" "));
    let script = guests::python_file(folder)?;
    let python = |interpreter: OsString| vec![interpreter, "-I".into(), "-B".into(), script.clone().into()];
    let (step, slow) = if quick { (3, 10) } else { (1, 1) };
    let cases = |file, mark| cut(file, mark).into_iter().step_by(step).collect();
    Ok(vec![
        Family {
            language: Language::TypeScript,
            engine: "typescript",
            worker: vec![guests::typescript()?.into(), "--root".into(), root.into()],
            cases: cases(TYPESCRIPT, "// case: "),
        },
        Family {
            language: Language::Python,
            engine: "python",
            worker: python(interpreter()?.into()),
            cases: cases(PYTHON, "# case: "),
        },
        Family {
            language: Language::Bash,
            engine: "bash",
            // It writes the program into its root, so that each run gets one of its own.
            worker: vec![guests::bash()?.into(), "--root".into()],
            cases: cases(BASH, "# case: "),
        },
        Family {
            language: Language::Python,
            engine: jailed::NUMERIC,
            worker: python(guests::numeric()?.into()),
            cases: cut(NUMERIC, "# case: ").into_iter().step_by(slow).collect(),
        },
    ])
}

async fn compare(sandbox: &Sandbox, family: &Family, outcome: &mut Outcome) {
    let verdicts = family.cases.iter().map(|case| async move { (case.name, both(sandbox, family, case).await) });
    let mut verdicts = futures::stream::iter(verdicts).buffered(WIDTH);
    while let Some((name, verdict)) = verdicts.next().await {
        let verdict = verdict.map_err(|error| format!("{error:#}")).and_then(std::convert::identity);
        outcome.check(&format!("{} {name}", family.engine), verdict);
    }
}

/// Runs a program outside and inside; the inner result says where they differ.
async fn both(sandbox: &Sandbox, family: &Family, case: &Case) -> Result<Result<(), String>> {
    let start = Arc::new(start(case.code));
    let (outer, mut worker) = (start.clone(), family.worker.clone());
    let own = tempfile::tempdir()?;
    if worker.last().is_some_and(|last| last == "--root") {
        std::fs::create_dir(own.path().join("tmp"))?;
        worker.push(own.path().into());
    }
    let outside = tokio::task::spawn_blocking(move || plain::run(&worker, &outer)).await??;
    let inside = jailed::run(sandbox, family.language, family.engine, &start).await?;
    Ok(judge(&outside, &inside))
}

fn judge(outside: &Ran, inside: &Ran) -> Result<(), String> {
    if let Some((code, message)) = &outside.error {
        return Err(format!("it fails even outside: {code}: {message}"));
    }
    if outside.value.is_none() && outside.out.is_empty() {
        return Err("it gives nothing to compare".to_owned());
    }
    if outside != inside {
        return Err(format!("outside {outside:?}, inside {inside:?}"));
    }
    Ok(())
}

fn start(code: &str) -> ToWorker {
    ToWorker::Start(Start { code: code.to_owned(), memory_bytes: 512 << 20, stdout_bytes: 1 << 20, ..Start::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_programs_and_each_has_a_name_of_its_own() {
        for (file, mark, least) in [
            (TYPESCRIPT, "// case: ", 120),
            (PYTHON, "# case: ", 120),
            (BASH, "# case: ", 90),
            (NUMERIC, "# case: ", 40),
        ] {
            let cases = cut(file, mark);
            let mut names: Vec<_> = cases.iter().map(|case| case.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), cases.len(), "a name is given twice");
            assert!(cases.len() >= least, "{} programs", cases.len());
        }
    }

    #[test]
    fn a_difference_or_an_empty_program_is_found() {
        let said = |text: &str| Ran { out: text.to_owned(), ..Ran::default() };
        assert!(judge(&said("a"), &said("a")).is_ok());
        assert!(judge(&said("a"), &said("b")).is_err());
        assert!(judge(&said(""), &said("")).is_err());
    }
}
