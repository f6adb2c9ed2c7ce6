//! The same tests once more as an ordinary user, who needs a user namespace for all that root may do at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Tests whose subject differs between root and others.
const AGAIN: [&str; 6] = [
    "jail::",
    "network::",
    "tier_b::",
    "lifetime::an_idle_worker",
    "lifetime::a_folder_is_looked_at",
    "limits::who_has_used_much",
];

#[test]
fn an_ordinary_user_is_isolated_as_well() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    if uid.split_whitespace().nth(1) != Some("0") {
        // Every other test of this run is the proof then.
        return;
    }
    // The build's folders may be root's alone, so the programs move to where everybody can execute them.
    let folder = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir_in("/tmp").unwrap();
    let (tests, spawner, home) =
        (folder.path().join("tests"), folder.path().join("spawner"), folder.path().join("home"));
    fs::copy(std::env::current_exe().unwrap(), &tests).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_outboard-spawner"), &spawner).unwrap();
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(65_534), Some(65_534)).unwrap();
    assert!(Path::new("/usr/bin/python3").exists(), "apt-get install python3");
    for plain in [false, true] {
        again(&tests, &spawner, &home, plain);
    }
}

/// Runs the tests as an ordinary user; with workers that are started one by one, rather than copied, if `plain`.
fn again(tests: &Path, spawner: &Path, home: &Path, plain: bool) {
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let mut command = Command::new("setpriv");
    command
        .args(user)
        .arg(tests)
        .args(["--test-threads", "2"])
        .args(AGAIN)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TMPDIR", home)
        .env("SANDBOX_TEST_SPAWNER", spawner)
        .current_dir(home);
    if plain {
        command.env("SANDBOX_TEST_PLAIN", "1");
    }
    let output = command.output().expect("apt-get install util-linux");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let passed = text.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
    assert!(passed >= 25, "{text}");
}
