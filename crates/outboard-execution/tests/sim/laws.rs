//! What has to hold for every program, whatever came in between.

use super::host::Story;
use super::shape::Shape;
use super::world::Tool;

/// How many calls are in doubt; only those that count may be.
pub(crate) fn doubts(last: &[String], shown: &dyn Fn() -> String) -> usize {
    let doubted: Vec<_> = last.iter().filter(|line| line.ends_with("failed: in_doubt")).collect();
    assert!(doubted.iter().all(|line| line.starts_with("add ")), "only what counts is doubted: {}", shown());
    doubted.len()
}

/// Each call that counts was done once for each time that the program was told so, and at most once more for each
/// that it was told to be in doubt, or that it gave up waiting for.
pub(crate) fn once(story: &Story, last: &[String], shown: &dyn Fn() -> String) {
    let count = |line: &str| last.iter().filter(|told| told.starts_with(line)).count() as u32;
    for (number, times) in story.world.all_done(Tool::Add) {
        let sure = count(&format!("add {number} = "));
        let doubted = count(&format!("add {number} failed: in_doubt"));
        let lost = if story.shape.races() { calls_of(&story.shape, number).saturating_sub(sure + doubted) } else { 0 };
        assert!(times >= sure, "add {number} was told to be done: {}", shown());
        assert!(times <= sure + doubted + lost, "add {number} was done {times} times: {}", shown());
    }
    for line in last.iter().filter(|line| line.starts_with("add ") && line.contains(" = ")) {
        let number: u64 = line.split(' ').nth(1).and_then(|number| number.parse().ok()).unwrap();
        let done = story.world.all_done(Tool::Add);
        assert!(done.iter().any(|(found, _)| *found == number), "{line} was never done: {}", shown());
    }
}

/// How many places of a program make this call.
fn calls_of(shape: &Shape, number: u64) -> u32 {
    match shape {
        Shape::Call(Tool::Add, found) => u32::from(*found == number),
        Shape::Call(..) | Shape::Timer(_) | Shape::Search(_) | Shape::Count(_) => 0,
        Shape::Then(parts) | Shape::All(parts) | Shape::Race(parts) | Shape::Either(parts) => {
            parts.iter().map(|part| calls_of(part, number)).sum()
        }
    }
}

/// Whatever was on the disk when a process ended is given to every later attempt, in that order, with those values;
/// and the last attempt was given what is recorded, in the recorded order.
pub(crate) fn same_order(
    told: &[Vec<String>],
    kept: &[(usize, usize)],
    history: &[String],
    shown: &dyn Fn() -> String,
) {
    let mut from = 0;
    for &(attempts, answers) in kept {
        let same = |one: &Vec<String>, other: &Vec<String>| one.iter().zip(other).take(answers).all(|(a, b)| a == b);
        let last = told.get(attempts.wrapping_sub(1));
        for later in told.iter().skip(from) {
            assert!(last.is_none_or(|last| same(last, later)), "an attempt took another way: {}", shown());
        }
        from = attempts;
    }
    let words = |line: &String| {
        let end = line.find(" = ").or_else(|| line.find(" failed")).unwrap_or(line.len());
        if line.starts_with("timer") { "timer".to_owned() } else { line[..end].to_owned() }
    };
    let last: Vec<_> = told.last().into_iter().flatten().map(words).collect();
    let recorded = history.get(..last.len());
    assert_eq!(recorded, Some(&last[..]), "the order is not the recorded one: {}", shown());
}
