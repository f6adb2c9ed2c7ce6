//! Time and random numbers that come from the host.

use crate::host::Host;
use outboard_worker_protocol::Durable;
use serde_json::json;

fn hosted(code: &str) -> Host {
    let mut host = Host::new(code);
    host.start.durable = Some(Durable { seed: "0badcafe".repeat(8), now_ms: 0.0 });
    host
}

#[test]
fn now_is_the_hosts_and_other_dates_are_the_machines() {
    let host = hosted(
        "date -u +%s.%3N; date -u -Iseconds; echo 7 | xargs -I{} date -u +%Y-{}; date -u -d @60 +%s; date -u --date=@61 +%s",
    );
    let report = host.run(|server, tool, _| {
        assert_eq!((server, tool), ("outboard:", "now"));
        Ok(json!(1_000_000_123_u64))
    });
    assert_eq!(report.out, "1000000.123\n1970-01-12T13:46:40+00:00\n1970-7\n60\n61\n");
    assert_eq!(report.calls.len(), 3);
}

#[test]
fn sleep_is_a_timer_of_the_host() {
    let report = hosted("sleep 3600; sleep 1m 0.5; sleep x || echo refused").run(|_, _, _| Ok(json!(null)));
    assert_eq!((report.timers, report.out), (vec![3.6e6, 60_500.0], "refused\n".to_owned()));
}

#[test]
fn random_numbers_repeat_from_run_to_run_and_not_within_one() {
    let code = "echo $RANDOM $RANDOM; for i in 1 2; do bash -c 'echo $RANDOM'; done";
    let run = || hosted(code).run(|_, _, _| Ok(json!(null))).out;
    let (one, two) = (run(), run());
    assert_eq!(one.lines().next(), two.lines().next());
    let own: Vec<&str> = one.lines().next().unwrap().split(' ').collect();
    assert_ne!(own[0], own[1], "{one}");
}

#[test]
fn without_a_host_clock_the_machines_is_asked() {
    let report = Host::new("test \"$(date +%Y)\" -ge 2024 && sleep 0.01 && echo fine").run(|_, _, _| Ok(json!(null)));
    assert_eq!((report.out.as_str(), report.calls.len(), report.timers.len()), ("fine\n", 0, 0));
}
