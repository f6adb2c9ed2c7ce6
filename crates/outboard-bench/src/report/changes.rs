//! What is not as it was.

use crate::run::Run;
use crate::suite::Results;

/// Times differ from run to run.
const SLOWER: f64 = 1.25;

/// Reports name their execution, and ids are not all of the same length in tokens.
const ID_TOKENS: u64 = 12;

/// Times below this are not worth a word.
const NOTABLE_MS: f64 = 20.0;

/// Every difference that matters, in words.
pub(super) fn between(last: &Results, now: &Results) -> Vec<String> {
    let mut changes = Vec::new();
    for run in &now.runs {
        match last.runs.iter().find(|old| name(old) == name(run)) {
            None => changes.push(format!("{}: new", name(run))),
            Some(old) => changes.extend(of_run(old, run)),
        }
    }
    let gone = last.runs.iter().filter(|old| !now.runs.iter().any(|run| name(run) == name(old)));
    changes.extend(gone.map(|old| format!("{}: not run this time", name(old))));
    changes
}

fn name(run: &Run) -> String {
    let language = run.language.as_deref().map(|language| format!(", {language}")).unwrap_or_default();
    format!("{} ({}{language})", run.scenario, run.mode.as_str())
}

fn of_run(old: &Run, run: &Run) -> Vec<String> {
    let mut changes = Vec::new();
    let mut tell = |what: String| changes.push(format!("{}: {what}", name(run)));
    if old.correct != run.correct {
        tell(if run.correct { "is right again".into() } else { "is wrong now".into() });
    }
    if old.tokens.total.abs_diff(run.tokens.total) > ID_TOKENS {
        tell(format!("{} tokens, were {}", run.tokens.total, old.tokens.total));
    }
    if old.turns != run.turns {
        tell(format!("{} turns, were {}", run.turns, old.turns));
    }
    let (fast, slow) = (old.wall_ms.min(run.wall_ms), old.wall_ms.max(run.wall_ms));
    if slow > fast * SLOWER && slow - fast > NOTABLE_MS {
        tell(format!("{:.0} ms, were {:.0}", run.wall_ms, old.wall_ms));
    }
    changes
}
