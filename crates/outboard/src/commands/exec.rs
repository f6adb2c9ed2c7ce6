//! `outboard exec`: one command in the jail, where the code API is mounted.

use crate::cli::{self, Cli};
use crate::compose;
use crate::failure::Failure;
use crate::output;
use outboard_execution::RunRequest;
use outboard_journal::Status;
use outboard_types::{Language, SessionName};
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Exec) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let session = SessionName::new(&args.session).map_err(|error| Failure::usage(error.to_string()))?;
    let code = args.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let app = super::run::open(&settings).await?;
    let handle = app.executions.start(RunRequest { session, ..RunRequest::new(Language::Bash, code) })?;
    let (report, (), _) = super::run::ended(app, &handle, |report| (report.stdout.clone(), ())).await?;
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
