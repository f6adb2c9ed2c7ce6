//! Whole outputs that were too long for the model: files in the session's workspace.

use outboard_sandbox::Beneath;
use outboard_types::ExecutionId;
use std::io;
use std::path::Path;

/// The folder in the workspace.
const FOLDER: &str = ".outputs";

/// Whole outputs kept per session; the oldest go first, because ids sort by time.
const KEPT: usize = 100;

/// Writes one whole output and gives back its path in the jail.
pub(crate) fn keep(workspace: &Path, id: &ExecutionId, extension: &str, text: &str) -> io::Result<String> {
    let folder = Beneath::folder(workspace, FOLDER)?;
    let name = format!("{id}.{extension}");
    folder.write(&name, text.as_bytes())?;
    folder.keep_last(KEPT)?;
    Ok(format!("/workspace/{FOLDER}/{name}"))
}
