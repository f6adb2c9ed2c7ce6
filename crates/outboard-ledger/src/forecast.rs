//! What a task is going to take either way, from what is known before it is done.

use crate::account::{Account, Bill};
use crate::tokens::Part;
use serde::{Deserialize, Serialize};

/// How a task is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Each call is written by the model, each result read by it.
    Direct,
    /// As one program.
    Code,
}

/// Calls of one kind that a task is expected to make, with sizes as earlier calls had them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// How many.
    pub calls: u64,
    /// Whether they can be made in one turn.
    pub together: bool,
    /// Tokens of each call's arguments.
    pub arguments: f64,
    /// Tokens of each result.
    pub result: f64,
}

/// What a task is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Each text once.
    pub unique: u64,
    /// What is billed.
    pub bill: Bill,
    /// Turns of the model.
    pub turns: u64,
}

impl Forecast {
    /// Of direct calls, with all definitions in the context.
    pub fn direct(definitions: u64, expected: &[Expected]) -> Self {
        let mut account = Account::default();
        account.given(definitions);
        for each in expected {
            let turns = if each.together { each.calls.min(1) } else { each.calls };
            // The largest of numbers that somebody makes up must not be walked through one by one.
            for _ in 0..turns.min(10_000) {
                let calls = each.calls as f64 / turns as f64;
                account.turn();
                account.add(Part::Arguments, (calls * each.arguments) as u64);
                account.add(Part::Results, (calls * each.result) as u64);
            }
        }
        Self::of(&account)
    }

    /// Of one program, whose definitions are ours: a search, a program, a report.
    pub fn code(definitions: u64, expected: &[Expected]) -> Self {
        let tools = expected.len() as u64;
        let mut account = Account::default();
        account.given(definitions);
        account.turn();
        account.add(Part::Arguments, SEARCH);
        account.add(Part::Results, HIT * tools.max(1));
        account.turn();
        account.add(Part::Code, PROGRAM + PER_TOOL * tools);
        account.add(Part::Reports, REPORT);
        Self::of(&account)
    }

    fn of(account: &Account) -> Self {
        Self { unique: account.tokens().total(), bill: account.bill(), turns: account.turns() }
    }
}

/// Tokens that searches, hits, programs and reports take, as the benchmark's scenarios have them on average.
const SEARCH: u64 = 25;
const HIT: u64 = 60;
const PROGRAM: u64 = 60;
const PER_TOOL: u64 = 30;
const REPORT: u64 = 70;

/// The cheaper way, by what is billed; direct calls where it is the same.
pub fn choose(direct: &Forecast, code: &Forecast) -> Way {
    if code.bill.total() < direct.bill.total() { Way::Code } else { Way::Direct }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(definitions: u64, expected: Expected) -> Way {
        let all = [expected];
        choose(&Forecast::direct(definitions, &all), &Forecast::code(600, &all))
    }

    #[test]
    fn two_small_calls_are_made_directly_and_many_are_not() {
        let small = Expected { calls: 2, together: false, arguments: 20.0, result: 40.0 };
        assert_eq!(chosen(250, small), Way::Direct);
        assert_eq!(chosen(250, Expected { calls: 30, ..small }), Way::Code);
        assert_eq!(chosen(250, Expected { result: 50_000.0, ..small }), Way::Code);
        assert_eq!(chosen(150_000, small), Way::Code);
    }

    #[test]
    fn calls_that_are_made_together_take_one_turn() {
        let each = Expected { calls: 30, together: true, arguments: 10.0, result: 100.0 };
        let together = Forecast::direct(100, &[each]);
        let apart = Forecast::direct(100, &[Expected { together: false, ..each }]);
        assert_eq!((together.turns, apart.turns), (2, 31));
        assert_eq!((together.unique, apart.unique), (3_400, 3_400));
        assert!(together.bill.total() < apart.bill.total());
    }
}
