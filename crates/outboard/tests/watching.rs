//! Who watches: what is told of programs that run wild, what the audit log finds, and that nobody waits for a collector.

use crate::support::Place;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

/// What a program's command said beside its report.
fn told(place: &Place, code: &str) -> String {
    place.write("program.ts", code);
    let output = place.run(&["run", "program.ts"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stdout));
    told
}

#[test]
fn a_batch_on_a_first_day_is_no_alarm_and_a_loop_that_gets_nowhere_is() {
    let place = Place::with(&["logs"]);
    let batch = "for (let page = 1; page <= 1000; page++) await logs.getPage({ page }).catch(() => null);\nreturn 1;";
    let told_of_batch = told(&place, batch);
    assert!(!told_of_batch.contains("more than"), "{told_of_batch}");
    assert_eq!(place.ok(&["stats", "--alerts", "--json"]).matches("\"kind\"").count(), 0);
    let around = told(&place, "for (let i = 0; i < 250; i++) await logs.getPage({ page: 1 });\nreturn 1;");
    assert_eq!(around.matches("more than 200 times with the same arguments").count(), 1, "{around}");
}

#[test]
fn the_audit_log_is_found_by_words_and_never_by_what_is_private() {
    let place = Place::with(&["crm"]);
    let code = "await crm.getCustomer({ id: 'cust_0001' });\n\
                await crm.getCustomer({ id: 'anna.miller@example.com' }).catch(() => null);\nreturn 1;";
    told(&place, code);
    let found = |text: &str, more: &[&str]| -> Vec<Value> {
        let rows = place.ok(&[&["audit", "--json", "--text", text], more].concat());
        assert!(!rows.contains("anna"), "{rows}");
        rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for private in ["anna.miller@example.com", "anna", "MILLER", "example.com"] {
        assert!(found(private, &[]).is_empty(), "{private}");
    }
    for sign in ["%", "_%", "' OR 1=1 --", "\"*\""] {
        assert!(found(sign, &[]).is_empty(), "{sign}");
    }
    assert_eq!(found("[EMAIL_1]", &[]).len(), 1);
    let about = found("Get_Customer CUST_0001", &[]);
    assert_eq!(about.last().unwrap()["call"], 1, "the oldest; the error of the other tells ids that there are");
    let all = found("crm", &[]);
    let calls: Vec<_> = all.iter().map(|row| row["call"].as_u64().unwrap()).collect();
    assert_eq!(calls, [2, 1], "newest first");
    let first = place.run(&["audit", "--text", "crm", "--limit", "1"]);
    let (table, hint) = (String::from_utf8(first.stdout).unwrap(), String::from_utf8(first.stderr).unwrap());
    assert!(
        table.contains("crm.get_customer") && hint.contains(&format!("--before {}", all[0]["seq"])),
        "{table}{hint}"
    );
    assert_eq!(found("crm", &["--before", &all[0]["seq"].to_string()]), all[1..]);
    let (code, told) = place.fails(&["audit", "--text", " "]);
    assert!(code == 2 && told.contains("one to eight words"), "{code} {told}");
    assert_eq!(place.fails(&["audit", "--before", "3"]).0, 2, "nothing to go on with");
}

#[test]
fn a_report_is_there_before_a_collector_that_never_answers_is_given_up() {
    let place = Place::with(&["logs"]);
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", collector.local_addr().unwrap());
    place.write("program.ts", "return (await logs.listPages({})).pages;");
    let mut command = place.command(&["run", "program.ts", "--json"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", address).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let report: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&report["status"], &report["tokens"]["counter"]), (&"succeeded".into(), &"o200k".into()), "{line}");
    assert!(child.try_wait().unwrap().is_none(), "it still waits for the collector");
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && told.contains("telemetry could not be sent before the end"), "{told}");
}
