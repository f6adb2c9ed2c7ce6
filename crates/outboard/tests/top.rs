//! `outboard top`: once in a pipe, and on a terminal that is given back.

use crate::support::Place;
use serde_json::Value;
use std::process::{Child, Stdio};

/// Runs a command on a pseudo-terminal: types what the steps say once their word was shown (blanks are not drawn), then prints how it ended,
/// the terminal's modes before and after, and all that was shown.
const TERMINAL: &str = r#"
import fcntl, json, os, pty, select, signal, struct, sys, termios, time
steps, command = json.loads(sys.argv[1]), sys.argv[2:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.execvpe(command[0], command, os.environ)
shown, until = b"", time.time() + 60
status = None
while status is None and time.time() < until:
    if select.select([master], [], [], 0.05)[0]:
        shown += os.read(master, 65536)
    if steps and steps[0][0].encode() in shown:
        action = steps.pop(0)[1]
        time.sleep(0.3)
        if action.startswith("SIG"):
            os.kill(pid, getattr(signal, action))
        else:
            os.write(master, action.encode())
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
if status is None:
    os.kill(pid, signal.SIGKILL)
while select.select([master], [], [], 0.2)[0]:
    shown += os.read(master, 65536)
after = termios.tcgetattr(slave)
print(json.dumps({"status": status, "restored": before == after, "left": steps, "shown": shown.decode("utf-8", "replace")}))
"#;

/// What came of a command on a terminal.
fn terminal(place: &Place, steps: &Value, variables: &[(&str, &str)]) -> Value {
    place.write("terminal.py", TERMINAL);
    let command = place.command(&["top"]);
    let mut python = std::process::Command::new("python3");
    python.arg("terminal.py").arg(steps.to_string()).arg(command.get_program()).args(command.get_args());
    python.current_dir(place.path()).env_clear().env("HOME", place.path()).env("TERM", "xterm-256color");
    python.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(variables.iter().copied());
    let output = python.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("python3 is needed: {told}"))
}

/// A program that waits for a person.
fn asking(place: &Place) -> Child {
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&(settings + "[[policy.rules]]\ntools = [\"logs.get_page\"]\naction = \"ask\"\n"));
    place.write("program.ts", "return (await logs.getPage({ page: 7 })).records.length;");
    let mut command = place.command(&["run", "program.ts"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    place.until(&["approvals", "--json"], |open| open.contains("get_page"));
    child
}

#[test]
fn a_pipe_gets_one_snapshot() {
    let place = Place::with(&["logs"]);
    place.program("typescript", "await logs.getPage({ page: 1 }); return 1;");
    let shown: Value = serde_json::from_str(&place.ok(&["top", "--json"])).unwrap();
    assert_eq!(
        (&shown["live"], &shown["ended"][0]["status"]),
        (&serde_json::json!([]), &"succeeded".into()),
        "{shown}"
    );
    let server = &shown["servers"][0];
    assert_eq!((&server["id"], &server["last_hour"]["calls"]), (&"logs".into(), &1.into()), "{shown}");
    assert_eq!((&shown["last_day"]["executions"], &shown["last_day"]["calls"]), (&1.into(), &1.into()));
    place.program("typescript", "await logs.getPage({ page: 'none' }).catch(() => 0); return 1;");
    let text = place.ok(&["top"]);
    let ended: Vec<_> = text.lines().filter(|line| line.contains("succeeded")).collect();
    assert!(
        ended.len() == 2 && ended.iter().all(|line| line.trim_end().ends_with(" 1")),
        "their calls are counted: {text}"
    );
    assert!(text.contains("1 (invalid_arguments 1)"), "errors by server: {text}");
    assert!(text.contains("CALLS, LAST HOUR") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_question_is_answered_on_the_screen_and_the_terminal_is_given_back() {
    let place = Place::with(&["logs"]);
    let child = asking(&place);
    let shown: Value = serde_json::from_str(&place.ok(&["top", "--json"])).unwrap();
    let live = &shown["live"][0];
    assert_eq!(live["line"], 1, "{shown}");
    assert!(live["waits_for"].as_str().unwrap().starts_with("a person: logs.get_page ("), "{shown}");
    let steps = serde_json::json!([["\"page\":", "a"], ["approved", "q"]]);
    let seen = terminal(&place, &steps, &[]);
    assert_eq!(
        (&seen["status"], &seen["restored"], &seen["left"]),
        (&0.into(), &true.into(), &serde_json::json!([])),
        "{seen}"
    );
    let shown = seen["shown"].as_str().unwrap();
    assert!(shown.contains("logs.get_page") && shown.contains("waiting_approval"), "{shown}");
    assert!(shown.contains("\u{1b}[?1049h") && shown.trim_end().contains("\u{1b}[?1049l"), "{shown}");
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("succeeded"));
}

#[test]
fn a_no_is_a_no() {
    let place = Place::with(&["logs"]);
    let child = asking(&place);
    let seen = terminal(&place, &serde_json::json!([["get_page", "d"], ["denied", "\u{1b}[B"], ["denied", "q"]]), &[]);
    assert_eq!((&seen["status"], &seen["restored"]), (&0.into(), &true.into()), "{seen}");
    assert!(String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).contains("denied"));
}

#[test]
fn the_terminal_is_given_back_at_ctrl_c_at_a_signal_and_at_a_panic() {
    let place = Place::with(&["logs"]);
    for (action, variables) in
        [("\u{3}", &[][..]), ("SIGTERM", &[]), ("SIGINT", &[]), ("", &[("OUTBOARD_PANIC", "top")])]
    {
        let steps = if action.is_empty() { serde_json::json!([]) } else { serde_json::json!([["leave", action]]) };
        let seen = terminal(&place, &steps, variables);
        let shown = seen["shown"].as_str().unwrap();
        assert_eq!(seen["restored"], true, "{action:?}: {seen}");
        let (_, after) = shown.rsplit_once("\u{1b}[?1049l").unwrap_or_else(|| panic!("{action:?}: {seen}"));
        assert!(after.contains("\u{1b}[?25h"), "the cursor is back: {seen}");
        let panicked = !variables.is_empty();
        assert_eq!(seen["status"] == 0, !panicked, "{seen}");
        assert_eq!(after.contains("a report without private data"), panicked, "told where it can be read: {after}");
    }
}
