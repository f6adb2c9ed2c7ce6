//! The real checkers, run over a folder.

use super::Side;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The line that installs both.
pub(crate) const INSTALL: &str = "npm install --prefix FOLDER typescript@7 pyright@1.1, and set JUDGE_TOOLS=FOLDER";

/// What a checker said: lines with errors by file, and the first words of each.
pub(crate) struct Said {
    pub(crate) errors: HashMap<String, BTreeSet<usize>>,
    pub(crate) texts: Vec<String>,
}

/// Where both are installed: a folder that is named, or one that is filled once.
///
/// Tests run side by side, in threads and in processes: one of them installs, and the others wait for its lock.
pub(crate) fn tools(kept: &Path) -> PathBuf {
    if let Some(folder) = std::env::var_os("JUDGE_TOOLS") {
        return PathBuf::from(folder);
    }
    fs::create_dir_all(kept).unwrap();
    let lock = fs::File::create(kept.join("lock")).unwrap();
    lock.lock().unwrap();
    if !kept.join("done").exists() {
        // What an interrupted installation left is in npm's way.
        let _ = fs::remove_dir_all(kept.join("node_modules"));
        fs::write(kept.join("package.json"), "{\"private\": true}").unwrap();
        let mut npm = Command::new("npm");
        npm.current_dir(kept).args(["install", "--no-audit", "--no-fund", "typescript@7", "pyright@1.1"]);
        let output = npm.output().unwrap_or_else(|error| panic!("{error}: apt-get install npm, or: {INSTALL}"));
        assert!(output.status.success(), "{INSTALL}\n{}", String::from_utf8_lossy(&output.stderr));
        fs::write(kept.join("done"), "").unwrap();
    }
    kept.to_owned()
}

/// Checks all files below a folder.
pub(crate) fn check(side: Side, tools: &Path, folder: &Path) -> Said {
    match side {
        Side::TypeScript => typescript(tools, folder),
        Side::Python => python(tools, folder),
    }
}

fn program(tools: &Path, name: &str) -> Command {
    let program = tools.join("node_modules/.bin").join(name);
    assert!(program.exists(), "{} is missing: {INSTALL}", program.display());
    Command::new(program)
}

/// Checks a folder as its own manifests say.
pub(crate) fn as_it_is(side: Side, tools: &Path, folder: &Path) -> Said {
    match side {
        Side::TypeScript => tsc(tools, folder),
        Side::Python => pyright(tools, folder),
    }
}

fn typescript(tools: &Path, folder: &Path) -> Said {
    let options = json!({
        "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "strict": true, "noEmit": true,
        "skipLibCheck": false, "exactOptionalPropertyTypes": true, "noImplicitOverride": true, "types": [], "lib": ["es2022"]});
    let config = json!({"compilerOptions": options, "include": ["servers/**/*.ts", "cases/**/*.ts"]});
    fs::write(folder.join("tsconfig.json"), config.to_string()).unwrap();
    tsc(tools, folder)
}

fn tsc(tools: &Path, folder: &Path) -> Said {
    let output = program(tools, "tsc").args(["--pretty", "false", "-p", "."]).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut said = Said { errors: HashMap::new(), texts: Vec::new() };
    for line in text.lines().filter(|line| line.contains("error TS")) {
        let place = line.split_once("): error").and_then(|(place, _)| place.rsplit_once('('));
        if let Some((file, position)) = place {
            let number = position.split(',').next().and_then(|number| number.parse().ok()).unwrap_or_default();
            said.errors.entry(file.to_owned()).or_default().insert(number);
        }
        said.texts.push(line.to_owned());
    }
    assert!(
        output.status.success() || !said.texts.is_empty(),
        "tsc: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

fn python(tools: &Path, folder: &Path) -> Said {
    let config = json!({"include": ["."], "pythonVersion": "3.12", "typeCheckingMode": "standard",
        "reportMissingModuleSource": false, "stubPath": "stubs"});
    fs::write(folder.join("pyrightconfig.json"), config.to_string()).unwrap();
    // The modules find what workers provide beside them.
    fs::create_dir_all(folder.join("stubs")).unwrap();
    fs::copy(folder.join("servers/outboard_api.pyi"), folder.join("stubs/outboard_api.pyi")).unwrap();
    pyright(tools, folder)
}

fn pyright(tools: &Path, folder: &Path) -> Said {
    let output = program(tools, "pyright")
        .args(["--outputjson"])
        .env("NODE_OPTIONS", "--max-old-space-size=8192")
        .current_dir(folder)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("pyright: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut said = Said { errors: HashMap::new(), texts: Vec::new() };
    let errors = report["generalDiagnostics"].as_array().into_iter().flatten().filter(|one| one["severity"] == "error");
    for error in errors {
        let file = Path::new(error["file"].as_str().unwrap_or_default());
        let file = file.strip_prefix(fs::canonicalize(folder).unwrap()).unwrap_or(file).display().to_string();
        let line = error["range"]["start"]["line"].as_u64().unwrap_or_default() as usize + 1;
        said.texts.push(format!("{file}:{line}: {}", error["message"].as_str().unwrap_or_default()));
        said.errors.entry(file).or_default().insert(line);
    }
    said
}
