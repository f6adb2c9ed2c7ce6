//! `outboard generate`: the code API as files that people and tools can read.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_types::Principal;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Generate) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let catalog = compose::catalog(&settings, &Principal::default())?;
    let surface = catalog.surfaces.current().await;
    catalog.upstreams.shutdown().await;
    let surface = surface?;
    let target = args.dir.join("servers");
    let files = copy(&surface.folder, &target)?;
    let servers = surface.catalogue.servers.len();
    output::talk(&format!("wrote {files} files for {servers} servers to {}", target.display()));
    Ok(ExitCode::SUCCESS)
}

/// Copies a folder; files that are already there with other content are replaced, others are left alone.
fn copy(from: &Path, to: &Path) -> Result<usize, Failure> {
    std::fs::create_dir_all(to)?;
    let mut files = 0;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            files += copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
            files += 1;
        }
    }
    Ok(files)
}
