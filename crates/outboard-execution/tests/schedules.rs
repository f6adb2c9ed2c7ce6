//! Thousands of programs, each with its own delays, failures, full disks and crashes.
//!
//! `OUTBOARD_SEED=N` runs one of them alone, `OUTBOARD_SCHEDULES=N` so many.

use crate::sim::dice::{Dice, both};
use crate::sim::host::{Life, Plan, Stage, Story, answers};
use crate::sim::laws;
use crate::sim::shape::Shape;
use outboard_execution::Report;
use outboard_journal::{FaultKind, Status};

const SCHEDULES: u64 = 1_500;

/// Programs that share a platter, so that none grows without end.
const TOGETHER: u64 = 250;

#[test]
fn every_schedule_keeps_what_is_promised() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    if let Some(seed) = number("OUTBOARD_SEED") {
        return schedule(&mut Stage::new(), seed);
    }
    let count = number("OUTBOARD_SCHEDULES").unwrap_or(SCHEDULES);
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                let mut stage = Stage::new();
                for (at, seed) in (half..count).step_by(2).enumerate() {
                    if at as u64 % TOGETHER == TOGETHER - 1 {
                        stage = Stage::new();
                    }
                    schedule(&mut stage, seed);
                }
            });
        }
    });
}

/// Says which seed it was when a check fails.
struct Seed(u64);

impl Drop for Seed {
    #[allow(clippy::print_stderr, reason = "a failed test tells how to repeat it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to see it again: OUTBOARD_SEED={} cargo test -p outboard-execution schedule", self.0);
        }
    }
}

fn schedule(stage: &mut Stage, seed: u64) {
    let _seed = Seed(seed);
    let mut dice = Dice::new(both(seed, 1));
    let calls = 1 + dice.below(24);
    let shape = Shape::random(&mut dice, calls);
    let mut story = Story::new(shape, seed, [0, 4, 60, 300][dice.below(4) as usize]);
    let full = dice.percent(15);
    let crashes = dice.below(4);
    let mut acknowledged = None;
    for _ in 0..crashes {
        let plan = plan(&mut dice, full);
        if let Life::Over(report) = story.live(stage, &plan, &mut dice) {
            acknowledged.get_or_insert(report);
        }
    }
    let last = Plan { lag: 3, patience: 20 + dice.below(400), ..Plan::default() };
    let Life::Over(report) = story.live(stage, &last, &mut dice) else { unreachable!("nothing ends the last one") };
    check(stage, &story, &report, acknowledged.as_deref(), full, crashes);
}

fn plan(dice: &mut Dice, full: bool) -> Plan {
    let by_writes = dice.percent(70);
    Plan {
        writes: by_writes.then(|| 1 + dice.below(40)),
        ms: (!by_writes).then(|| 1 + dice.below(600)),
        full: if full { (0..3).map(|_| 2 + dice.below(20)).collect() } else { Vec::new() },
        failing: dice.percent(50).then_some(FaultKind::Io),
        lag: dice.below(8),
        patience: 20 + dice.below(400),
        panics: false,
    }
}

fn check(stage: &Stage, story: &Story, report: &Report, acknowledged: Option<&Report>, full: bool, crashes: u64) {
    let told = story.told.lock().unwrap();
    let shown = || format!("{:?}\n{report:?}\n{told:#?}\n{:?}", story.shape, story.kept);
    assert_eq!(report.status, Status::Succeeded, "no program ends for a crash's sake: {}", shown());
    let history = answers(&stage.platter, story.id.as_ref().unwrap());
    laws::same_order(&told, &story.kept, &history, &shown);
    let Some(last) = told.last() else { return };
    let doubts = laws::doubts(last, &shown);
    assert!(crashes > 0 || doubts == 0, "nothing is doubted without a crash: {}", shown());
    laws::once(story, last, &shown);
    let result = report.result.as_ref().unwrap().get();
    if let Some(before) = acknowledged {
        let before = before.result.as_ref().unwrap().get();
        let counts = last.iter().any(|line| line.starts_with("add ") || line.starts_with("put "));
        let free = story.shape.races() && !counts;
        assert!(free || before == result, "{before} was told: {}", shown());
    }
    if !full && doubts == 0 && !story.shape.races() {
        let expected = story.shape.value(story.world.seed, 1).to_string();
        assert_eq!(result.trim_matches('"'), expected, "the same as without any crash: {}", shown());
    }
}
