//! Bash with the host's core utilities: named programs and their libraries, never all of `/usr/bin`.

use super::{PROGRAM, elf, unusable};
use crate::error::SandboxError;
use crate::message::{Layout, Profile};
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

/// What programs usually call, by the package that has it; each is shown where the host has it.
#[rustfmt::skip]
const TOOLS: &[(&str, &[&str])] = &[
    ("bash", &["bash"]),
    ("coreutils", &[
        "base64", "basename", "cat", "chmod", "comm", "cp", "csplit", "cut", "date", "dirname", "du", "echo", "env",
        "expand", "expr", "factor", "false", "fmt", "fold", "head", "id", "install", "join", "link", "ln", "ls",
        "md5sum", "mkdir", "mktemp", "mv", "nl", "nproc", "numfmt", "od", "paste", "pr", "printf", "pwd", "readlink",
        "realpath", "rm", "rmdir", "seq", "sha1sum", "sha256sum", "sha512sum", "shuf", "sleep", "sort", "split",
        "stat", "sum", "sync", "tac", "tail", "tee", "test", "timeout", "touch", "tr", "true", "truncate", "tsort",
        "uname", "unexpand", "uniq", "wc", "whoami", "yes", "[",
    ]),
    ("mawk", &["awk"]),
    ("bsdextrautils", &["column", "hexdump"]),
    ("bzip2", &["bzip2", "bunzip2"]),
    ("curl", &["curl"]),
    ("debianutils", &["which"]),
    ("diffutils", &["cmp", "diff"]),
    ("findutils", &["find", "xargs"]),
    ("grep", &["egrep", "fgrep", "grep"]),
    ("gzip", &["gunzip", "gzip", "zcat"]),
    ("jq", &["jq"]),
    ("sed", &["sed"]),
    ("tar", &["tar"]),
    ("unzip", &["unzip"]),
    ("xz-utils", &["xz", "unxz"]),
];
const FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/bin"];

/// The worker's own commands, which are the worker itself under another name.
const COMMANDS: [&str; 7] = ["call", "search_tools", "state", "tokenize", "is_token", "date", "sleep"];

/// What this host lacks of the tools that bash programs usually call.
///
/// Gives the packages to install, as Debian names them, each with the missing tools.
pub fn missing_tools() -> Vec<(&'static str, Vec<&'static str>)> {
    let lacks = |tools: &[&'static str]| tools.iter().copied().filter(|tool| found(tool).is_none()).collect::<Vec<_>>();
    TOOLS.iter().map(|(package, tools)| (*package, lacks(tools))).filter(|(_, tools)| !tools.is_empty()).collect()
}

/// The root of such a worker: the guest, bash, the tools, and the libraries that they name.
pub(super) async fn layout(guest: &Path) -> Result<Layout, SandboxError> {
    let program = guest.canonicalize();
    let program = program.map_err(|error| unusable(guest, format!("{error}; build or install outboard-bash")))?;
    let Some(bash) = found("bash") else {
        return Err(unusable(Path::new("bash"), "it is missing; apt-get install bash coreutils"));
    };
    let environment = [("PATH", "/outboard:/usr/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("TERM", "dumb")];
    let commands = COMMANDS.map(|name| (format!("/outboard/{name}"), PathBuf::from(PROGRAM)));
    let user = ("/etc/passwd".to_owned(), "user:x:1000:1000::/tmp:/bin/bash\n".to_owned());
    let group = ("/etc/group".to_owned(), "user:x:1000:\n".to_owned());
    let mut layout = Layout {
        argv: vec![PROGRAM.to_owned()],
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        profile: Profile::Shell,
        address_space: true,
        links: [("/bin".to_owned(), "usr/bin".into())].into_iter().chain(commands).collect(),
        texts: vec![user, group],
        ..Layout::default()
    };
    let tools = TOOLS.iter().flat_map(|(_, tools)| tools.iter());
    let tools = tools.filter_map(|tool| Some((found(tool)?, format!("/usr/bin/{tool}"))));
    let programs = [(program, PROGRAM.to_owned()), (bash, "/usr/bin/sh".to_owned())];
    show_all(&mut layout, programs.into_iter().chain(tools)).await?;
    // Without its locale, `LANG` means bytes, and the length of a word with an accent is wrong.
    let folders = ["/usr/share/zoneinfo", "/usr/lib/locale/C.utf8"].map(Path::new).into_iter();
    layout.binds.extend(folders.filter(|path| path.is_dir()).map(|path| (path.to_owned(), path.display().to_string())));
    Ok(layout)
}

/// Shows programs with their libraries. Their loaders are asked at the same time, as each is a process.
async fn show_all(layout: &mut Layout, programs: impl Iterator<Item = (PathBuf, String)>) -> Result<(), SandboxError> {
    let mut parts = JoinSet::new();
    for (file, at) in programs {
        parts.spawn(async move {
            let mut part = Layout::default();
            let shown = elf::show(&mut part, &file, &at).await;
            shown.map(|()| part.binds).map_err(|problem| unusable(&file, problem))
        });
    }
    while let Some(part) = parts.join_next().await {
        layout.binds.extend(part.map_err(|error| unusable(Path::new("bash"), error.to_string()))??);
    }
    layout.binds.sort_by(|one, other| one.1.cmp(&other.1));
    layout.binds.dedup_by(|one, other| one.1 == other.1);
    Ok(())
}

fn found(tool: &str) -> Option<PathBuf> {
    FOLDERS.iter().find_map(|folder| Path::new(folder).join(tool).canonicalize().ok())
}
