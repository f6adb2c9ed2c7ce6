//! What was seen, as a table, and where it is not what has to be.

use super::cases::{Case, Machine, Tier};
use super::machine::Told;

/// What has come of every machine so far.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<String>,
    faults: Vec<String>,
}

/// What one situation showed.
struct Seen<'a>(&'a [Told], &'a str);

impl<'a> Seen<'a> {
    fn all(&self, check: &'a str) -> impl Iterator<Item = &'a str> {
        let (told, situation) = (self.0, self.1);
        told.iter().filter(move |one| one.situation == situation && one.check == check).map(|one| one.text.as_str())
    }

    fn first(&self, check: &'a str) -> &'a str {
        self.all(check).next().unwrap_or_default()
    }

    fn sandbox(&self, check: &'a str) -> &'a str {
        let line = |line: &&str| line.split_whitespace().nth(1) == Some("sandbox");
        self.all(check).find(line).unwrap_or_default()
    }

    /// Whether a program, if it was tried, said this.
    fn holds(&self, program: &'a str, what: &str) -> bool {
        self.all(program).all(|said| said.contains(what))
    }

    /// Which of the three languages gave the right answer.
    fn languages(&self) -> usize {
        ["program.ts", "program.py", "program.sh"].iter().filter(|name| self.first(name).contains("result: 42")).count()
    }
}

impl Report {
    /// Adds what a machine told.
    pub(super) fn add(&mut self, machine: &Machine, cases: &[&Case], told: &[Told]) {
        let kernel = Seen(told, "machine").first("kernel");
        for case in cases {
            self.case(machine, case, kernel, &Seen(told, case.situation));
        }
        for line in Seen(told, "root-attack").all("attack") {
            self.rows.push(format!("| {kernel} | attack | {line} | | | | |"));
            self.expect(machine, "root-attack", "an attack held", !line.contains("FAILED"));
        }
    }

    fn case(&mut self, machine: &Machine, case: &Case, kernel: &str, seen: &Seen<'_>) {
        let sandbox = seen.sandbox("doctor");
        let tier = if sandbox.contains("tier A") { "A" } else { "refused" };
        let weaker = if seen.sandbox("tier-b").contains("tier B") { "B" } else { "refused" };
        let groups = sandbox.split("watch (").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or("–");
        let off = sandbox.split_once("; off: ").map_or("–", |(_, off)| off.split(' ').next().unwrap_or("–"));
        let tests = seen.all("tests").find(|line| line.starts_with("test result")).unwrap_or("–");
        let jail = if tier == "A" { tier.to_owned() } else { format!("refused; {weaker} if allowed") };
        self.rows.push(format!(
            "| {kernel} | {} | {jail} | {groups} | {off} | {} of 3 | {} | {tests} |",
            case.situation,
            seen.languages(),
            seen.first("left"),
        ));
        self.check(machine, case, seen);
    }

    fn check(&mut self, machine: &Machine, case: &Case, seen: &Seen<'_>) {
        let (sandbox, weaker) = (seen.sandbox("doctor"), seen.sandbox("tier-b"));
        let at = case.situation;
        self.expect(machine, at, "it came to its end", !seen.first("done").is_empty());
        match case.tier {
            Tier::A => {
                self.expect(machine, at, "tier A", sandbox.contains("tier A"));
                self.expect(machine, at, "the limits are held by what is expected", sandbox.contains(case.groups));
                self.expect(machine, at, "memory is limited", seen.holds("memory.py", "sandbox.memory"));
                self.expect(machine, at, "processes are limited", seen.holds("processes.py", "result: 6"));
            }
            Tier::RefusedThenB => {
                self.expect(machine, at, "refused", sandbox.starts_with("failed"));
                self.expect(machine, at, "tier B if allowed", weaker.contains("tier B"));
            }
            Tier::Refused => {
                self.expect(machine, at, "refused", sandbox.starts_with("failed") && weaker.starts_with("failed"));
            }
        }
        // Bash needs a root of its own, and says so.
        let languages = match case.tier {
            Tier::A => 3,
            Tier::RefusedThenB => 2,
            Tier::Refused => 0,
        };
        self.expect(machine, at, "programs run", seen.languages() == languages);
        if let Some(fix) = case.fix {
            let said = seen.all("doctor").chain(seen.all("fix")).any(|line| line.contains(fix));
            self.expect(machine, at, &format!("the line that mends it, with `{fix}`"), said);
        }
        self.expect(machine, at, "no group is left", matches!(seen.first("left"), "0"));
        let ended = |line: &&str| line.starts_with("test result");
        let good = |line: &str| line.contains(" 0 failed") && !line.contains(" 0 passed");
        let passed = case.has_tests == seen.all("tests").any(|line| ended(&line) && good(line));
        self.expect(machine, at, "the sandbox's tests pass", passed);
    }

    fn expect(&mut self, machine: &Machine, situation: &str, what: &str, holds: bool) {
        if !holds {
            self.faults.push(format!("{} / {situation}: {what}", machine.name));
        }
    }

    /// Whether nothing was tried.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, as documentation has it.
    pub(super) fn table(&self) -> String {
        let head = "| kernel | situation | jail | limits | off | programs | groups left | tests |\n|---|---|---|---|---|---|---|---|\n";
        format!("{head}{}\n", self.rows.join("\n"))
    }

    /// Where it is not as it has to be.
    pub(super) fn faults(&self) -> &[String] {
        &self.faults
    }
}
