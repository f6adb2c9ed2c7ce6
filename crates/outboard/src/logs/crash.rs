//! A report about a panic: where it happened, never what was being worked on.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Reports that one process writes at most.
const MOST: u32 = 10;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();
static WRITTEN: Mutex<u32> = Mutex::new(0);

/// Reports go below this folder.
pub(super) fn keep_in(state: &Path) {
    let _ = FOLDER.set(state.join("crashes"));
}

/// Writes a report at each panic, besides what is told anyway.
pub(super) fn watch() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        before(info);
        let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        *written += 1;
        if *written > MOST {
            return;
        }
        if let Some(path) = write(&report(info)) {
            crate::output::talk(&format!("a report without private data is in {}", path.display()));
        }
    }));
}

/// Panics where `OUTBOARD_PANIC` names this place, so that tests see what users would.
pub(crate) fn panic_on_purpose(place: &str) {
    let named = std::env::var("OUTBOARD_PANIC").unwrap_or_default();
    assert!(named != place, "a panic on purpose, with what may be private: {}", std::env::args().collect::<String>());
}

/// The place, the thread and the functions. The message only where it is a literal of the program: one that was
/// put together may hold anything.
fn report(info: &PanicHookInfo<'_>) -> String {
    let mut text = format!("outboard {} panicked\n", env!("CARGO_PKG_VERSION"));
    let literal = info.payload().downcast_ref::<&'static str>();
    let _ = writeln!(text, "message: {}", literal.unwrap_or(&"(left out: it may hold private data)"));
    if let Some(place) = info.location() {
        let _ = writeln!(text, "place: {}:{}:{}", place.file(), place.line(), place.column());
    }
    let _ = writeln!(text, "thread: {}", std::thread::current().name().unwrap_or("(no name)"));
    let _ = writeln!(text, "command: {}", command());
    let _ = writeln!(text, "system: {} {}", std::env::consts::OS, std::env::consts::ARCH);
    let _ = writeln!(text, "\n{}", Backtrace::force_capture());
    text
}

/// The name of the command, without its arguments.
fn command() -> String {
    let word = |argument: &String| !argument.starts_with('-') && argument.bytes().all(|byte| byte.is_ascii_lowercase());
    std::env::args().skip(1).find(word).unwrap_or_default()
}

fn write(report: &str) -> Option<PathBuf> {
    let folder = FOLDER.get()?;
    std::fs::create_dir_all(folder).ok()?;
    let path = folder.join(format!("crash-{}-{}.txt", outboard_types::now_ms(), std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(&path).and_then(|mut file| file.write_all(report.as_bytes())).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// The report of a panic in a thread of its own.
    fn of(work: fn()) -> String {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Arc::new(Mutex::new(String::new()));
        let (keep, before) = (kept.clone(), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| *keep.lock().unwrap() = report(info)));
        let _ = std::thread::Builder::new().name("guinea".into()).spawn(work).unwrap().join();
        std::panic::set_hook(before);
        kept.lock().unwrap().clone()
    }

    #[test]
    fn it_says_where_and_never_what() {
        let text = of(|| {
            let secret = std::hint::black_box("me@example.com");
            panic!("cannot send to {secret}");
        });
        assert!(!text.contains("example.com"), "{text}");
        assert!(text.contains("crash.rs:") && text.contains("thread: guinea"), "{text}");
        assert!(of(|| panic!("invariant: never")).contains("message: invariant: never"));
    }
}
