//! The frameworks, and how each is installed and started.

use crate::packages;
use anyhow::{Context, Result};
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
        let wanted = std::fs::read_to_string(&pins).with_context(|| pins.display().to_string())?;
        packages::once(&folder, &wanted, || match self.kind {
            Kind::Python => packages::python(&folder, &["--requirement", &pins.display().to_string()]),
            Kind::Node => {
                std::fs::copy(&pins, folder.join("package.json"))?;
                packages::npm(Command::new("npm"), &folder, &[])
            }
        })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_in_the_list_and_pins_what_it_uses() {
        let examples = crate::root().join("examples/frameworks");
        let folders = std::fs::read_dir(&examples).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
        let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
        let mut known: Vec<_> = ALL.iter().map(|one| one.name.to_owned()).collect();
        names.sort();
        known.sort();
        assert_eq!(names, known);
        for framework in ALL {
            let pins = std::fs::read_to_string(examples.join(framework.name).join(framework.pins())).unwrap();
            let loose = pins.lines().find(|line| line.contains(['^', '~', '>', '*']) || line.contains("latest"));
            assert_eq!(loose, None, "{}", framework.name);
        }
    }
}
