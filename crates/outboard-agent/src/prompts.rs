//! What the model is told first. The texts are files, so that they can be read and judged as texts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How tools are offered to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every definition of every server is loaded; the model calls them one by one.
    Direct,
    /// Four tools; the model writes programs.
    Code,
}

impl Mode {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Direct => "direct",
            Mode::Code => "code",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The system prompt of a mode. `instructions` are the server's own, which name what is connected; they are
/// of use only where the definitions do not name it anyway.
pub fn system_prompt(mode: Mode, instructions: &str) -> String {
    match mode {
        Mode::Direct => include_str!("../prompts/direct.md").trim_end().to_owned(),
        Mode::Code => format!("{}\n\n{instructions}", include_str!("../prompts/code.md").trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_are_short() {
        let counter = tiktoken_rs::o200k_base().unwrap();
        for (mode, most) in [(Mode::Direct, 130), (Mode::Code, 260)] {
            let tokens = counter.encode_ordinary(&system_prompt(mode, "")).len();
            assert!(tokens <= most, "{mode}: {tokens} tokens");
        }
    }
}
