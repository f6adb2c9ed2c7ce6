//! How a command fails: message, hint, stable code, exit code.

use crate::output;
use outboard_auth::AuthError;
use outboard_config::SettingsError;
use outboard_execution::SurfaceError;
use outboard_journal::JournalError;
use outboard_sandbox::SandboxError;
use outboard_types::{ErrorCode, ToolError};
use std::process::ExitCode;

/// Why a command did not do what it was asked.
pub(crate) struct Failure {
    code: ErrorCode,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Wrong use of the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    /// What happened, for showing elsewhere than on stderr.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// As a field of a JSON record.
    pub(crate) fn as_json(&self) -> serde_json::Value {
        serde_json::json!({"code": self.code, "message": self.message, "hint": self.hint})
    }

    /// Tells the person and gives the exit code: 1 the request failed, 2 wrong usage, 255 our own fault.
    pub(crate) fn report(&self) -> ExitCode {
        output::talk(&format!("error[{}]: {}", self.code, self.message));
        if let Some(hint) = &self.hint {
            output::talk(&format!("hint: {hint}"));
        }
        ExitCode::from(match self.code {
            ErrorCode::InvalidRequest | ErrorCode::InvalidSettings => 2,
            ErrorCode::Internal => 255,
            _ => 1,
        })
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self { code: error.code, message: error.message, hint: error.hint }
    }
}

impl From<Failure> for ToolError {
    fn from(failure: Failure) -> Self {
        let error = ToolError::new(failure.code, failure.message);
        match failure.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self { code: error.reason.code(), message: error.to_string(), hint: error.hint }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new(ErrorCode::InvalidSettings, error.to_string())
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self::new(ErrorCode::SandboxUnavailable, error.to_string()).hint("`outboard doctor` says what is missing")
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let said = error.to_string();
        match error {
            JournalError::Exchange { .. } => Self::usage(said).hint("`outboard executions export` writes such a file"),
            _ => Self::new(ErrorCode::Internal, said).hint("check that state_dir is writable and not full"),
        }
    }
}

impl From<SurfaceError> for Failure {
    fn from(error: SurfaceError) -> Self {
        ToolError::from(&error).into()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorCode::Internal, error.to_string())
    }
}
