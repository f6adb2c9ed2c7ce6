//! Programs that help the host and see what agents write, such as type checkers: confined, but no workers.
//!
//! A helper lives as long as its host, speaks over its stdin and stdout, and belongs to nobody's run, so it has no root
//! and no user of its own. What it may do is what Landlock and the list of system calls leave: read the paths that it is
//! shown, compute, and write to its pipes. It reaches no network, no other process and no other file, and it dies with
//! the thread that started it. Never here: what a helper is for.

use crate::message::Profile;
use crate::sys::landlock::{self, Rules};
use crate::sys::{confine, fds, filter, process};
use serde::{Deserialize, Serialize};
use std::ffi::{CString, OsString};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every program needs to start: its libraries, and the devices that cannot tell or change anything.
const SYSTEM: [&str; 7] =
    ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom", "/sys/kernel/mm"];

/// A helper program and what it may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// Its file.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Files, and folders with all below them, that it may read, beside the system's libraries.
    pub read: Vec<PathBuf>,
    /// The folder in which it starts; one of those that it may read.
    pub folder: PathBuf,
    /// Address space in bytes.
    pub address_space: u64,
    /// Seconds of CPU time in its whole life.
    pub cpu_seconds: u64,
}

impl Helper {
    /// The command that starts it, where `launcher` is a program that ends up in [`helper_main`] with one more argument.
    ///
    /// # Errors
    /// A path or text of it cannot be handed over.
    pub fn command(&self, launcher: &[OsString]) -> io::Result<Command> {
        let (program, arguments) = launcher.split_first().ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))?;
        let mut command = Command::new(program);
        command.args(arguments).arg(serde_json::to_string(self)?).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }
}

/// Confines this process to what its last argument says, and becomes that program. Call it first thing in `main`, before
/// any thread. Never returns: what fails is told on stderr, and the process ends with 126.
pub fn helper_main() -> ! {
    let text = std::env::args().next_back().unwrap_or_default();
    let done = serde_json::from_str::<Helper>(&text)
        .map_err(|error| format!("what to confine is not understood: {error}"))
        .and_then(|helper| confined(&helper).map_err(|(step, error)| format!("{step}: {error}")));
    let problem = done.err().unwrap_or_default();
    let _ = writeln!(io::stderr(), "the helper cannot be confined: {problem}");
    process::exit_now(126)
}

type Step<T> = Result<T, (&'static str, io::Error)>;

fn step<T>(name: &'static str, done: io::Result<T>) -> Step<T> {
    done.map_err(|error| (name, error))
}

/// Takes everything away that a helper does not need; returns only when that fails.
fn confined(helper: &Helper) -> Step<()> {
    process::new_session();
    confine::reset_inherited();
    step("close what was inherited", fds::close_from(3))?;
    step("go to its folder", std::env::set_current_dir(&helper.folder))?;
    let rules = step("name what it may read", rules(helper))?;
    let words = |texts: &mut dyn Iterator<Item = String>| texts.map(CString::new).collect::<Result<Vec<_>, _>>();
    let program = helper.program.display().to_string();
    let argv = words(&mut std::iter::once(program).chain(helper.arguments.iter().cloned()));
    let environment = words(&mut helper.environment.iter().map(|(name, value)| format!("{name}={value}")));
    let argv = step("read its arguments", argv.map_err(Into::into))?;
    let environment = step("read its environment", environment.map_err(Into::into))?;
    limit(helper)?;
    step("drop capabilities", confine::drop_capabilities(false))?;
    step("die with the host", process::die_with_parent())?;
    step("PR_SET_NO_NEW_PRIVS", confine::no_new_privileges())?;
    let version = step("ask for Landlock, which the kernel has from 6.7 on", landlock::version())?;
    if version < 4 {
        return step("Landlock of ABI 4 or newer", Err(io::Error::from_raw_os_error(libc::ENOSYS)));
    }
    step("landlock_restrict_self", landlock::restrict(version, &rules))?;
    step("seccomp for the process group", confine::stay_in_group())?;
    step("seccomp", filter::install(&mut filter::program(Profile::Jit, false)))?;
    step("execve", Err(confine::execute(&argv, &environment)))
}

fn rules(helper: &Helper) -> io::Result<Rules> {
    let system = SYSTEM.iter().map(Path::new).filter(|path| path.exists());
    let own = helper.read.iter().chain([&helper.program]).map(PathBuf::as_path);
    let text = |path: &Path| CString::new(path.as_os_str().as_encoded_bytes()).map_err(Into::into);
    Ok(Rules {
        read: system.chain(own).map(text).collect::<io::Result<_>>()?,
        write: vec![c"/dev/null".to_owned()],
        ..Rules::default()
    })
}

fn limit(helper: &Helper) -> Step<()> {
    const OPEN_FILES: u64 = 256;
    let limits = [
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_FSIZE, 0),
        (libc::RLIMIT_MEMLOCK, 0),
        (libc::RLIMIT_MSGQUEUE, 0),
        (libc::RLIMIT_NOFILE, OPEN_FILES),
        (libc::RLIMIT_AS, helper.address_space),
        (libc::RLIMIT_CPU, helper.cpu_seconds),
    ];
    limits.into_iter().try_for_each(|(resource, most)| step("set its limits", confine::limit(resource, most)))
}
