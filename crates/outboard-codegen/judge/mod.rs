//! Judges generated modules with the real checkers of both languages: do they read every module without an
//! error, and do they take and refuse the values that the schemas take and refuse?
//!
//! Shared by the tests and by the example `judge`. Development only.

pub(crate) mod cases;
pub(crate) mod checkers;
pub(crate) mod pattern;
pub(crate) mod relaxed;
pub(crate) mod report;
pub(crate) mod rng;
pub(crate) mod sheets;
pub(crate) mod values;

/// The language of a checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    TypeScript,
    Python,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::TypeScript, Side::Python];
}
