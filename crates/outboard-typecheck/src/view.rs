//! What a checker reads beside the program: declarations as people get them, with manifests that make it lenient.
//!
//! Types are erased before a program runs, and a function of Python gives a value or something to await, whichever the
//! program is. So `strict` is off, and there are two views of Python: for programs that await, and for those that do not.

use outboard_catalog::Catalogue;
use outboard_codegen::{Files, MaterialiseError};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Whose view it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum View {
    TypeScript,
    /// Python in which functions give values.
    Python,
    /// Python in which they give something to await.
    PythonAsync,
}

const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "target": "esnext",
    "lib": ["esnext"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "moduleDetection": "force",
    "strict": false,
    "noEmit": true,
    "skipLibCheck": true,
    "allowImportingTsExtensions": true,
    "types": [],
    "paths": { "/servers": ["./servers"], "/servers/*": ["./servers/*"], "servers/*": ["./servers/*"] }
  },
  "include": ["**/*.ts"]
}
"#;

/// The newest version: what it has and an older one has not is no mistake that is ours to tell.
const TY: &str = "[environment]\npython-version = \"3.14\"\nroot = [\".\"]\n";

/// Views that are kept for other code APIs.
const KEPT: usize = 12;

impl View {
    /// The view that fits a Python program.
    pub(crate) fn of_python(code: &str) -> Self {
        let waits = ["await ", "await(", "async ", "asyncio"].iter().any(|word| code.contains(word));
        if waits { Self::PythonAsync } else { Self::Python }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "ts",
            Self::Python => "py",
            Self::PythonAsync => "py-async",
        }
    }

    /// Writes the view of a catalogue unless it is there; `name` stands for the catalogue.
    pub(crate) fn write(self, catalogue: &Catalogue, root: &Path, name: &str) -> Result<PathBuf, MaterialiseError> {
        let folder = root.join(format!("{name}-{}", self.name()));
        let done = folder.join(".whole");
        if done.is_file() {
            return Ok(folder);
        }
        remove_old(root);
        let mut files = Files::for_checkers(catalogue);
        files.files.retain(|path, _| self.reads(path));
        match self {
            Self::TypeScript => drop(files.files.insert("tsconfig.json".into(), TSCONFIG.into())),
            Self::Python | Self::PythonAsync => self.adapt(catalogue, &mut files),
        }
        files.write(&folder)?;
        std::fs::write(&done, "").map_err(|source| MaterialiseError { path: done, source })?;
        Ok(folder)
    }

    fn reads(self, path: &str) -> bool {
        match self {
            Self::TypeScript => path.ends_with(".d.ts"),
            Self::Python | Self::PythonAsync => path.ends_with(".pyi"),
        }
    }

    /// Adds what programs find without importing it, and makes functions give something to await.
    fn adapt(self, catalogue: &Catalogue, files: &mut Files) {
        let names = files.files.entry("__builtins__.pyi".into()).or_default();
        names.push_str("from typing import Any as _Any\nimport servers as servers\ninput: _Any\n");
        for server in &catalogue.servers {
            let package = &server.names.package;
            let _ = writeln!(names, "from servers import {package} as {package}");
        }
        files.files.insert("ty.toml".into(), TY.into());
        if self == Self::PythonAsync {
            for (_, text) in files.files.iter_mut().filter(|(path, _)| path.starts_with("servers/")) {
                *text = text.replace("\ndef ", "\nasync def ");
            }
        }
    }
}

/// Removes the oldest views where there are many; one that is still read stays readable until its reader ends.
fn remove_old(root: &Path) {
    let entries = std::fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    let mut views: Vec<_> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    views.sort();
    let many = views.len().saturating_sub(KEPT);
    for (_, path) in views.into_iter().take(many) {
        let _ = std::fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_await_have_a_view_of_their_own() {
        assert_eq!(View::of_python("x = await crm.get_customer('a')"), View::PythonAsync);
        assert_eq!(View::of_python("import asyncio"), View::PythonAsync);
        assert_eq!(View::of_python("x = crm.get_customer('a')"), View::Python);
    }
}
