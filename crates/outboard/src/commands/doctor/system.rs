//! How programs are had on this system.

/// The program that installs others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manager {
    name: &'static str,
    install: &'static str,
}

const MANAGERS: &[(&str, Manager)] = &[
    ("debian", Manager { name: "apt-get", install: "sudo apt-get install" }),
    ("ubuntu", Manager { name: "apt-get", install: "sudo apt-get install" }),
    ("fedora", Manager { name: "dnf", install: "sudo dnf install" }),
    ("rhel", Manager { name: "dnf", install: "sudo dnf install" }),
    ("centos", Manager { name: "dnf", install: "sudo dnf install" }),
    ("arch", Manager { name: "pacman", install: "sudo pacman -S" }),
    ("suse", Manager { name: "zypper", install: "sudo zypper install" }),
    ("opensuse", Manager { name: "zypper", install: "sudo zypper install" }),
    ("alpine", Manager { name: "apk", install: "sudo apk add" }),
    ("macos", Manager { name: "brew", install: "brew install" }),
];

impl Manager {
    /// That of this machine; the one that is most common if it is not known.
    pub(super) fn here() -> Self {
        if cfg!(target_os = "macos") {
            return Self::of("ID=macos");
        }
        Self::of(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    /// That of a system that describes itself so.
    fn of(release: &str) -> Self {
        let field = |key: &str| release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let words =
            ["ID", "ID_LIKE"].into_iter().filter_map(field).flat_map(|value| value.trim_matches('"').split(' '));
        let known = |word: &str| MANAGERS.iter().find(|(id, _)| word == *id || word.starts_with(&format!("{id}-")));
        words.into_iter().find_map(known).map_or(MANAGERS[0].1, |(_, manager)| *manager)
    }
}

/// How a program is had.
pub(super) enum Package {
    /// From the system: names by the program that installs them, the usual one under an empty name.
    System(&'static [(&'static str, &'static str)]),
    /// By a line that is the same everywhere.
    Line(&'static str),
}

impl Package {
    /// The line.
    pub(super) fn line(&self, manager: Manager) -> String {
        match self {
            Self::Line(line) => (*line).to_owned(),
            Self::System(names) => {
                let name = |wanted: &str| names.iter().find(|(manager, _)| *manager == wanted).map(|(_, name)| *name);
                let name = name(manager.name).or_else(|| name("")).unwrap_or_default();
                format!("{} {name}", manager.install)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_line() {
        let package = Package::System(&[("", "libsecret"), ("apt-get", "libsecret-tools")]);
        for (release, line) in [
            ("NAME=x\nID=debian\n", "sudo apt-get install libsecret-tools"),
            ("ID=pop\nID_LIKE=\"ubuntu debian\"\n", "sudo apt-get install libsecret-tools"),
            ("ID=rocky\nID_LIKE=\"rhel centos fedora\"\n", "sudo dnf install libsecret"),
            ("ID=\"opensuse-leap\"\n", "sudo zypper install libsecret"),
            ("ID=arch\n", "sudo pacman -S libsecret"),
            ("ID=alpine\n", "sudo apk add libsecret"),
            ("ID=macos", "brew install libsecret"),
            ("", "sudo apt-get install libsecret-tools"),
        ] {
            assert_eq!(package.line(Manager::of(release)), line, "{release}");
        }
    }
}
