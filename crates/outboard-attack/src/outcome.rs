//! Many small checks of one kind, counted into a [`Report`].

use crate::report::Report;

/// Failures shown; of more only the number is.
const SHOWN: usize = 12;

/// Checks made and what they found wrong.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Checks made.
    pub(crate) checks: usize,
    /// What failed, a line each.
    pub(crate) failures: Vec<String>,
    /// So many failures are still a pass.
    pub(crate) tolerated: usize,
    /// The figure, such as `0 of 160 reached an upstream`.
    pub(crate) figure: String,
}

impl Outcome {
    /// Counts one check, and what it found wrong.
    pub(crate) fn check(&mut self, name: &str, verdict: Result<(), String>) {
        self.checks += 1;
        self.failures.extend(verdict.err().map(|problem| format!("{name}: {problem}")));
    }

    /// Demands at least so many checks, so that a test cannot shrink unseen.
    pub(crate) fn at_least(&mut self, count: usize) {
        if self.checks < count {
            self.failures.push(format!("{} checks were made; there must be {count}", self.checks));
            self.tolerated = 0;
        }
    }

    /// The report; failures that are tolerated become figures, so that they are seen.
    pub(crate) fn report(mut self, tier: String) -> Report {
        let mut report = Report::of(tier);
        let failed = self.failures.len();
        report.count("checks", self.checks as u64);
        report.count("failed", failed as u64);
        report.figure(self.figure);
        self.failures.truncate(SHOWN);
        if failed > SHOWN {
            self.failures.push(format!("and {} more", failed - SHOWN));
        }
        let shown = if failed <= self.tolerated { &mut report.figures } else { &mut report.failures };
        shown.append(&mut self.failures);
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_fails_unless_it_is_tolerated() {
        let failing = |tolerated| {
            let mut outcome = Outcome { tolerated, ..Outcome::default() };
            outcome.check("one", Err("no".to_owned()));
            outcome.report("A".to_owned())
        };
        assert!(!failing(0).passed());
        assert!(failing(1).passed() && failing(1).figures.contains(&"one: no".to_owned()));
    }
}
