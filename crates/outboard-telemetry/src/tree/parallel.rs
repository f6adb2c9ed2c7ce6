//! Which calls ran at the same time.

use super::calls::{end_us, start_us};
use outboard_journal::CallRecord;
use std::collections::HashMap;

/// A call among those that ran beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Which group it is, from 1.
    pub(super) group: u64,
    /// How many there are in it.
    pub(super) size: u64,
    /// The number of the first of them; `None` for the first itself.
    pub(super) first: Option<u64>,
}

/// The groups of an execution's calls, by the calls' numbers. One that ran alone is in none.
pub(super) struct Groups(HashMap<u64, Place>);

impl Groups {
    /// Calls belong together as long as each begins before all before it are over.
    pub(super) fn of(calls: &[CallRecord]) -> Self {
        let mut by_start: Vec<_> = calls.iter().collect();
        by_start.sort_by_key(|call| (start_us(call), call.number));
        let mut places = HashMap::new();
        let (mut group, mut until, mut count) = (Vec::new(), 0, 0);
        for call in by_start {
            if start_us(call) >= until {
                keep(&mut places, &mut group, &mut count);
            }
            until = until.max(end_us(call));
            group.push(call.number);
        }
        keep(&mut places, &mut group, &mut count);
        Self(places)
    }

    pub(super) fn place(&self, call: &CallRecord) -> Option<Place> {
        self.0.get(&call.number).copied()
    }
}

fn keep(places: &mut HashMap<u64, Place>, group: &mut Vec<u64>, count: &mut u64) {
    let numbers = std::mem::take(group);
    let [first, _, ..] = numbers[..] else { return };
    *count += 1;
    let (group, size) = (*count, numbers.len() as u64);
    let place = |number| Place { group, size, first: (number != first).then_some(first) };
    places.extend(numbers.iter().map(|number| (*number, place(*number))));
}
