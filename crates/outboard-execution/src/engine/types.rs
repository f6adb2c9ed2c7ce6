//! The type checker's view of a program: asked while a worker is made ready, waited for before the program runs.

use super::Engine;
use super::ends::End;
use outboard_journal::Status;
use outboard_typecheck::{Mode, Said, Unavailable};
use outboard_types::{ErrorCode, ToolError};
use tokio::task::JoinHandle;

/// A checker at work.
pub(super) type Looking = JoinHandle<Result<Vec<Said>, Unavailable>>;

impl Engine {
    /// Has the program looked at, unless it ran before or nobody is to judge it.
    pub(super) fn look_at_types(&mut self, resumed: bool) {
        self.unseen &= !resumed;
        // What stands around a fenced program is no mistake of it: the worker tells what is left without it.
        if !self.request.code.lines().any(|line| line.trim_start().starts_with("```")) {
            self.looking = self.look(self.request.code.clone());
        }
    }

    /// Shows a text to the checker, if there is one for this program.
    fn look(&self, code: String) -> Option<Looking> {
        let rules = &self.deps.inspection;
        let asks = rules.preflight && self.unseen && !self.is_offline();
        let checks = rules.types.clone().filter(|_| asks)?;
        let language = self.request.language;
        let (catalogue, folder) = (self.surface.catalogue.clone(), self.servers.clone());
        Some(tokio::spawn(async move {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            checks.check(language, &code, &catalogue, &name).await
        }))
    }

    /// Waits for what the checker says of the text that the worker read, which may be another than was sent; the end,
    /// where programs must not run without.
    pub(super) async fn types_looked_at(&mut self, read: Option<&str>) -> Option<End> {
        let looking = match (self.looking.take(), read) {
            (Some(looking), None) => Some(looking),
            (_, read) => self.look(read.unwrap_or(&self.request.code).to_owned()),
        };
        self.unseen = false;
        let said = looking?.await;
        match said {
            Ok(Ok(said)) => self.said = said,
            Ok(Err(unavailable)) if self.deps.inspection.types.as_ref()?.mode() == Mode::Require => {
                let Unavailable { message, hint } = unavailable;
                let message = format!("preflight.types = \"require\", but {message}");
                let error = ToolError::new(ErrorCode::PreflightFailed, message).hint(hint);
                return Some(End::Failed(Status::Failed, error));
            }
            Ok(Err(Unavailable { message, .. })) => tracing::debug!(%message, "types were not looked at"),
            Err(error) => tracing::debug!(%error, "types were not looked at"),
        }
        None
    }
}
