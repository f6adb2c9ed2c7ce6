//! The folders of the user, as the environment names them.

use crate::failure::Failure;
use outboard_config::Settings;
use outboard_hosts::Bases;
use std::path::{Path, PathBuf};

fn from(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    named.or_else(|| Some(home()?.join(below_home)))
}

/// The home folder.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|folder| folder.is_absolute())
}

/// Our folder for settings of the user, and for the key.
pub(crate) fn config() -> Option<PathBuf> {
    Some(from("XDG_CONFIG_HOME", ".config")?.join("outboard"))
}

/// The user's own settings file.
pub(crate) fn user_settings() -> Option<PathBuf> {
    Some(config()?.join("config.toml"))
}

/// Our folder for data of the user.
pub(crate) fn data() -> Option<PathBuf> {
    Some(from("XDG_DATA_HOME", ".local/share")?.join("outboard"))
}

/// Where the files of other clients are.
pub(crate) fn bases() -> Result<Bases, Failure> {
    let home = home().ok_or_else(|| Failure::usage("HOME is not set").hint("set HOME to your home folder"))?;
    let config = from("XDG_CONFIG_HOME", ".config").unwrap_or_else(|| home.join(".config"));
    let desktop = if cfg!(target_os = "macos") { home.join("Library/Application Support") } else { config.clone() };
    let variables =
        ["CODEX_HOME"].into_iter().filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?.into())));
    Ok(Bases { config, desktop, project: std::env::current_dir()?, variables: variables.collect(), home })
}

/// Outside of a project, state belongs to the user and not to whatever folder a client started us in.
pub(crate) fn settle(settings: &mut Settings, cwd: &Path) {
    let (state, lock) = (cwd.join(".outboard"), cwd.join("outboard.lock"));
    let project = settings.files.iter().any(|file| file.parent() == Some(cwd)) || state.exists() || lock.exists();
    let Some(data) = data().filter(|_| !project) else { return };
    if settings.state_dir == state {
        settings.state_dir = data.join("state");
    }
    if settings.policy.lock == lock {
        settings.policy.lock = data.join("outboard.lock");
    }
}
