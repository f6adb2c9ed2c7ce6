//! The commands that call tools.

use crate::host::{Host, echo, run};
use outboard_worker_protocol::CallFailure;
use serde_json::json;

#[test]
fn a_call_prints_its_value() {
    let report = run("call crm get id=7 name=Ada");
    assert_eq!(report.calls, [("crm".into(), "get".into(), json!({"id": 7, "name": "Ada"}))]);
    assert_eq!(report.value, Some(json!({"server": "crm", "tool": "get", "arguments": {"id": 7, "name": "Ada"}})));
}

#[test]
fn arguments_come_as_words_as_json_or_by_a_pipe() {
    let report = run("call crm.get '{\"a\": \"x y\"}' > /dev/null; echo '{\"b\": [1]}' | call crm put - > /dev/null\n\
                      google-drive get_document id=1 | jq -r .server");
    assert_eq!(report.calls[0], (String::new(), "crm.get".into(), json!({"a": "x y"})));
    assert_eq!(report.calls[1].2, json!({"b": [1]}));
    assert_eq!(report.out, "google-drive\n");
}

#[test]
fn text_is_quoted_unless_raw() {
    let host = Host::new("call s t; call -r s t; call -r s t | wc -l; x=$(call -r s t); echo \"[$x]\"");
    assert_eq!(host.run(|_, _, _| Ok(json!("a\nb"))).out, "\"a\\nb\"\na\nb\n2\n[a\nb]\n");
}

#[test]
fn a_failed_call_says_why() {
    let host = Host::new("call crm get id=1 || echo \"status $?\"; call crm get id=1");
    let failure = CallFailure {
        code: "denied".into(),
        message: "no".into(),
        server: "crm".into(),
        tool: "get".into(),
        hint: Some("ask".into()),
        ..CallFailure::default()
    };
    let report = host.run(|_, _, _| Err(failure.clone()));
    assert_eq!(report.out, "status 1\n");
    assert_eq!(report.err, "call: crm.get: no (denied)\n  ask\n".repeat(2));
    assert_eq!(report.error().message, "exit status 1");
    let wrong = run("call; echo $?; call s t oops; echo $?");
    assert_eq!(wrong.out, "2\n2\n");
    assert!(wrong.err.contains("usage: call") && wrong.calls.is_empty());
}

#[test]
fn searches_are_passed_on() {
    let report = run("search_tools send mail limit=3");
    assert_eq!(report.searches, [json!({"query": "send mail", "limit": 3})]);
    assert_eq!(report.value, Some(json!("found")));
}

#[test]
fn calls_run_at_the_same_time() {
    let mut host = Host::new(
        "for i in $(seq 8); do call crm get id=$i > /dev/null & done\n\
         seq 9 16 | xargs -P 8 -I{} call crm get id={} > /dev/null\nwait; echo all",
    );
    host.together = 16;
    let report = host.run(echo);
    assert_eq!((report.calls.len(), report.out.as_str()), (16, "all\n"), "{report:?}");
    let mut ids: Vec<i64> = report.calls.iter().map(|call| call.2["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=16).collect::<Vec<_>>());
}

#[test]
fn calls_work_wherever_a_program_starts_them() {
    let report = run(
        "( call crm a )>/dev/null; bash -c 'call crm b' >/dev/null; env -i \"$(type -P call)\" crm c >/dev/null\n\
                      find . -maxdepth 0 -exec call crm d \\; >/dev/null; exec 5</dev/null; while read -r x; do call crm $x >/dev/null; done <<< $'e\\nf'\n\
                      exec call crm g",
    );
    let tools: String = report.calls.iter().map(|call| call.1.as_str()).collect();
    assert_eq!(tools, "abcdefg", "{report:?}");
}

#[test]
fn large_arguments_and_answers_pass() {
    let host = Host::new(
        "head -c 5000000 /dev/zero | tr '\\0' x | jq -Rc '{x: .}' | call crm put - | jq -r '.arguments.x' | wc -c",
    );
    assert_eq!(host.run(echo).out, "5000001\n");
}

#[test]
fn a_program_that_breaks_the_bridge_harms_itself_only() {
    let report = run(
        "for i in 1 2 3; do echo rubbish >&100; done; call crm a > /dev/null; exec 100>&-\ncall crm b || echo lost",
    );
    assert_eq!((report.calls.len(), report.out.as_str()), (1, "lost\n"), "{report:?}");
    assert!(report.err.contains("descriptor 100"), "{report:?}");
}

#[test]
fn a_command_that_is_killed_leaves_the_rest_working() {
    let mut host = Host::new("call crm a > /dev/null & sleep 0.3; kill -9 $!; wait; call crm b > /dev/null; echo ok");
    host.together = 2;
    let report = host.run(echo);
    assert_eq!((report.calls.len(), report.out.as_str()), (2, "ok\n"), "{report:?}");
}

#[test]
fn calls_say_the_line_that_makes_them() {
    let report = run("set -eu\nget() {\n  call crm get id=$1\n}\nget 1 > /dev/null\nx=$(call crm get id=2)\n\
        crm get id=3 | cat > /dev/null\nprintf 'call crm get id=4\\n' > /tmp/other.sh; bash /tmp/other.sh > /dev/null\n\
        echo id=5 | xargs call crm get > /dev/null\n");
    assert_eq!(report.lines, [Some(3), Some(6), Some(7), None, None], "{report:?}");
}
