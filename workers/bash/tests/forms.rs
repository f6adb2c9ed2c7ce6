//! What a program's value, output and errors are.

use crate::host::{Host, echo, next, run, send};
use outboard_worker_protocol::{FrameBuffer, MAX_FROM_WORKER, Start, ToWorker};
use serde_json::{json, value::RawValue};

#[test]
fn output_that_is_one_json_value_is_the_value() {
    for (code, value) in [
        ("echo '{\"a\": [1, 2]}'", Some(json!({"a": [1, 2]}))),
        ("printf '[\\n 1,\\n 2\\n]\\n'", Some(json!([1, 2]))),
        ("echo $((6 * 7))", Some(json!(42))),
        ("echo text", None),
        ("echo 1; echo 2", None),
        ("true", None),
        ("echo 3 >&2", None),
    ] {
        let report = run(code);
        assert_eq!((report.value, report.error), (value, None), "{code}");
    }
}

#[test]
fn output_and_errors_are_text() {
    let report = run("echo one; echo two >&2; printf 'é€'");
    assert_eq!((report.out.as_str(), report.err.as_str()), ("one\né€", "two\n"));
}

#[test]
fn pipes_loops_functions_and_here_documents_work() {
    let report = run("total() { awk '{s += $1} END {print s}'; }\n\
                      for i in 1 2 3; do echo $i; done | total\nwc -l <<'END'\na\nb\nEND\n\
                      cat <<< 'here'; declare -A m=([k]=v); echo ${m[k]}; ls / > /dev/null; pwd > /dev/null\n\
                      shopt -s extglob; x=abc; echo ${x/#+(a|b)/-}");
    assert_eq!(report.out, "6\n2\nhere\nv\n-c\n");
}

#[test]
fn a_failed_program_says_its_line() {
    let report = run("echo begin\nset -e\nnonsense --now\necho never");
    let error = report.error();
    assert_eq!((error.code.as_str(), error.line), ("program_error", Some(3)), "{error:?}");
    assert!(error.message.starts_with("exit status 127: nonsense: command not found"), "{error:?}");
    assert_eq!((error.excerpt.as_deref(), report.out.as_str()), (Some("nonsense --now"), "begin\n"));
    assert_eq!(run("exit 3").error().message, "exit status 3");
    assert_eq!(run("kill -9 $$").error().message, "killed by signal 9");
}

#[test]
fn nothing_of_a_broken_program_runs() {
    let report = run("echo ran\nif true; then\n  echo x\n");
    let error = report.error();
    assert_eq!((error.code.as_str(), report.out.as_str()), ("syntax_error", ""), "{report:?}");
    assert!(error.message.contains("unexpected end of file"), "{error:?}");
    assert!(error.line.is_some());
}

#[test]
fn input_is_a_variable_and_a_file() {
    let mut host = Host::new("jq -c .n <<< \"$INPUT\"; jq -c '.n + 1' $HOME/input.json");
    host.start.input = Some(RawValue::from_string("{\"n\": 20}".to_owned()).unwrap());
    assert_eq!(host.run(echo).out, "20\n21\n");
    let mut host = Host::new("echo ${INPUT-unset}; wc -c < $HOME/input.json");
    host.start.input = Some(RawValue::from_string(format!("\"{}\"", "x".repeat(1 << 20))).unwrap());
    assert_eq!(host.run(echo).out, format!("unset\n{}\n", (1 << 20) + 2));
}

#[test]
fn too_much_output_is_counted() {
    let mut host = Host::new("head -c 3000000 /dev/zero | tr '\\0' x");
    host.start.stdout_bytes = 1000;
    let report = host.run(echo);
    assert_eq!((report.out.len(), report.dropped), (1000, 2_999_000));
}

#[test]
fn the_end_of_the_program_is_the_end() {
    let report = run("sleep 1000 & echo $! ; echo done");
    assert!(report.out.ends_with("done\n") && report.error.is_none(), "{report:?}");
    let pid = report.out.lines().next().unwrap();
    // Outside of a jail nobody else ends it.
    std::process::Command::new("kill").arg(pid).status().unwrap();
}

#[test]
fn a_held_program_waits_for_go() {
    let mut host = Host::new("call crm get id=1 | jq -r .tool\ngoogle-drive get_document > /dev/null");
    host.start.hold = true;
    let report = host.run(echo);
    assert_eq!(report.inspection.unwrap().tools, ["crm.get", "google-drive.get_document"]);
    assert_eq!(report.out, "get\n");
}

#[test]
fn a_host_that_hangs_up_ends_the_worker() {
    let host = Host::new("");
    let (mut child, mut socket) = host.spawn();
    let mut buffer = FrameBuffer::new(MAX_FROM_WORKER);
    next(&mut socket, &mut buffer).unwrap();
    send(
        &mut socket,
        &ToWorker::Start(Start { code: "exec > /dev/null 2>&1; exec sleep 3".to_owned(), ..Start::default() }),
    );
    drop(socket);
    assert!(!child.wait().unwrap().success());
}
