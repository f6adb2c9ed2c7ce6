//! Optional parts of this machine: what each is for, whether it is there, and how it is had on this system.

use super::system::{Manager, Package};
use crate::commands::install::on_path;
use outboard_config::Settings;
use serde::Serialize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Something that Outboard does without, and does better with.
#[derive(Serialize)]
pub(super) struct Part {
    pub(super) id: &'static str,
    /// `ok` or `missing`.
    pub(super) status: &'static str,
    /// What it is for.
    pub(super) purpose: &'static str,
    /// The line that brings it, on this system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
    /// Whether that needs rights of the administrator, or the network; such a line is only shown.
    pub(super) needs: &'static str,
    #[serde(skip)]
    pub(super) mend: Option<Mend>,
}

/// What can be mended here and now: files of the user's own.
pub(super) enum Mend {
    /// A folder that is made.
    Folder(PathBuf),
    /// Files that only their owner may read from then on.
    Private(Vec<PathBuf>),
}

impl Mend {
    /// Does it.
    pub(super) fn run(&self) -> std::io::Result<()> {
        match self {
            Self::Folder(folder) => std::fs::create_dir_all(folder),
            Self::Private(files) => {
                files.iter().try_for_each(|file| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)))
            }
        }
    }
}

/// Every optional part.
pub(super) fn parts(settings: &Settings, manager: Manager) -> Vec<Part> {
    let mut parts = vec![state(settings), secrets(settings)];
    parts.extend(PROGRAMS.iter().map(|program| program.part(settings, manager)));
    parts.extend([namespaces(), groups()]);
    parts
}

fn part(id: &'static str, purpose: &'static str, there: bool, needs: &'static str, fix: String) -> Part {
    let (status, fix) = if there { ("ok", None) } else { ("missing", Some(fix)) };
    Part { id, status, purpose, fix, needs, mend: None }
}

fn state(settings: &Settings) -> Part {
    let folder = &settings.state_dir;
    let fix = format!("mkdir -p {}", folder.display());
    let part =
        part("state", "journal, listings, workspaces and skills are kept there", folder.is_dir(), "nothing", fix);
    Part { mend: (part.status == "missing").then(|| Mend::Folder(folder.clone())), ..part }
}

/// Settings with values of `env` or headers in them that others can read.
fn secrets(settings: &Settings) -> Part {
    let readable = |file: &&PathBuf| {
        let open = std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o044 != 0);
        let text = || std::fs::read_to_string(file).unwrap_or_default();
        open && outboard_config::holds_secrets(&text())
    };
    let files: Vec<PathBuf> = settings.files.iter().filter(readable).cloned().collect();
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let fix = format!("chmod 600 {}", names.join(" "));
    let part = part(
        "secrets",
        "settings with values in env or headers are for their owner alone",
        files.is_empty(),
        "nothing",
        fix,
    );
    Part { mend: (!files.is_empty()).then_some(Mend::Private(files)), ..part }
}

/// A program that is looked for.
struct Program {
    id: &'static str,
    names: &'static [&'static str],
    purpose: &'static str,
    package: Package,
    /// Where settings may name it.
    set: fn(&Settings) -> Option<&Path>,
}

const PROGRAMS: &[Program] = &[
    Program {
        id: "python3",
        names: &["python3"],
        purpose: "programs in Python",
        package: Package::System(&[("", "python3"), ("pacman", "python"), ("brew", "python")]),
        set: |settings| settings.sandbox.python.interpreter.as_deref(),
    },
    Program {
        id: "typescript",
        names: &["tsgo", "tsc"],
        purpose: "types of TypeScript programs are checked before they run",
        package: Package::Line("npm install --global typescript@7"),
        set: |settings| settings.types.typescript.as_deref(),
    },
    Program {
        id: "ty",
        names: &["ty"],
        purpose: "types of Python programs are checked before they run",
        package: Package::Line("pip install ty"),
        set: |settings| settings.types.python.as_deref(),
    },
    Program {
        id: "bun",
        names: &["bun", "deno"],
        purpose: "a further engine for TypeScript, with sandbox.engines.NAME.program",
        package: Package::Line("npm install --global bun"),
        set: |settings| settings.sandbox.engines.values().next().map(|engine| engine.program.as_path()),
    },
    Program {
        id: "browser",
        names: &["xdg-open", "open"],
        purpose: "servers that are signed in to open a page",
        package: Package::System(&[("", "xdg-utils")]),
        set: |_| None,
    },
    Program {
        id: "keychain",
        names: &["secret-tool", "security"],
        purpose: "the key of private values can be kept in the desktop's keychain, with privacy.key_command",
        package: Package::System(&[("", "libsecret"), ("apt-get", "libsecret-tools"), ("zypper", "libsecret-tools")]),
        set: |_| None,
    },
];

impl Program {
    fn part(&self, settings: &Settings, manager: Manager) -> Part {
        let there =
            (self.set)(settings).is_some_and(Path::is_file) || self.names.iter().any(|name| on_path(name).is_some());
        let needs = match self.package {
            Package::System(_) => "root, network",
            Package::Line(_) => "network",
        };
        part(self.id, self.purpose, there, needs, self.package.line(manager))
    }
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// User namespaces, which jails of tier A are made of.
fn namespaces() -> Part {
    let closed = [
        ("/proc/sys/user/max_user_namespaces", 0, "user.max_user_namespaces=15000"),
        ("/proc/sys/kernel/unprivileged_userns_clone", 0, "kernel.unprivileged_userns_clone=1"),
        ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1, "kernel.apparmor_restrict_unprivileged_userns=0"),
    ];
    let closing = closed.iter().find(|(path, value, _)| number(path) == Some(*value));
    let fix = closing.map_or_else(String::new, |(_, _, set)| format!("sudo sysctl -w {set}"));
    let purpose = "jails of the strongest kind, without rights of the administrator";
    part("user namespaces", purpose, closing.is_none(), "root", fix)
}

/// Control groups, with which the memory of all processes of a program is limited together.
fn groups() -> Part {
    let there =
        ["/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/memory"].iter().any(|path| Path::new(path).exists());
    let purpose = "memory and processes of a program are limited as one";
    let fix = "sudo mount -t cgroup2 none /sys/fs/cgroup".to_owned();
    part("cgroups", purpose, there || cfg!(target_os = "macos"), "root", fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mended_is_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        let (new, file) = (folder.path().join("a/b"), folder.path().join("f"));
        std::fs::write(&file, "x").unwrap();
        Mend::Folder(new.clone()).run().unwrap();
        Mend::Private(vec![file.clone()]).run().unwrap();
        assert!(new.is_dir());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
