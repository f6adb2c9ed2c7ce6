//! The program's own log: to stderr as text or JSON, to a file where the settings name one, and a report when
//! it crashes.
#![allow(clippy::print_stderr, reason = "a crash is told on stderr")]

mod crash;
mod rotating;
mod scrubbed;

use crate::cli::Cli;
pub(crate) use crash::panic_on_purpose;
use outboard_config::Settings;
use rotating::Rotating;
use scrubbed::Scrubbed;
pub(crate) use scrubbed::{keep_from_log, keep_secret};
use std::io;
use std::sync::OnceLock;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// The file, once settings named one.
static FILE: OnceLock<Rotating> = OnceLock::new();

/// Changes what is told; only where the command line said nothing.
static FILTER: OnceLock<Handle<EnvFilter, Registry>> = OnceLock::new();

/// Begins to log to stderr, before any settings are read. A level that is not understood is told and replaced.
pub(crate) fn start(cli: &Cli) {
    crash::watch();
    let usual = match cli.verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let wanted = cli.log.as_deref().filter(|level| !level.trim().is_empty());
    let understood = wanted.map(EnvFilter::try_new).transpose();
    let problem = understood.as_ref().err().map(ToString::to_string);
    let filter = understood.ok().flatten().unwrap_or_else(|| EnvFilter::new(usual));
    let (filter, handle) = reload::Layer::new(filter);
    if wanted.is_none() && cli.verbose == 0 {
        let _ = FILTER.set(handle);
    }
    let stderr = fmt::layer().with_writer(|| Scrubbed(io::stderr())).with_target(false);
    let stderr = if cli.log_format == "json" { stderr.json().boxed() } else { stderr.boxed() };
    // Asked anew for each event: the file comes later than the first of them.
    let file = fmt::layer()
        .json()
        .with_writer(|| Scrubbed(FileWriter))
        .with_filter(dynamic_filter_fn(|_, _| FILE.get().is_some()));
    let _ = tracing_subscriber::registry().with(filter).with(stderr).with(file).try_init();
    if let Some(problem) = problem {
        tracing::warn!(problem, "--log is not understood");
    }
}

/// Does what the settings say about the log.
pub(crate) fn configure(settings: &Settings) {
    crash::keep_in(&settings.state_dir);
    let given = &settings.log;
    if let (Some(handle), Some(level)) = (FILTER.get(), &given.level) {
        let _ = handle.reload(EnvFilter::new(level));
    }
    let Some(path) = &given.file else { return };
    match Rotating::open(path, given.max_bytes, given.keep) {
        Ok(file) => drop(FILE.set(file)),
        Err(error) => tracing::warn!(file = %path.display(), %error, "the log cannot be written to its file"),
    }
}

/// Writes to the file, if there is one by now.
struct FileWriter;

impl io::Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        FILE.get().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
