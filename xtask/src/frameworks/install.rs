//! The frameworks, and how each is installed and started.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every example.
pub(super) const ALL: [Framework; 5] = [
    Framework { name: "openai-agents", kind: Kind::Python },
    Framework { name: "langchain", kind: Kind::Python },
    Framework { name: "pydantic-ai", kind: Kind::Python },
    Framework { name: "anthropic", kind: Kind::Python },
    Framework { name: "vercel-ai", kind: Kind::Node },
];

/// One framework: a folder of `examples/frameworks`.
pub(super) struct Framework {
    pub(super) name: &'static str,
    kind: Kind,
}

enum Kind {
    /// `main.py` and `requirements.txt`.
    Python,
    /// `main.mjs` and `package.json`.
    Node,
}

impl Framework {
    fn pins(&self) -> &'static str {
        match self.kind {
            Kind::Python => "requirements.txt",
            Kind::Node => "package.json",
        }
    }

    /// Installs what its file pins, anew when that changed; gives the folder.
    pub(super) fn install(&self, below: &Path) -> Result<PathBuf> {
        let folder = below.join(self.name);
        let pins = crate::root().join("examples/frameworks").join(self.name).join(self.pins());
        let wanted = std::fs::read(&pins).with_context(|| pins.display().to_string())?;
        if std::fs::read(folder.join("complete")).is_ok_and(|installed| installed == wanted) {
            return Ok(folder);
        }
        println!("installing {} into {} …", self.name, folder.display());
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        match self.kind {
            Kind::Python => {
                let advice = "apt-get install --yes python3-venv";
                done(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")), advice)?;
                let pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
                let advice = format!("pip install --requirement {}", pins.display());
                done(Command::new(folder.join("venv/bin/pip")).args(pip).arg(&pins), &advice)?;
            }
            Kind::Node => {
                std::fs::copy(&pins, folder.join("package.json"))?;
                let npm = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
                let advice = "Node.js 20 or newer with npm: apt-get install --yes nodejs npm";
                done(Command::new("npm").args(npm).arg(&folder), advice)?;
            }
        }
        std::fs::write(folder.join("complete"), wanted)?;
        Ok(folder)
    }

    /// Its example, ready to be started.
    pub(super) fn command(&self, ready: &Path, examples: &Path) -> Command {
        match self.kind {
            Kind::Python => {
                let mut command = Command::new(ready.join("venv/bin/python"));
                command.arg(examples.join(self.name).join("main.py"));
                command
            }
            Kind::Node => {
                // Node looks for packages beside the file, and they are not installed into the sources.
                let file = ready.join("main.mjs");
                let _ = std::fs::copy(examples.join(self.name).join("main.mjs"), &file);
                let mut command = Command::new("node");
                command.arg(file);
                command
            }
        }
    }
}

fn done(command: &mut Command, advice: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}; needed: {advice}"))?;
    ensure!(status.success(), "{command:?} ended with {status}; needed: {advice}");
    Ok(())
}
