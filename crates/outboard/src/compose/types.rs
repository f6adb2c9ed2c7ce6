//! Type checkers: found as settings say, and started confined.

use super::HELPER;
use crate::failure::Failure;
use outboard_config::{Settings, TypeMode};
use outboard_sandbox::Helper;
use outboard_typecheck::{Launch, Mode, Options, Program, TypeChecks};
use outboard_types::ErrorCode;
use std::ffi::OsString;
use std::sync::Arc;

/// Room for a checker's addresses; engines that compile reserve more than they use.
const ADDRESS_SPACE: u64 = 8 << 30;

/// CPU time of one checker, after which another is started.
const CPU_SECONDS: u64 = 600;

/// The checkers, unless settings turn them off; starts none.
pub(crate) fn types(settings: &Settings) -> Result<Option<TypeChecks>, Failure> {
    let types = &settings.types;
    let mode = match types.mode {
        TypeMode::Off => return Ok(None),
        TypeMode::Auto => Mode::Auto,
        TypeMode::Require => Mode::Require,
    };
    let launcher = [std::env::current_exe()?.into_os_string(), OsString::from(HELPER)];
    let launch: Launch = Arc::new(move |program: &Program| helper(program).command(&launcher));
    let options = Options {
        mode,
        typescript: types.typescript.clone(),
        python: types.python.clone(),
        search_path: std::env::var_os("PATH").unwrap_or_default(),
        folder: settings.state_dir.join("types"),
        launch,
    };
    let checks = TypeChecks::new(options);
    checks.map(Some).map_err(|error| Failure::new(ErrorCode::InvalidSettings, error.message).hint(error.hint))
}

fn helper(program: &Program) -> Helper {
    Helper {
        program: program.path.clone(),
        arguments: program.arguments.clone(),
        environment: program.environment.clone(),
        read: program.read.clone(),
        folder: program.folder.clone(),
        address_space: ADDRESS_SPACE,
        cpu_seconds: CPU_SECONDS,
    }
}
