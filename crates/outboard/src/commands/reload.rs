//! Settings files that change while `serve` runs.
//!
//! They are looked at twice a second instead of being watched through the kernel: two or three calls of `stat`, no
//! dependency, and the same on every file system, through links, and with editors that put a new file in the
//! place of the old one. A change counts when it is the same at two looks, so that half a file is not read.

use crate::cli::Cli;
use crate::compose::{self, App, Applied};
use crate::failure::Failure;
use crate::{folders, output};
use outboard_config::Settings;
use std::convert::Infallible;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// When a file was changed, how large it is, and which one it is.
type Mark = Option<(i64, i64, u64, u64)>;

/// What is in force, and where it came from.
pub(super) struct Reloading<'a> {
    cli: &'a Cli,
    settings: Settings,
    seen: Vec<(PathBuf, Mark)>,
    hangup: Option<Signal>,
}

impl<'a> Reloading<'a> {
    /// Begins with the settings in force.
    pub(super) fn new(cli: &'a Cli, settings: &Settings) -> Result<Self, Failure> {
        // At a terminal a hang-up means that it went away.
        let hangup = if std::io::stdin().is_terminal() { None } else { Some(signal(SignalKind::hangup())?) };
        let mut this = Self { cli, settings: settings.clone(), seen: Vec::new(), hangup };
        this.seen = this.marks()?;
        Ok(this)
    }

    /// Follows the files for as long as it is polled.
    pub(super) async fn follow(&mut self, app: &App) -> Infallible {
        let mut pending = None;
        loop {
            let asked = tokio::select! {
                () = tokio::time::sleep(LOOK) => false,
                () = hung_up(&mut self.hangup) => true,
            };
            if asked {
                crate::logs::panic_on_purpose("reload");
            }
            let Ok(now) = self.marks() else { continue };
            let settled = now != self.seen && pending.as_ref() == Some(&now);
            if asked || settled {
                (self.seen, pending) = (now, None);
                self.reload(app);
            } else {
                pending = (now != self.seen).then_some(now);
            }
        }
    }

    /// Every file that settings may come from, there or not.
    fn marks(&self) -> Result<Vec<(PathBuf, Mark)>, Failure> {
        let mut files = self.settings.files.clone();
        match &self.cli.config {
            Some(file) => files.push(file.clone()),
            None => files
                .extend(folders::user_settings().into_iter().chain([std::env::current_dir()?.join("outboard.toml")])),
        }
        files.sort();
        files.dedup();
        let mark = |file: &PathBuf| {
            let found = std::fs::metadata(file).ok()?;
            Some((found.mtime(), found.mtime_nsec(), found.len(), found.ino()))
        };
        Ok(files.into_iter().map(|file| (file.clone(), mark(&file))).collect())
    }

    fn reload(&mut self, app: &App) {
        let read = compose::read(self.cli).and_then(|new| compose::apply(app, &self.settings, &new));
        match read {
            Ok(applied) => {
                // Where a part needs a restart, the old one stays in force; it is told again at the next change.
                tell(&applied);
                self.settings = applied.settings;
                self.seen = self.marks().unwrap_or_default();
            }
            Err(failure) => {
                tracing::error!(problem = %failure.message(), "settings not reloaded, the old ones stay in force");
            }
        }
    }
}

async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

fn tell(applied: &Applied) {
    let servers = &applied.servers;
    let parts = [("added", &servers.added), ("removed", &servers.removed), ("changed", &servers.changed)];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {}", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
        .collect();
    let told = if told.is_empty() { "servers as before".to_owned() } else { told.join("; ") };
    output::talk(&format!("settings reloaded: {told}"));
    if !applied.restart.is_empty() {
        output::talk(&format!("needs a restart to take effect: {}", applied.restart.join(", ")));
    }
}
