//! `outboard generate`: the code API as files that people, editors and type checkers can read.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_codegen::Files;
use outboard_types::{ErrorCode, Principal};
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Generate) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let catalog = compose::catalog(&settings, &Principal::default())?;
    let surface = catalog.surfaces.current().await;
    catalog.upstreams.shutdown().await;
    let surface = surface?;
    let files = match args.connect {
        true => super::connect::files(cli, &settings, &surface.catalogue)?,
        false => Files::for_people(&surface.catalogue),
    };
    let written = files.write(&args.dir);
    let written = written.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
    let (files, servers) = (written.changed + written.unchanged, surface.catalogue.servers.len());
    output::talk(&format!("wrote {files} files for {servers} servers to {}", args.dir.join("servers").display()));
    Ok(ExitCode::SUCCESS)
}
