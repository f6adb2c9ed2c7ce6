//! What the sandbox needs to know.

use super::{Pool, SPAWNER};
use crate::failure::Failure;
use outboard_config::Settings;
use outboard_types::ErrorCode;
use std::path::PathBuf;

/// The Python side of the guest protocol; the sandbox puts it into the jail.
const PYTHON_WORKER: &str = include_str!("../../../../workers/python/worker.py");

/// What the sandbox needs: the worker beside this program, and CPython from the settings or the path.
pub(crate) fn sandbox_options(settings: &Settings, pool: Pool) -> Result<outboard_sandbox::Options, Failure> {
    let program = std::env::current_exe()?;
    let worker = program.with_file_name("outboard-worker");
    if !worker.exists() {
        return Err(Failure::new(ErrorCode::SandboxUnavailable, format!("{} is missing", worker.display()))
            .hint("build it with `cargo build --package outboard-worker`; it belongs beside the program"));
    }
    Ok(outboard_sandbox::Options {
        worker,
        python: settings.sandbox.python.interpreter.clone().or_else(|| on_path("python3")),
        python_worker: PYTHON_WORKER,
        pool_size: if pool == Pool::Warm { settings.sandbox.pool_size } else { 0 },
        limits: outboard_sandbox::Limits {
            cpu: settings.sandbox.cpu,
            wall: settings.sandbox.wall,
            memory_bytes: settings.sandbox.memory_mb << 20,
            processes: settings.sandbox.processes,
            ..outboard_sandbox::Limits::default()
        },
        spawner: vec![program.into_os_string(), SPAWNER.into()],
    })
}

/// A program of this name in the folders of `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
