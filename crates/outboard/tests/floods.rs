//! Programs that ask for more than their host can hold.

use crate::support::Place;
use serde_json::{Value, json};

/// Frames past the worker's own code, as a hostile program sends them.
const RAW: &str = "import os, struct\n\
    def send(body):\n    data = struct.pack('<I', len(body)) + body\n    while data: data = data[os.write(3, data):]\n";

const ECHO: &str = r#"
text = {"type": "object", "properties": {"text": {"type": "string"}}}
serve([{"name": "back", "inputSchema": text}], lambda name, given, meta: given)
"#;

fn ended(settings: &str, code: &str) -> Value {
    let place = Place::with(&[]);
    place.settings(settings);
    place.program("python", &format!("{RAW}{code}"))
}

#[test]
fn requests_have_a_limit_in_number_and_size() {
    let timers = "for n in range(500): send(b'{\"timer\":{\"id\":%d,\"ms\":1e12}}' % (1 << 40 | n))\nimport time; time.sleep(60)";
    let report = ended("[sandbox]\nrequests = 100\ntotal_calls = 20\n", timers);
    assert_eq!(report["status"], "limit_exceeded", "{report}");
    assert!(report["error"]["message"].as_str().unwrap().contains("100 requests"), "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("sandbox.requests"), "{report}");
    let searches = "for n in range(200): send(b'{\"search\":{\"id\":%d,\"arguments\":{\"query\":\"%s\"}}}' % (1 << 40 | n, b'x' * 15000))\nimport time; time.sleep(60)";
    let report = ended("[sandbox]\nrequest_mb = 2\n", searches);
    assert_eq!(report["status"], "limit_exceeded", "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("sandbox.request_mb"), "{report}");
}

/// Thirty bytes ask for megabytes, and each answer has its place in the journal.
#[test]
fn answers_have_a_limit_as_well() {
    let lists = "for n in range(300): state.set('%0500d' % n, 1)\n\
        for n in range(4_000): send(b'{\"call\":{\"id\":%d,\"server\":\"outboard:\",\"tool\":\"state_list\",\"arguments\":{}}}' % (1 << 40 | n))\n\
        import time; time.sleep(60)";
    let report = ended("[sandbox]\nanswer_mb = 8\n", lists);
    assert_eq!(report["status"], "limit_exceeded", "{report}");
    assert!(report["error"]["message"].as_str().unwrap().contains("8 MiB"), "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("sandbox.answer_mb"), "{report}");
}

#[test]
fn what_a_program_holds_is_said_once() {
    let said = "for n in range(3): send(b'{\"inspected\":{\"inspection\":{}}}')\nimport time; time.sleep(60)";
    let report = ended("", said);
    assert_eq!((&report["status"], &report["error"]["code"]), (&json!("failed"), &json!("worker_lost")), "{report}");
}

/// What a worker says of itself counts for no more than it is.
#[test]
fn made_up_figures_and_codes_reach_nobody() {
    let claim = "send(b'{\"console\":{\"stream\":\"out\",\"text\":\"%s\"}}' % (b'x' * 2_000_000))\n\
        send(b'{\"result\":{\"value\":1,\"dropped_bytes\":18446744073709551615}}')\nimport time; time.sleep(60)";
    assert_eq!(ended("", claim)["result"], json!(1));
    let books = "send(b'{\"error\":{\"error\":{\"code\":\"made up\",\"message\":\"m\",\"hint\":\"%s\",\"stack\":[\"%s\"]}}}' % (b'h' * 300_000, b's' * 300_000))\n\
        import time; time.sleep(60)";
    let report = ended("", books);
    assert_eq!(report["error"]["code"], json!("program_error"), "{report}");
    assert!(report.to_string().len() < 10_000, "{} bytes", report.to_string().len());
    let long =
        "send(b'{\"ready\":{\"version\":1,\"engine\":\"%s\"}}' % (b'x' * (5 << 20)))\nimport time; time.sleep(60)";
    assert_eq!(ended("", long)["error"]["code"], json!("worker_lost"));
}

#[test]
fn a_search_for_a_book_is_refused_and_the_program_goes_on() {
    let report = ended("", "try:\n    search_tools('x' * 20_000)\nexcept ToolError as e:\n    result = e.code");
    assert_eq!((&report["status"], &report["result"]), (&json!("succeeded"), &json!("invalid_request")), "{report}");
}

/// However many requests a program writes before it reads an answer.
#[test]
fn a_program_that_asks_for_much_at_once_is_answered_all_of_it() {
    let times = "for n in range(4_500): send(b'{\"call\":{\"id\":%d,\"server\":\"outboard:\",\"tool\":\"now\",\"arguments\":{}}}' % (1 << 40 | n))\n\
        def exactly(size):\n    data = b''\n    while len(data) < size: data += os.read(3, size - len(data))\n    return data\n\
        result = 0\nwhile result < 4_500: result += exactly(*struct.unpack('<I', exactly(4))).startswith(b'{\"done\"')";
    let report = ended("", times);
    assert_eq!(report["result"], json!(4_500), "{report}");
}

/// A worker that writes does not read before it is done, so a host that has much for it must not stop listening.
#[test]
fn large_requests_and_large_answers_at_once_do_not_wait_for_each_other() {
    let place = Place::with(&[]);
    let server = place.python("echo", ECHO, &[]);
    place.settings(&format!("expose = \"code\"\n{server}[privacy]\nenabled = false\n"));
    let code = "const text = 'ab cd '.repeat(120_000);\n\
        const said = await Promise.all(Array.from({ length: 120 }, (_, n) => echo.back({ text: text + n })));\n\
        return `all of ${said.filter((one, n) => one.text === text + n).length}`;";
    let mut session = place.serve();
    let (text, _) = session.tool("run_code", json!({"code": code, "language": "typescript"}));
    assert!(text.contains("all of 120"), "{text}");
    // Counting the tokens of all that takes longer.
    session.kill();
}
