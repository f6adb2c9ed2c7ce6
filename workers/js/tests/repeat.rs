//! Runs that can be repeated: clock, random numbers and timers come from the host.

use crate::worker::{Host, Report, echo};
use outboard_worker_protocol::Durable;
use serde_json::json;

const CODE: &str = "
    const order = [];
    const t0 = Date.now();
    setTimeout(() => order.push('late'), 50);
    const gone = setTimeout(() => order.push('never'), 10);
    clearTimeout(gone);
    await sleep(1000);
    const made = new Date();
    return {
        order, t0, waited: Math.round(Date.now() - t0), year: made.getUTCFullYear(), isDate: made instanceof Date,
        text: typeof Date(), fixed: new Date(0).toISOString(), random: Math.random(), id: crypto.randomUUID(),
        ticks: performance.now() >= 1000, kind: Object.prototype.toString.call(made), named: Date.name,
    };";

fn run(seed: &str) -> Report {
    let durable = Some(Durable { seed: seed.repeat(32), now_ms: 1_800_000_000_000.0 });
    Host { durable, ..Host::default() }.run(CODE, echo)
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (one, two, other) = (run("2a"), run("2a"), run("2b"));
    assert_eq!(one.value(), two.value());
    assert_ne!(one.value()["random"], other.value()["random"]);
    assert_ne!(one.value()["id"], other.value()["id"]);
}

#[test]
fn time_is_what_the_host_tells() {
    let report = run("00");
    let value = report.value();
    assert_eq!((&value["t0"], &value["waited"]), (&json!(1_800_000_000_000_u64), &json!(1000)), "{value}");
    assert_eq!((&value["year"], &value["fixed"]), (&json!(2027), &json!("1970-01-01T00:00:00.000Z")));
    assert_eq!(
        (&value["isDate"], &value["kind"], &value["named"]),
        (&json!(true), &json!("[object Date]"), &json!("Date"))
    );
    assert_eq!(value["order"], json!(["late"]), "a timer that was taken away does not fire");
    assert_eq!(report.timers, [50.0, 10.0, 1000.0]);
}

#[test]
fn a_program_that_waits_by_looking_ends() {
    let durable = Some(Durable { seed: String::new(), now_ms: 0.0 });
    let code = "const end = Date.now() + 5; while (Date.now() < end); return 'over';";
    assert_eq!(Host { durable, ..Host::default() }.run(code, echo).value(), &json!("over"));
}

#[test]
fn without_a_host_clock_the_machine_tells() {
    let value =
        crate::worker::run("return [Date.now() > 1.7e12, Math.random() !== Math.random(), performance.now() < 60000]");
    assert_eq!(value.value(), &json!([true, true, true]));
}
