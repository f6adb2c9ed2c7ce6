//! `outboard state`: what programs of a session keep, from outside. Looking is free; a change is an execution like any
//! other, so it is in the journal with who made it, and holds a session's limits.

use crate::cli::{self, Cli, StateAction};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_config::Settings;
use outboard_execution::RunRequest;
use outboard_journal::StateScope;
use outboard_types::{ErrorCode, Language, Principal, SessionName};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use std::io::Read;
use std::process::ExitCode;

const SET: &str = "await state.set(input.key, input.value);";
const DELETE: &str = "return await state.delete(input.key);";

pub(super) async fn run(cli: &Cli, args: &cli::State) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let session = SessionName::new(&args.session).map_err(|error| Failure::usage(error.to_string()))?;
    let scope = StateScope { principal: Principal(args.principal.as_str().into()), session };
    match &args.action {
        StateAction::Get { key } => get(&settings, &scope, key, args.json),
        StateAction::List { prefix } => list(&settings, &scope, prefix, args.json),
        StateAction::Set { key, value } => {
            change(settings, scope, SET, json!({"key": key, "value": given(value)?})).await?;
            told(args.json, key, "set", &format!("{key} is set"))
        }
        StateAction::Delete { key } => {
            let was_there = change(settings, scope, DELETE, json!({ "key": key })).await? == json!(true);
            let (status, text) = if was_there { ("deleted", "is deleted") } else { ("missing", "was not there") };
            told(args.json, key, status, &format!("{key} {text}"))
        }
    }
}

fn told(json: bool, key: &str, status: &str, text: &str) -> Result<ExitCode, Failure> {
    match json {
        true => output::json(&json!({"id": key, "status": status})),
        false => output::talk(text),
    }
    Ok(ExitCode::SUCCESS)
}

fn get(settings: &Settings, scope: &StateScope, key: &str, json: bool) -> Result<ExitCode, Failure> {
    let entry = compose::journal(settings)?.state(scope, key)?;
    let value = entry.as_ref().map_or("null", |entry| entry.value.as_str());
    match json {
        true => {
            let value: Value = serde_json::from_str(value).map_err(|error| {
                Failure::new(ErrorCode::Internal, format!("the value of {key:?} is not JSON: {error}"))
            })?;
            output::json(&json!({"id": key, "found": entry.is_some(), "value": value}));
        }
        false => output::data(value),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(settings: &Settings, scope: &StateScope, prefix: &str, json: bool) -> Result<ExitCode, Failure> {
    let keys = compose::journal(settings)?.state_keys(scope, prefix)?;
    match json {
        true => output::json(&keys.iter().map(|key| json!({ "id": key })).collect::<Vec<_>>()),
        false => keys.iter().for_each(|key| output::data(key)),
    }
    Ok(ExitCode::SUCCESS)
}

/// A value as it is written: JSON, or else text.
fn given(value: &str) -> Result<Value, Failure> {
    let mut text = value.to_owned();
    if value == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text)?;
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Runs a program of one line, and gives its result.
async fn change(mut settings: Settings, scope: StateScope, code: &str, input: Value) -> Result<Value, Failure> {
    // What is run is our own, and known to be right.
    settings.preflight = false;
    settings.inspection_refuse.clear();
    let input = to_raw_value(&input).map_err(|error| Failure::usage(error.to_string()))?;
    let StateScope { principal, session } = scope;
    let app = App::open(&settings, &principal, Pool::None).await?;
    let request = RunRequest { input: Some(input), principal, session, ..RunRequest::new(Language::TypeScript, code) };
    let handle = app.executions.start_traced(request, compose::origin())?;
    let (report, (), _) = super::run::ended(app, &handle, |_| (String::new(), ())).await?;
    if let Some(error) = &report.error {
        let code = ErrorCode::ALL.iter().find(|code| code.as_str() == error.code).copied();
        let failure = Failure::new(code.unwrap_or(ErrorCode::ProgramError), error.message.clone());
        return Err(error.hint.iter().cloned().fold(failure, Failure::hint));
    }
    Ok(report.result.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default())
}
