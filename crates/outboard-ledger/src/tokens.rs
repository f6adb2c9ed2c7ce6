//! Tokens by what they are.

use serde::{Deserialize, Serialize};

/// What a text in a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Tool definitions and instructions, which the model is given before it does anything. Read.
    Definitions,
    /// Calls of tools other than programs. Written.
    Arguments,
    /// What such calls gave. Read.
    Results,
    /// Programs with their input. Written.
    Code,
    /// What is told of programs. Read.
    Reports,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 5] = [Part::Definitions, Part::Arguments, Part::Results, Part::Code, Part::Reports];

    /// Whether the model writes it; it reads the rest.
    pub fn is_written(self) -> bool {
        matches!(self, Part::Arguments | Part::Code)
    }

    /// The part as it appears in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Definitions => "definitions",
            Part::Arguments => "arguments",
            Part::Results => "results",
            Part::Code => "code",
            Part::Reports => "reports",
        }
    }
}

/// Tokens of each part, each text counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Of definitions.
    pub definitions: u64,
    /// Of arguments.
    pub arguments: u64,
    /// Of results.
    pub results: u64,
    /// Of programs.
    pub code: u64,
    /// Of reports.
    pub reports: u64,
}

impl Tokens {
    /// Of one part.
    pub fn of(&self, part: Part) -> u64 {
        match part {
            Part::Definitions => self.definitions,
            Part::Arguments => self.arguments,
            Part::Results => self.results,
            Part::Code => self.code,
            Part::Reports => self.reports,
        }
    }

    pub(crate) fn add(&mut self, part: Part, tokens: u64) {
        *match part {
            Part::Definitions => &mut self.definitions,
            Part::Arguments => &mut self.arguments,
            Part::Results => &mut self.results,
            Part::Code => &mut self.code,
            Part::Reports => &mut self.reports,
        } += tokens;
    }

    /// Of all parts.
    pub fn total(&self) -> u64 {
        Part::ALL.iter().map(|part| self.of(*part)).sum()
    }

    /// What the model wrote.
    pub fn written(&self) -> u64 {
        self.arguments + self.code
    }
}
