//! Places that cannot be granted.

use std::path::{Path, PathBuf};

/// The kernel's own, and the root above everything.
const KERNEL: [&str; 5] = ["/proc", "/sys", "/dev", "/boot", "/run"];

/// What the host itself runs or obeys. May be read, but for the secrets among it.
const SYSTEM: [&str; 9] =
    ["/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/var/lib", "/var/spool/cron", "/var/run"];

/// Secrets of the system.
const SYSTEM_SECRETS: [&str; 6] =
    ["/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssl/private"];

/// Secrets in a home.
const SECRETS: [&str; 19] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".kube",
    ".docker",
    ".netrc",
    ".git-credentials",
    ".pgpass",
    ".npmrc",
    ".pypirc",
    ".password-store",
    ".local/share/keyrings",
    ".mozilla",
    ".config/gh",
    ".config/outboard",
    ".cargo/credentials.toml",
    ".cargo/credentials",
];

/// What a home's owner runs without looking: shells, logins, sessions, editors, version control, agents.
const OBEYED: [&str; 51] = [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".config/fish",
    ".config/autostart",
    ".config/systemd",
    ".config/git",
    ".config/nvim",
    ".gitconfig",
    ".vimrc",
    ".vim",
    ".inputrc",
    ".local/bin",
    ".cargo/bin",
    ".xprofile",
    ".pam_environment",
    ".config/environment.d",
    ".config/zsh",
    ".config/tmux",
    ".tmux.conf",
    ".screenrc",
    ".local/share/applications",
    ".emacs",
    ".emacs.d",
    ".config/emacs",
    ".config/Code",
    ".vscode",
    ".vscode-server",
    ".config/zed",
    ".cargo/config",
    ".cargo/config.toml",
    ".claude",
    ".claude.json",
    ".config/Claude",
    ".cursor",
    ".config/Cursor",
    ".codeium",
    ".codex",
    ".gemini",
    ".qwen",
    ".cline",
    ".junie",
    ".config/goose",
    ".config/opencode",
];

/// Checks a real path against all rules.
pub(super) fn check(source: &Path, writable: bool, own: &[PathBuf]) -> Result<(), String> {
    let homes = homes();
    refuse_overlap(source, own.iter().map(|path| real(path)), "Outboard's own files can be granted in no way")?;
    refuse_overlap(source, paths(&KERNEL), "the kernel's files can be granted in no way")?;
    let secrets = paths(&SYSTEM_SECRETS).chain(in_homes(&homes, &SECRETS));
    refuse_overlap(source, secrets, "secrets can be granted in no way")?;
    if writable {
        refuse_overlap(source, paths(&SYSTEM), "the system's files cannot be granted writable")?;
        let obeyed = in_homes(&homes, &OBEYED);
        refuse_overlap(source, obeyed, "files that a login obeys cannot be granted writable")?;
    }
    Ok(())
}

/// Refuses a folder in a forbidden place, and one that holds a forbidden place, whether that exists yet or not.
fn refuse_overlap(source: &Path, forbidden: impl Iterator<Item = PathBuf>, rule: &str) -> Result<(), String> {
    for place in forbidden {
        if source.starts_with(&place) {
            return Err(format!("{rule}, and it is in {}", place.display()));
        }
        if place.starts_with(source) {
            return Err(format!("{rule}, and {} belongs in it; grant a narrower folder", place.display()));
        }
    }
    Ok(())
}

fn paths(names: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
    // As written and as they are: `/bin` may be a link.
    names.iter().flat_map(|name| [PathBuf::from(name), real(Path::new(name))])
}

fn in_homes(homes: &[PathBuf], names: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
    homes
        .iter()
        .flat_map(move |home| names.iter().map(move |name| home.join(name)))
        .flat_map(|path| [real(&path), path])
}

/// Every home that can be found.
fn homes() -> Vec<PathBuf> {
    let own = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute() && home != Path::new("/"));
    let entries = std::fs::read_dir("/home").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let listed = accounts.lines().filter_map(|line| {
        let mut fields = line.split(':').skip(2);
        let number: u32 = fields.next()?.parse().ok()?;
        let home = PathBuf::from(fields.nth(2)?);
        // Accounts of services share places such as `/` and `/var`; people and root have their own.
        (number == 0 || number >= 1000).then_some(home).filter(|home| home.components().count() > 1)
    });
    let missing = Path::new("/nonexistent");
    own.into_iter().chain(entries).chain(listed.filter(|home| home != missing)).chain(["/root".into()]).collect()
}

/// The real path of what may not exist yet: of the part that does, with the rest behind it.
fn real(path: &Path) -> PathBuf {
    path.ancestors()
        .find_map(|part| {
            let rest = path.strip_prefix(part).ok()?;
            part.canonicalize().ok().map(|real| if rest.as_os_str().is_empty() { real } else { real.join(rest) })
        })
        .unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(source: &str, writable: bool) -> Option<String> {
        check(Path::new(source), writable, &[]).err()
    }

    #[test]
    fn places_that_own_the_host_are_refused() {
        for source in
            ["/", "/proc", "/proc/self", "/sys/fs", "/dev/shm", "/etc/ssh", "/etc", "/root/.ssh", "/root", "/run/x"]
        {
            assert!(problem(source, false).is_some(), "{source}");
            assert!(problem(source, true).is_some(), "{source}");
        }
    }

    #[test]
    fn the_system_may_be_read_and_not_written() {
        for source in ["/usr/share/dict", "/etc/ssl/certs", "/var/lib/data", "/root/.config/fish", "/root/.local/bin"] {
            assert_eq!(problem(source, false), None);
            assert!(problem(source, true).is_some(), "{source}");
        }
    }

    #[test]
    fn ordinary_places_are_fine() {
        for source in ["/srv/data", "/root/projects/one", "/opt/reports", "/data", "/prochure", "/etcetera"] {
            assert_eq!(problem(source, true), None, "{source}");
        }
    }

    #[test]
    fn what_agents_and_editors_obey_is_not_written_and_our_own_key_not_read() {
        for source in ["/root/.claude", "/root/.config/Code/User", "/root/.cargo", "/root/.codex/skills"] {
            assert!(problem(source, true).is_some(), "{source}");
        }
        assert_eq!(problem("/root/.claude", false), None);
        assert!(problem("/root/.config/outboard", false).is_some() && problem("/root/.config", false).is_some());
    }

    #[test]
    fn the_error_names_rule_and_place() {
        let text = problem("/root", true).unwrap();
        assert!(text.contains("secrets can be granted in no way") && text.contains("narrower"), "{text}");
    }
}
