//! The same tests once more as others than root: an ordinary user, who needs a user namespace for all that root may do
//! at once, and root where user namespaces are forbidden, who has to do without.

use crate::support::{Space, is_root};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Tests whose subject differs between root and others.
const AGAIN: [&str; 7] = [
    "jail::",
    "hiding::",
    "network::",
    "tier_b::",
    "lifetime::an_idle_worker",
    "lifetime::a_folder_is_looked_at",
    "limits::who_has_used_much",
];

/// Those that differ between root with user namespaces and without. Where no group counts processes, all of the user's
/// count together there, those of the tests beside these too, so those that count them prove nothing.
const WITHOUT_NAMESPACES: [&str; 7] =
    ["jail::", "network::", "limits::", "--skip", "limits::a_fork_bomb", "--skip", "limits::who_is_refused_processes"];

#[test]
fn an_ordinary_user_is_isolated_as_well() {
    let Some(copies) = Copies::made() else { return };
    for plain in [false, true] {
        let mut user = Command::new("setpriv");
        user.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(copies.tests()).env_clear();
        // With workers that are started one by one, rather than copied.
        if plain {
            user.env("SANDBOX_TEST_PLAIN", "1");
        }
        copies.again(&mut user, &AGAIN, 25);
    }
}

#[test]
fn root_without_user_namespaces_is_isolated_as_well() {
    let Some(copies) = Copies::made() else { return };
    let space = Space::made();
    let words = space.words("exec");
    let mut root = Command::new(&words[0]);
    root.args(&words[1..]).arg(copies.tests()).env_clear();
    copies.again(&mut root, &WITHOUT_NAMESPACES, 20);
}

/// The programs of this test, where everybody can execute them: the build's folders may be root's alone.
struct Copies(TempDir);

impl Copies {
    /// None where this is not root: every other test of this run is the proof then.
    fn made() -> Option<Self> {
        if !is_root() {
            return None;
        }
        let open = fs::Permissions::from_mode(0o755);
        let copies = Self(tempfile::Builder::new().permissions(open).tempdir_in("/tmp").unwrap());
        fs::copy(std::env::current_exe().unwrap(), copies.tests()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_outboard-spawner"), copies.0.path().join("spawner")).unwrap();
        fs::create_dir(copies.0.path().join("home")).unwrap();
        std::os::unix::fs::chown(copies.0.path().join("home"), Some(65_534), Some(65_534)).unwrap();
        assert!(Path::new("/usr/bin/python3").exists(), "apt-get install python3");
        Some(copies)
    }

    fn tests(&self) -> PathBuf {
        self.0.path().join("tests")
    }

    /// Runs these tests through a command that ends with the program of the tests and has an environment of its own.
    fn again(&self, command: &mut Command, which: &[&str], least: usize) {
        let home = self.0.path().join("home");
        command.args(["--test-threads", "2"]).args(which).current_dir(&home);
        command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("TMPDIR", &home);
        command.env("SANDBOX_TEST_SPAWNER", self.0.path().join("spawner"));
        let output = command.output().expect("apt-get install util-linux");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let passed = text.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
        assert!(passed >= least, "{text}");
    }
}
