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

/// What the first rule says where functions have to be found.
const FIND: &str = "Find functions with search_tools before you use them. Never guess a name or an argument.";

/// What it says where all are named.
const NAMED: &str = "The functions below are all that there are. Never guess another name or argument.";

/// What is connected, as the prompt for programs tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected<'a> {
    /// The server's own instructions, which name the servers.
    Servers(&'a str),
    /// Every function, one signature a line: where these are few, searching for them costs more than telling them.
    Functions(&'a str),
}

/// The system prompt of a mode. What is connected is told only where the definitions do not tell it anyway.
pub fn system_prompt(mode: Mode, connected: Connected<'_>) -> String {
    let code = |rule: &str| include_str!("../prompts/code.md").trim_end().replace("{find}", rule);
    match (mode, connected) {
        (Mode::Direct, _) => include_str!("../prompts/direct.md").trim_end().to_owned(),
        (Mode::Code, Connected::Servers(instructions)) => format!("{}\n\n{instructions}", code(FIND)),
        (Mode::Code, Connected::Functions(lines)) => {
            format!("{}\n\nFunctions, as TypeScript calls them, without import:\n{lines}", code(NAMED))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_are_short() {
        let counter = tiktoken_rs::o200k_base().unwrap();
        for (mode, most) in [(Mode::Direct, 130), (Mode::Code, 260)] {
            let tokens = counter.encode_ordinary(&system_prompt(mode, Connected::Servers(""))).len();
            assert!(tokens <= most, "{mode}: {tokens} tokens");
        }
        let told = system_prompt(Mode::Code, Connected::Functions("logs.listPages(): Promise<any>"));
        assert!(told.ends_with("logs.listPages(): Promise<any>") && !told.contains("search_tools"), "{told}");
    }
}
