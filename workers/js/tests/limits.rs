//! What happens at a limit.

use crate::worker::{Host, echo, run};
use std::time::Duration;

#[test]
fn memory_is_a_clear_message() {
    let host = Host { memory: 48 << 20, ..Host::default() };
    for code in [
        "const a = []; for (;;) a.push(new Array(1000).fill(1.5))",
        "let s: any = 'x'.repeat(1000); const l = []; for (;;) l.push(s + l.length)",
    ] {
        let report = host.run(code, echo);
        assert_eq!(report.error().code, "limit_exceeded", "{report:?}");
        assert!(report.error().message.contains("48 MiB"), "{report:?}");
    }
}

#[test]
fn recursion_is_a_clear_message() {
    let report = run("function f(): number { return f() + 1 }\nf()");
    assert!(report.error().hint.as_deref().unwrap_or_default().contains("loop"), "{report:?}");
    assert_eq!(report.error().line, Some(1));
}

#[test]
fn hostile_nesting_is_an_answer() {
    for code in [
        format!("return {}1{}", "(".repeat(200_000), ")".repeat(200_000)),
        format!("return {}1", "!".repeat(400_000)),
        "[".repeat(300_000),
    ] {
        let report = run(&code);
        assert_eq!(report.error().code, "syntax_error", "{:?}", report.error());
    }
    assert!(run(&format!("return {}1{}", "(".repeat(300), ")".repeat(300))).value.is_some());
}

#[test]
fn console_text_stops_at_its_budget() {
    let host = Host { stdout: 100, ..Host::default() };
    let report = host.run("for (let i = 0; i < 50; i++) console.log('0123456789')", echo);
    assert_eq!((report.out.len() as u64 + report.dropped, report.out.len()), (550, 100));
}

#[test]
fn a_giant_result_is_refused_with_advice() {
    let report = run("return 'x'.repeat(31 * 1024 * 1024)");
    assert_eq!(report.error().code, "limit_exceeded");
    assert!(report.error().hint.as_deref().unwrap_or_default().contains("/workspace"));
}

#[test]
fn a_worker_ends_with_its_host() {
    let (mut child, stream) = Host::default().spawn();
    drop(stream);
    for _ in 0..200 {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the worker outlived its host");
}
