//! One program of 40 calls whose host dies at every single write.

use crate::sim::dice::Dice;
use crate::sim::host::{Life, Plan, Stage, Story, answers};
use crate::sim::laws;
use crate::sim::shape::Shape;
use crate::sim::world::Tool;
use outboard_journal::{StateScope, Status};
use outboard_types::{Principal, SessionName};

/// Reads, writes that may be repeated and writes that count; alone, side by side, between timers.
pub(crate) fn forty_calls() -> Shape {
    let call = |number: u64| {
        let tool = [Tool::Read, Tool::Add, Tool::Put, Tool::Add][(number % 4) as usize];
        Shape::Call(tool, number)
    };
    let alone = |numbers: std::ops::Range<u64>| Shape::Then(numbers.map(call).collect());
    let beside = |numbers: std::ops::Range<u64>| Shape::All(numbers.map(call).collect());
    Shape::Then(vec![
        alone(0..8),
        Shape::Timer(40),
        beside(8..24),
        Shape::All(vec![alone(24..28), Shape::Timer(15), Shape::Then(vec![Shape::Timer(5), alone(28..32)])]),
        Shape::Search(1),
        beside(32..36),
        Shape::Timer(200),
        alone(36..40),
    ])
}

/// Finds the end for each number of writes until one is enough; gives how many crashes there were.
fn every_write(lag: u64, second: Option<u64>) -> u64 {
    let mut stage = Stage::new();
    for writes in 1.. {
        let mut story = Story::new(forty_calls(), 5, 12);
        let mut dice = Dice::new(writes);
        let plan = Plan { writes: Some(writes), lag, patience: 100, ..Plan::default() };
        let first = story.live(&mut stage, &plan, &mut dice);
        if let Some(second) = second {
            let plan = Plan { writes: Some(second), ..plan };
            story.live(&mut stage, &plan, &mut dice);
        }
        let calm = Plan { lag, patience: 100, ..Plan::default() };
        let Life::Over(report) = story.live(&mut stage, &calm, &mut dice) else { unreachable!("it is left alone") };
        let told = story.told.lock().unwrap();
        let shown = || format!("after {writes} writes: {report:?}\n{told:#?}");
        assert_eq!(report.status, Status::Succeeded, "{}", shown());
        if let Some(last) = told.last() {
            let history = answers(&stage.platter, story.id.as_ref().unwrap());
            laws::same_order(&told, &story.kept, &history, &shown);
            laws::once(&story, last, &shown);
            let doubts = laws::doubts(last, &shown);
            let crashes = 1 + usize::from(second.is_some());
            assert!(doubts <= 8 * crashes, "only calls on their way at a crash: {}", shown());
            if doubts == 0 {
                let expected = story.shape.value(5, 1).to_string();
                assert_eq!(report.result.as_ref().unwrap().get().trim_matches('"'), expected, "{}", shown());
                assert_eq!(story.world.keys(), 40, "a call keeps its key: {}", shown());
            }
        }
        if let Life::Over(_) = first {
            return writes - 1;
        }
    }
    unreachable!("the numbers never end")
}

#[test]
fn a_host_may_die_at_every_write() {
    assert!(every_write(0, None) > 40);
}

#[test]
fn a_slow_disk_and_a_second_crash_change_nothing() {
    assert!(every_write(6, Some(9)) > 15);
}

/// Counts eight times, alone, side by side, around calls and timers.
fn counting(key: u64) -> Shape {
    let count = || Shape::Count(key);
    let call = |number| Shape::Call(Tool::Add, number);
    Shape::Then(vec![
        count(),
        call(1),
        Shape::All(vec![count(), count(), call(2), count()]),
        Shape::Timer(200),
        Shape::All(vec![count(), Shape::Then(vec![Shape::Timer(5), count()])]),
        call(3),
        count(),
        count(),
    ])
}

#[test]
fn what_is_counted_up_is_counted_once_wherever_the_host_dies() {
    let mut stage = Stage::new();
    for writes in 1.. {
        let mut story = Story::new(counting(writes), 5, 12);
        let mut dice = Dice::new(writes);
        let calm = Plan { lag: 2, patience: 100, ..Plan::default() };
        let first = story.live(&mut stage, &Plan { writes: Some(writes), ..calm.clone() }, &mut dice);
        if writes % 2 == 0 {
            story.live(&mut stage, &Plan { writes: Some(3), ..calm.clone() }, &mut dice);
        }
        let Life::Over(report) = story.live(&mut stage, &calm, &mut dice) else { unreachable!("it is left alone") };
        let told = story.told.lock().unwrap();
        let shown = || format!("after {writes} writes: {report:?}\n{told:#?}");
        assert_eq!(report.status, Status::Succeeded, "{}", shown());
        if !told.is_empty() {
            let history = answers(&stage.platter, story.id.as_ref().unwrap());
            laws::same_order(&told, &story.kept, &history, &shown);
        }
        let (journal, _disk) = stage.platter.open(0).unwrap();
        let scope = StateScope { principal: Principal::default(), session: SessionName::default() };
        let kept = journal.state(&scope, &writes.to_string()).unwrap().map(|entry| entry.value);
        assert_eq!(kept.as_deref(), Some("8"), "{}", shown());
        if let Life::Over(_) = first {
            assert!(writes > 10, "{writes}");
            return;
        }
    }
}
