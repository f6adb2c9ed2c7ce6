//! `outboard run`: one program, one report.

use crate::cli::{self, Cli};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_config::Settings;
use outboard_execution::{Handle, OnRestart, Report, RunRequest, Shaped, Tokens};
use outboard_journal::Status;
use outboard_types::{ExecutionId, Language, Principal, SessionName};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any wall-clock limit: the execution ends itself.
const LONG: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(super) async fn run(cli: &Cli, args: &cli::Run) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    super::first::tell(&settings);
    let request = request(args)?;
    let app = open(&settings).await?;
    let handle = app.executions.start_traced(request, compose::origin())?;
    finish(app, handle, &settings, args.json, args.max_tokens).await
}

/// `outboard resume`: the rest of a program whose process is gone.
pub(super) async fn resume(cli: &Cli, args: &cli::Resume) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let app = open(&settings).await?;
    let handle = match app.executions.resume_one(&ExecutionId(args.id.as_str().into())).await {
        Ok(handle) => handle,
        Err(error) => {
            app.close().await;
            return Err(error.into());
        }
    };
    finish(app, handle, &settings, args.json, args.max_tokens).await
}

pub(super) async fn open(settings: &Settings) -> Result<App, Failure> {
    let app = App::open(settings, &Principal::default(), Pool::None).await?;
    app.catalog.wait_for_slow_servers(settings);
    app.executions.deps().desk.iter().for_each(super::asking::follow);
    Ok(app)
}

/// Waits for the end, or for the person to give up; `shown` makes what is read of the report. Gives what it took, too.
pub(super) async fn ended<T>(
    app: App,
    handle: &Handle,
    shown: impl FnOnce(&Report) -> (String, T),
) -> Result<(Arc<Report>, T, Tokens), Failure> {
    let ended = told(&app, handle, shown).await;
    app.close().await;
    ended
}

/// The same, while what was started still is.
async fn told<T>(
    app: &App,
    handle: &Handle,
    shown: impl FnOnce(&Report) -> (String, T),
) -> Result<(Arc<Report>, T, Tokens), Failure> {
    let report = tokio::select! {
        report = handle.wait(LONG) => report,
        _ = tokio::signal::ctrl_c() => {
            handle.cancel();
            handle.wait(Duration::from_secs(5)).await
        }
    };
    let Some(report) = report else {
        return Err(Failure::new(outboard_types::ErrorCode::Internal, "the execution never ended"));
    };
    let (text, shown) = shown(&report);
    app.executions.told(&report.execution, &text);
    let tokens = app.executions.ledger(&report, &text).await;
    Ok((report, shown, tokens))
}

/// Waits for the end and shows the report, before servers are ended and traces sent: nobody waits for those.
async fn finish(
    app: App,
    handle: Handle,
    settings: &Settings,
    json: bool,
    max_tokens: Option<usize>,
) -> Result<ExitCode, Failure> {
    let max_tokens = max_tokens.unwrap_or(settings.execution.max_tokens);
    let shaped = |report: &Report| {
        let shaped = report.shape(max_tokens);
        (shaped.text.clone(), shaped)
    };
    let ended = told(&app, &handle, shaped).await;
    if let Ok((report, shaped, tokens)) = &ended {
        // Where nobody reads it, what was started has to end all the same.
        output::offer(&shown(report, shaped, tokens, json));
    }
    app.close().await;
    let (report, ..) = ended?;
    Ok(if report.status == Status::Succeeded { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn request(args: &cli::Run) -> Result<RunRequest, Failure> {
    let input = args.input.clone().map(RawValue::from_string).transpose();
    Ok(RunRequest {
        input: input.map_err(|error| Failure::usage(format!("--input is not JSON: {error}")))?,
        session: SessionName::new(&args.session).map_err(|error| Failure::usage(error.to_string()))?,
        on_restart: OnRestart::Suspend,
        ..RunRequest::new(language(args)?, code(args)?)
    })
}

fn code(args: &cli::Run) -> Result<String, Failure> {
    match (&args.eval, &args.file) {
        (Some(code), _) => Ok(code.clone()),
        (None, file) => read(file.as_deref().unwrap_or(Path::new("-")))
            .map_err(|failure| failure.hint("the text of a program itself is given as `outboard run -e CODE`")),
    }
}

pub(super) fn read(file: &Path) -> Result<String, Failure> {
    if file == Path::new("-") {
        let mut code = String::new();
        std::io::stdin().read_to_string(&mut code)?;
        return Ok(code);
    }
    std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

fn language(args: &cli::Run) -> Result<Language, Failure> {
    let extension = args.file.as_deref().and_then(Path::extension).and_then(|extension| extension.to_str());
    let Some(name) = args.language.as_deref().or(extension) else { return Ok(Language::default()) };
    Language::parse(name).ok_or_else(|| {
        Failure::usage(format!("unknown language {name:?}")).hint("use --language typescript, python or bash")
    })
}

/// The report as it is asked for.
fn shown(report: &Report, shaped: &Shaped, tokens: &Tokens, json: bool) -> String {
    if !json {
        return shaped.text.clone();
    }
    let result: Option<Value> = report.result.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok());
    let calls: Vec<Value> = report
        .calls
        .iter()
        .map(|call| {
            json!({
                "server": call.server, "tool": call.tool, "ok": call.ok, "failed": call.failed,
            })
        })
        .collect();
    let shown = json!({
        "id": report.execution,
        "execution": report.execution,
        "status": report.status.as_str(),
        "result": result,
        "stdout": report.stdout,
        "error": report.error,
        "calls": calls,
        "network": report.network,
        "inspection": report.findings,
        "skills": report.skills,
        "tokens": tokens,
        "truncated": shaped.truncated,
    });
    shown.to_string()
}
