//! `outboard doctor`: what this machine offers, what is missing, and the line that fixes it.

mod fix;
mod parts;
mod system;

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_config::Settings;
use outboard_execution::StateFolder;
use outboard_sandbox::{Grant, Isolation, Sandbox, SandboxError, missing_tools};
use outboard_types::Language;
use serde::Serialize;
use std::process::ExitCode;

/// What brings the programs that belong beside this one.
const WORKERS: &str = "`cargo xtask install` in the source, or install.sh of a release: both bring all programs";

/// One check.
#[derive(Serialize)]
struct Check {
    id: &'static str,
    status: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Check {
    fn ok(id: &'static str, detail: impl Into<String>) -> Self {
        Self { id, status: "ok", detail: detail.into(), fix: None }
    }

    fn bad(id: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, status: "failed", detail: detail.into(), fix: Some(fix.into()) }
    }
}

pub(super) async fn run(cli: &Cli, args: &cli::Doctor) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    if args.fix {
        fix::run(&settings, args)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut checks = vec![files(&settings), servers(&settings), state(&settings)];
    checks.extend(sandbox(&settings).await);
    if args.json {
        output::json(&checks);
    } else {
        checks.iter().for_each(show);
    }
    let failed = checks.iter().any(|check| check.status == "failed");
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn show(check: &Check) {
    output::data(&format!("{:<7} {:<20} {}", check.status, check.id, check.detail));
    if let Some(fix) = &check.fix {
        output::data(&format!("{:<28} fix: {fix}", ""));
    }
}

fn files(settings: &Settings) -> Check {
    let names: Vec<_> = settings.files.iter().map(|file| file.display().to_string()).collect();
    Check::ok("settings", if names.is_empty() { "defaults; no settings file found".into() } else { names.join(", ") })
}

fn servers(settings: &Settings) -> Check {
    let enabled = settings.servers.iter().filter(|server| server.enabled).count();
    Check::ok("servers", format!("{enabled} enabled of {}; `outboard list` shows their state", settings.servers.len()))
}

fn state(settings: &Settings) -> Check {
    let folder = settings.state_dir.display();
    match StateFolder::new(&settings.state_dir).skills() {
        Ok(_) => Check::ok("state", format!("{folder} is writable")),
        Err(error) => Check::bad("state", format!("{folder}: {error}"), "set state_dir in outboard.toml"),
    }
}

async fn sandbox(settings: &Settings) -> Vec<Check> {
    let options = match compose::sandbox_options(settings, compose::Pool::None) {
        Ok(options) => options,
        Err(failure) => return vec![Check::bad("worker", failure.message(), WORKERS)],
    };
    let bad = |error: SandboxError| {
        vec![Check::bad("sandbox", error.to_string(), remedy(&error, "see docs/errors/sandbox_unavailable.md"))]
    };
    let sandbox = match Sandbox::start(options).await {
        Ok(sandbox) => sandbox,
        Err(error) => return bad(error),
    };
    let mut checks = match sandbox.ready().await {
        Ok(isolation) => layers(&isolation),
        Err(error) => return bad(error),
    };
    for (package, tools) in missing_tools() {
        let detail = format!("bash programs do without {}", tools.join(", "));
        checks.push(Check { id: "tools", status: "ok", detail, fix: Some(format!("apt-get install {package}")) });
    }
    for language in Language::ALL {
        checks.push(match sandbox.worker(Grant::new(language)).await {
            Ok(_) => Check::ok(language.as_str(), "a jailed worker gets ready"),
            Err(error) => Check::bad(language.as_str(), error.to_string(), remedy(&error, programs(language))),
        });
    }
    sandbox.shutdown().await;
    checks
}

/// The jail in one line, and one for each layer that could be stronger here.
fn layers(isolation: &Isolation) -> Vec<Check> {
    let mut checks = vec![Check::ok("sandbox", isolation.to_string())];
    let weaker = isolation.layers.iter().filter(|state| state.fix.is_some());
    checks.extend(weaker.map(|state| Check {
        id: state.layer.as_str(),
        status: if state.on { "weaker" } else { "off" },
        detail: state.note.clone(),
        fix: state.fix.clone(),
    }));
    checks
}

/// What the error itself advises where it is about the machine, else what is usual.
fn remedy(error: &SandboxError, usual: &'static str) -> &'static str {
    match error {
        SandboxError::Layer { hint, .. } | SandboxError::TooWeak { hint, .. } => hint,
        _ => usual,
    }
}

/// What brings the programs of a language.
fn programs(language: Language) -> &'static str {
    match language {
        Language::TypeScript => WORKERS,
        Language::Python => "apt-get install python3, or set sandbox.python in outboard.toml",
        Language::Bash => {
            "apt-get install bash coreutils; if outboard-bash is missing: `cargo xtask install`, or install.sh"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_sandbox::{Layer, LayerState, Tier};

    #[test]
    fn a_layer_that_could_be_stronger_has_a_line_with_what_brings_it() {
        let state = |layer, on, fix: Option<&str>| LayerState { layer, on, note: "n".into(), fix: fix.map(Into::into) };
        let layers = vec![
            state(Layer::Files, true, None),
            state(Layer::Watch, true, Some("hand on")),
            state(Layer::Landlock, false, Some("newer")),
        ];
        let isolation = Isolation { tier: Some(Tier::A), layers, missing: vec![Layer::Landlock] };
        let said: Vec<_> =
            super::layers(&isolation).into_iter().map(|check| (check.id, check.status, check.fix)).collect();
        let wanted = [
            ("sandbox", "ok", None),
            ("watch", "weaker", Some("hand on".to_owned())),
            ("landlock", "off", Some("newer".to_owned())),
        ];
        assert_eq!(said, wanted);
    }
}
