//! What a helper cannot do, and what a checker costs in there.
#![allow(clippy::print_stdout, reason = "a measurement is for people")]

use super::tools;
use crate::support::Place;
use outboard_catalog::{Catalogue, Listing};
use outboard_sandbox::Helper;
use outboard_typecheck::{Launch, Mode, Options, Program, TypeChecks};
use outboard_types::{Language, ServerName};
use serde_json::json;
use serde_json::value::to_raw_value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn launcher() -> [OsString; 2] {
    [env!("CARGO_BIN_EXE_outboard").into(), "__helper".into()]
}

fn helper(program: &Path, arguments: &[&str], read: Vec<PathBuf>, folder: &Path) -> Helper {
    Helper {
        program: program.to_owned(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        environment: vec![("HOME".into(), "/nonexistent".into())],
        read,
        folder: folder.to_owned(),
        address_space: 8 << 30,
        cpu_seconds: 60,
    }
}

/// Runs a shell line in confinement and gives what it printed.
fn said(folder: &Path, line: &str) -> String {
    let programs = ["/bin", "/usr/bin"].map(PathBuf::from).to_vec();
    let read = [vec![folder.to_owned()], programs].concat();
    let shell = Path::new("/bin/sh").canonicalize().unwrap();
    let output = helper(&shell, &["-c", line], read, folder).command(&launcher()).unwrap().output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_helper_reads_what_it_is_shown_and_does_nothing_else() {
    let place = Place::with(&[]);
    let folder = place.path();
    place.write("shown", "hello");
    assert!(said(folder, "/usr/bin/cat shown; echo; exec 2>&1").contains("hello"));
    let other = Place::with(&[]);
    other.write("hidden", "secret");
    let hidden = other.path().join("hidden").display().to_string();
    for (line, what) in [
        (format!("/usr/bin/cat {hidden}; echo done"), "secret"),
        ("/usr/bin/cat /etc/passwd; echo done".into(), "root:"),
        ("/usr/bin/cat /proc/self/environ; echo done".into(), "HOME"),
        ("echo x > written; /usr/bin/ls; echo done".into(), "written\n"),
        ("echo ${HOSTILE:-none}; echo done".into(), "hostile"),
    ] {
        let told = said(folder, &line);
        assert!(told.contains("done") && !told.contains(what), "{line}: {told}");
    }
    let mut victim = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let told = said(folder, &format!("kill -9 {}; echo done", victim.id()));
    let lives = victim.try_wait().unwrap().is_none();
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(told.contains("done") && lives, "{told}");
}

#[test]
fn a_helper_has_no_network() {
    let mut python = std::process::Command::new("python3");
    python.args(["-c", "import sys; print(sys.executable, sys.base_prefix)"]);
    let output = python.output().expect("apt-get install python3");
    let text = String::from_utf8(output.stdout).unwrap();
    let (program, prefix) = text.trim().split_once(' ').unwrap();
    let place = Place::with(&[]);
    let code =
        "import socket\ntry:\n    socket.socket(); print('a socket')\nexcept OSError as error: print('refused', error)";
    let read = vec![PathBuf::from(prefix), place.path().to_owned()];
    let program = Path::new(program).canonicalize().unwrap();
    let helper = helper(&program, &["-I", "-S", "-c", code], read, place.path());
    let output = helper.command(&launcher()).unwrap().output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("refused"), "{told}");
}

#[test]
fn a_helper_that_cannot_be_confined_does_not_run() {
    let place = Place::with(&[]);
    let helper = helper(Path::new("/bin/sh"), &["-c", "echo ran"], Vec::new(), Path::new("/nonexistent"));
    let output = helper.command(&launcher()).unwrap().output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(126), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("go to its folder"));
    drop(place);
}

/// A catalogue of so many tools.
fn catalogue(count: usize) -> Arc<Catalogue> {
    let tool = |n: usize| {
        let schema = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "limit": {"type": "integer"}}});
        let output = json!({"type": "object", "properties": {"name": {"type": "string"}, "rows": {"type": "array", "items": schema}}});
        to_raw_value(&json!({"name": format!("tool_{n}"), "inputSchema": schema, "outputSchema": output})).unwrap()
    };
    let listing = |server: usize| {
        let tools = (0..20).map(|n| tool(server * 20 + n)).collect();
        Listing { server: ServerName::new(format!("server-{server}")).unwrap(), title: None, instructions: None, tools }
    };
    Arc::new(Catalogue::build(1, (0..count / 20).map(listing).collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_look_costs() {
    let place = Place::with(&[]);
    let launch: Launch = Arc::new(|program: &Program| {
        let arguments: Vec<&str> = program.arguments.iter().map(String::as_str).collect();
        helper(&program.path, &arguments, program.read.clone(), &program.folder).command(&launcher())
    });
    let options = Options {
        mode: Mode::Require,
        typescript: Some(tools::typescript()),
        python: Some(tools::python()),
        search_path: OsString::new(),
        folder: place.path().join("types"),
        launch,
    };
    let (checks, catalogue) = (TypeChecks::new(options).unwrap(), catalogue(200));
    for (language, code, found) in [
        (Language::TypeScript, "const x = await server1.tool20({ id: 'a' });\nconsole.log(x.nam, [1].mapp(1));\n", 2),
        (Language::Python, "x = server_1.tool_20(id='a')\nx[\"nam\"]\n[1].push(2)\n", 2),
        (Language::Python, "x = await server_1.tool_20(id='a')\nx[\"nam\"]\n[1].push(2)\n", 2),
    ] {
        let mut times = Vec::new();
        for n in 0..60 {
            // No two programs are the same, as nothing is to come from a memory of the last one.
            let code = format!("{code}{}", "\n".repeat(n));
            let begin = Instant::now();
            let said = checks.check(language, &code, &catalogue, "cost").await.unwrap();
            times.push(begin.elapsed());
            assert_eq!(said.len(), found, "{said:?}");
        }
        let first = times.remove(0);
        times.sort();
        println!(
            "{language:?}: first {first:?}, then median {:?}, p95 {:?}",
            times[times.len() / 2],
            times[times.len() * 95 / 100]
        );
        assert!(times[0] < Duration::from_millis(500), "{times:?}");
    }
}
