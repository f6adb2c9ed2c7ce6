//! The one table of tests. A new test is a module and a line here.

use crate::report::Report;
use crate::{a1, a2, a3, a4, a5, a6, a7, a9, a10, a11, a12, honest, messages, threats};
use anyhow::Result;
use std::pin::Pin;

/// Under what circumstances a test runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation {
    /// Full counts and strict times.
    pub(crate) long: bool,
    /// Whether the host is root.
    pub(crate) root: bool,
}

impl Situation {
    /// One count for a quick run, another one for a long one.
    pub(crate) fn count(self, quick: usize, long: usize) -> usize {
        if self.long { long } else { quick }
    }
}

pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Report>>>>;

/// What a quick run repeats as an ordinary user: tests whose outcome depends on who the host is. A long run repeats all.
pub(crate) const AGAIN: [&str; 5] = ["A1", "A2", "A4", "A7", "A12"];

/// One test.
pub(crate) struct Test {
    /// Its stable name.
    pub(crate) id: &'static str,
    /// What it shows when it passes.
    pub(crate) name: &'static str,
    pub(crate) run: fn(Situation) -> Running,
}

macro_rules! test {
    ($id:literal, $name:literal, $module:ident) => {
        Test { id: $id, name: $name, run: |situation| Box::pin($module::run(situation)) }
    };
}

pub(crate) const TESTS: &[Test] = &[
    test!("A1", "nothing of the host can be reached", a1),
    test!("A2", "each part of the jail is missed when it is left out", a2),
    test!("A3", "risky programs change, read and contact nothing", a3),
    test!("A4", "exactly the listed system calls pass", a4),
    test!("A5", "no descriptor and no secret of the host is seen", a5),
    test!("A6", "greedy programs end at their limits and the host answers", a6),
    test!("A7", "killed processes leave nothing", a7),
    test!("A8", "no message of a worker harms the host", messages),
    test!("A9", "thousands of workers leave nothing", a9),
    test!("A10", "how fast workers are there", a10),
    test!("A11", "no worker sees another one's data", a11),
    test!("A12", "a step of the set-up that fails stops the start", a12),
    test!("A13", "nothing hostile in names, frames and definitions gets through", threats),
    test!("A14", "honest programs give the same inside and outside", honest),
];
