//! A sample file of every client.

use outboard_hosts::{Bases, Entry, Host, Surroundings, host, read};

pub(crate) struct Sample {
    pub(crate) host: &'static Host,
    pub(crate) text: &'static str,
    pub(crate) keys: Vec<String>,
}

macro_rules! samples {
    ($($id:literal, $place:literal, $file:literal;)*) => {
        /// Every sample, with the place in its client's table that it stands for.
        pub(crate) fn samples() -> Vec<Sample> {
            vec![$(sample($id, $place, include_str!(concat!("fixtures/", $file)))),*]
        }
    };
}

samples! {
    "claude-desktop", 0, "claude-desktop.json";
    "claude-code", 0, "claude-code.json";
    "claude-code", 1, "claude-code.json";
    "cursor", 0, "cursor.json";
    "vscode", 0, "vscode.json";
    "windsurf", 0, "windsurf.json";
    "gemini", 0, "gemini.json";
    "qwen", 0, "qwen.json";
    "codex", 0, "codex.toml";
    "opencode", 1, "opencode.jsonc";
    "goose", 0, "goose.yaml";
    "cline", 0, "cline.json";
    "cline", 1, "cline-cli.json";
    "roo", 0, "roo.json";
    "junie", 0, "junie.json";
}

fn sample(id: &str, place: usize, text: &'static str) -> Sample {
    let host = host(id).unwrap();
    let folder = |path: &str| path.into();
    let bases = Bases {
        home: folder("/h"),
        config: folder("/h/.config"),
        desktop: folder("/h/.config"),
        project: folder("/p"),
        variables: Vec::new(),
    };
    Sample { host, text, keys: host.places[place].keys(&bases) }
}

impl Sample {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.read(self.text)
    }

    pub(crate) fn read(&self, text: &str) -> Vec<Entry> {
        let around = Surroundings { project: "/p".into(), home: "/h".into() };
        read(self.host, text, &self.keys, &around).unwrap()
    }
}
