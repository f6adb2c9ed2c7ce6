//! Whole outputs that were too long for the model: files in the session's workspace.

use outboard_types::ExecutionId;
use std::io;
use std::path::Path;

/// The folder in the workspace.
const FOLDER: &str = ".outputs";

/// Whole outputs kept per session; the oldest go first.
const KEPT: usize = 100;

/// Writes one whole output and gives back its path in the jail.
pub(crate) fn keep(workspace: &Path, id: &ExecutionId, extension: &str, text: &str) -> io::Result<String> {
    let folder = workspace.join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let name = format!("{id}.{extension}");
    std::fs::write(folder.join(&name), text)?;
    prune(&folder)?;
    Ok(format!("/workspace/{FOLDER}/{name}"))
}

/// Ids sort by time, so the first names are the oldest.
fn prune(folder: &Path) -> io::Result<()> {
    let mut names: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    let surplus = names.len().saturating_sub(KEPT);
    names.iter().take(surplus).try_for_each(std::fs::remove_file)
}
