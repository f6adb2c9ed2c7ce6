//! `outboard exec`: one command in the jail, where the code API is mounted.

use crate::cli::{self, Cli};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_execution::{OnRestart, RunRequest};
use outboard_journal::Status;
use outboard_types::{CallOrigin, ErrorCode, Language, Principal, SessionName};
use std::process::ExitCode;
use std::time::Duration;

/// Longer than any wall-clock limit: the execution ends itself.
const LONG: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(super) async fn run(cli: &Cli, args: &cli::Exec) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let session = SessionName::new(&args.session).map_err(|error| Failure::usage(error.to_string()))?;
    let app = App::open(&settings, &Principal::default(), Pool::None, None).await?;
    app.executions.deps().desk.iter().for_each(super::asking::follow);
    let handle = app.executions.start(RunRequest {
        code: args.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        language: Language::Bash,
        input: None,
        session,
        principal: Principal::default(),
        origin: CallOrigin::Program,
        idempotency_key: None,
        on_restart: OnRestart::Fail,
        guest: None,
    })?;
    let report = tokio::select! {
        report = handle.wait(LONG) => report,
        _ = tokio::signal::ctrl_c() => {
            handle.cancel();
            handle.wait(Duration::from_secs(5)).await
        }
    };
    app.close().await;
    let report = report.ok_or_else(|| Failure::new(ErrorCode::Internal, "the command never ended"))?;
    output::piece(&report.stdout);
    if let Some(error) = &report.error {
        output::talk(&format!("{}: {}", error.code, error.message));
    }
    Ok(if report.status == Status::Succeeded { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_stay_words() {
        for (word, expected) in
            [("ls", "ls"), ("a b", "'a b'"), ("", "''"), ("it's", r"'it'\''s'"), ("$(x)", "'$(x)'"), ("é", "'é'")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}
