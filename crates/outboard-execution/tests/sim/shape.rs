//! Programs as trees: what a guest runs, and what it has to come to.

use super::dice::{Dice, both};
use super::world::{Tool, reply};

/// One program, or a part of one.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A call; calls with the same number have the same arguments.
    Call(Tool, u64),
    /// So many milliseconds.
    Timer(u64),
    /// A search, which is part of the history like a call.
    Search(u64),
    /// Counts a key of the session's state up, as `state.update` does.
    Count(u64),
    /// One after the other.
    Then(Vec<Shape>),
    /// Side by side.
    All(Vec<Shape>),
    /// Side by side, until one of them is over.
    Race(Vec<Shape>),
    /// One of them, chosen by what came before.
    Either(Vec<Shape>),
}

impl Shape {
    /// A program of about so many calls.
    pub(crate) fn random(dice: &mut Dice, calls: u64) -> Self {
        let mut number = 0;
        let parts = (0..1 + dice.below(4)).map(|_| part(dice, &mut number, calls, 3)).collect();
        Self::Then(parts)
    }

    /// Whether what it comes to depends on who is quicker.
    pub(crate) fn races(&self) -> bool {
        match self {
            Self::Race(_) => true,
            Self::Call(..) | Self::Timer(_) | Self::Search(_) | Self::Count(_) => false,
            Self::Then(parts) | Self::All(parts) | Self::Either(parts) => parts.iter().any(Self::races),
        }
    }

    /// What it comes to, without a race.
    pub(crate) fn value(&self, seed: u64, before: u64) -> u64 {
        match self {
            Self::Call(tool, number) => both(before, reply(seed, *tool, *number).value()),
            Self::Timer(ms) => both(before, *ms),
            Self::Search(number) | Self::Count(number) => both(before, *number),
            Self::Then(parts) => parts.iter().fold(before, |before, part| part.value(seed, before)),
            Self::All(parts) => parts.iter().map(|part| part.value(seed, before)).fold(0, both),
            Self::Race(_) => unreachable!("asked only of programs without a race"),
            Self::Either(parts) => parts[(before % parts.len() as u64) as usize].value(seed, before),
        }
    }
}

fn part(dice: &mut Dice, number: &mut u64, most: u64, depth: u64) -> Shape {
    let kind = if depth == 0 || *number >= most { dice.below(6) } else { dice.below(12) };
    let mut parts = |dice: &mut Dice, least: u64| {
        (0..least + dice.below(3)).map(|_| part(dice, number, most, depth - 1)).collect::<Vec<_>>()
    };
    match kind {
        0..4 => {
            // Now and then the same call again.
            *number += u64::from(*number == 0 || dice.percent(85));
            Shape::Call(Tool::random(dice), *number)
        }
        4 => Shape::Timer(dice.below(120)),
        5 => Shape::Search(dice.below(3)),
        6..8 => Shape::Then(parts(dice, 1)),
        8..10 => Shape::All(parts(dice, 2)),
        10 => Shape::Race(parts(dice, 2)),
        _ => Shape::Either(parts(dice, 2)),
    }
}
