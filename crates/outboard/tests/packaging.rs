//! A release as users get it: packed, installed into an empty home without root, started from there.

use crate::support::beside;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The programs of this build, packed as a release; once for all tests.
fn packed() -> &'static Path {
    static DONE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = DONE.get_or_init(|| {
        for program in ["outboard-worker", "outboard-bash", "outboard-demo"] {
            beside(program);
        }
        let out = tempfile::tempdir().unwrap();
        let built = Path::new(env!("CARGO_BIN_EXE_outboard")).parent().unwrap();
        let mut command = Command::new(beside("xtask"));
        command.args(["release", "--programs"]).arg(built).arg("--out").arg(out.path());
        told(&command.output().unwrap());
        out
    });
    folder.path()
}

/// What a command that has to succeed said, on both ways out.
fn told(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

fn sh(home: &Path, script: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.arg(script).args(arguments).current_dir(home).env_clear().env("HOME", home);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").output().unwrap()
}

#[test]
fn a_release_installs_into_an_empty_home_and_works_from_there() {
    let (out, home) = (packed(), tempfile::tempdir().unwrap());
    let home = home.path();
    let script = out.join("install.sh");
    let from = format!("file://{}", out.display());
    let said = told(&sh(home, &script, &["--from", &from]));
    assert!(said.contains("installed outboard ") && said.contains("export PATH="), "{said}");
    let program = home.join(".local/bin/outboard");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(home).env_clear().env("HOME", home);
        told(&command.env("PATH", "/usr/local/bin:/usr/bin:/bin").output().unwrap())
    };
    assert_eq!(run(&["-V"]).trim(), format!("outboard {}", env!("CARGO_PKG_VERSION")));
    let told_by_demo = run(&["demo"]);
    assert!(told_by_demo.contains("meeting transcript into a lead"), "{told_by_demo}");
    std::fs::write(home.join("program.sh"), "echo $((6 * 7))").unwrap();
    let bash = run(&["run", "program.sh"]);
    assert!(bash.contains("42"), "{bash}");

    let folder = home.join(format!(".local/lib/outboard-{}", env!("CARGO_PKG_VERSION")));
    let licences = std::fs::read_to_string(folder.join("THIRD-PARTY-LICENSES.txt")).unwrap();
    for part in ["serde 1", "rquickjs-sys", "Fabrice Bellard", "Permission is hereby granted"] {
        assert!(licences.contains(part), "{part}");
    }
    assert!(std::fs::read_to_string(folder.join("requires")).unwrap().starts_with("glibc=2."));
    // Once more over itself, from the folder of the script; then away.
    told(&sh(home, &script, &[]));
    assert!(run(&["--version"]).starts_with("outboard"));
    told(&sh(home, &script, &["--uninstall"]));
    assert!(!program.exists() && !folder.exists());
}

#[test]
fn what_was_changed_on_the_way_is_not_installed() {
    let (out, home) = (packed(), tempfile::tempdir().unwrap());
    let changed = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(out).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|end| end == "gz") {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        std::fs::write(changed.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let script = changed.path().join("install.sh");
    let fails = |arguments: &[&str], said: &str| {
        let output = sh(home.path(), &script, arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && text.contains(said), "{arguments:?}: {text}");
        assert!(!home.path().join(".local").exists(), "{arguments:?} left something behind");
    };
    fails(&[], "is not what SHA256SUMS says");
    fails(&["--version", "9.9.9"], "there is no archive of 9.9.9");
    fails(&["--from", "/nonexistent"], "check --from");
    fails(&["--from", "http://example.com"], "use https://");
    fails(&["--form", "x"], "unknown option --form");
}

#[test]
fn the_image_holds_every_program_of_a_release() {
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Containerfile")).unwrap();
    let (build, image) = file.split_once("FROM docker.io/library/debian").unwrap();
    for program in ["outboard", "outboard-worker", "outboard-bash", "outboard-demo"] {
        let words: Vec<&str> = build.split_whitespace().collect();
        assert!(words.windows(2).any(|two| two == ["--package", program]), "{program} is not built");
        assert!(words.contains(&format!("target/*/{program}").as_str()), "{program} is not kept");
    }
    assert!(image.contains("COPY --from=build /programs/ /usr/local/bin/"), "nothing gets into the image");
    let bases = file.lines().filter_map(|line| line.strip_prefix("FROM "));
    assert!(bases.into_iter().all(|base| base.starts_with("docker.io/")), "Podman knows no registry by itself");
}
