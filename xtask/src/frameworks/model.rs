//! The scripted model as a process; ended when it is dropped.

use anyhow::{Context, Result};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(super) struct Model {
    child: Child,
    /// Where it is, without `/v1`.
    pub(super) url: String,
}

impl Model {
    pub(super) fn start(programs: &Path, script: &Path) -> Result<Self> {
        let mut command = Command::new(programs.join("scripted-model"));
        let mut child = command.arg(script).stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("the scripted model did not say where it is")?;
        let url = told["base_url"].as_str().unwrap_or_default().trim_end_matches("/v1").to_owned();
        Ok(Self { child, url })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
