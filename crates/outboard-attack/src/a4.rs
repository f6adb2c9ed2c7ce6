//! A4: every system call number, by every door; exactly the listed ones pass.

use crate::a1::PROBE;
use crate::jail::{Jail, Most};
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::time::Duration;

/// What may pass, written down a second time on purpose: whoever widens the list has to do it here too.
#[rustfmt::skip]
const LISTED: &[(u64, u64)] = &[
    (0, 15), (17, 28), (32, 40), (44, 48), (51, 52), (54, 55), (57, 63), (72, 91), (95, 100), (102, 102),
    (104, 104), (107, 112), (115, 115), (118, 118), (120, 121), (124, 125), (127, 128), (129, 132), (137, 138),
    (140, 140), (143, 143), (145, 147), (158, 158), (186, 187), (191, 196), (200, 202), (204, 204), (213, 213), (217, 219),
    (221, 226), (228, 235), (247, 247), (257, 258), (261, 271), (273, 274), (277, 277), (280, 281), (283, 288),
    (290, 293), (295, 297), (309, 309), (316, 316), (318, 318), (324, 324), (326, 328), (332, 332), (334, 334), (436, 436),
    (439, 439), (441, 441),
];
/// Within those spans, but not listed.
const GAPS: &[u64] = &[64, 65, 288];
/// Judged by their arguments, here or in the kernel: the senseless ones of this test are refused.
const ARGUED: &[u64] = &[2, 9, 10, 16, 44, 45, 46, 47, 53, 54, 56, 85, 90, 91, 157, 257, 268, 302];
/// Answered as if the kernel did not know them.
const UNKNOWN: &[u64] = &[188, 189, 190, 435, 437];
/// Newer than the list: refused or unknown, both are shut.
const NEWER: u64 = 463;
/// Traps of kernel probes. The kernel asks no filter about them; a process without probes dies of them.
const PROBES: [u64; 2] = [335, 336];
const SIGSYS: i64 = 31;
const SIGSEGV: i64 = 11;

const ARGUMENTS: &[(&str, &str)] = &[
    ("ioctl FIONREAD", "passed"),
    ("ioctl TIOCSTI", "refused"),
    ("prctl GET_NAME", "passed"),
    ("prctl SET_DUMPABLE", "refused"),
    ("prlimit64 read", "passed"),
    ("prlimit64 write", "refused"),
    ("mmap private", "passed"),
    ("mmap shared", "refused"),
    ("mmap shared, checked", "refused"),
    ("socketpair stream", "passed"),
    ("socketpair datagram", "refused"),
    ("socketpair inet", "refused"),
    ("mmap from the huge reserve", "refused"),
    ("setsockopt buffer", "passed"),
    ("setsockopt packet filter", "refused"),
    ("sendto", "passed"),
    ("sendto urgent", "refused"),
    ("recvmsg urgent", "refused"),
    ("madvise", "passed"),
    ("madvise mergeable", "refused"),
    ("fcntl flags", "passed"),
    ("fcntl lease", "refused"),
    ("fcntl lock of an open file", "refused"),
    ("fchmod", "passed"),
    ("fchmod set-uid", "refused"),
    ("openat", "passed"),
    ("openat set-gid", "refused"),
    ("futex wake", "passed"),
    ("futex lending", "unknown"),
    ("clone plain", "passed"),
    ("clone user", "refused"),
    ("clone time", "refused"),
    ("clone net", "refused"),
];

pub(crate) async fn run(_situation: Situation) -> Result<Report> {
    let jail = Jail::with(Most { cpu: Duration::from_secs(60), ..Most::default() }, 0).await?;
    let program = format!("{PROBE}\n{}", include_str!("guest/calls.py"));
    let found = jail.run(&[], &program).await.context("the system calls in the jail")?;
    let mut report = Report::of(jail.tier());
    numbers(&mut report, &found);
    for (name, wanted) in ARGUMENTS {
        let was = found["arguments"][name].as_str().unwrap_or("missing");
        report.demand(was == *wanted, || format!("{name}: {was}, not {wanted}"));
    }
    report.count("cases of arguments", ARGUMENTS.len() as u64);
    jail.shutdown().await;
    Ok(report)
}

fn numbers(report: &mut Report, found: &Value) {
    let plain = pairs(&found["plain"]);
    report.count("numbers", plain.len() as u64);
    report.count("passed", plain.iter().filter(|(_, was)| was == "passed").count() as u64);
    for (number, was) in &plain {
        let wanted = wanted(*number);
        // Futex answers a senseless operation like a kernel without it.
        let same = was == wanted
            || (*number == 202 && was == "unknown")
            || (*number >= NEWER && was == "unknown")
            || PROBES.contains(number);
        report.demand(same, || format!("call {number}: {was}, not {wanted}"));
    }
    let other = pairs(&found["other"]);
    report.count("x32 numbers", other.len() as u64);
    for (number, was) in other.iter().filter(|(_, was)| was != "refused") {
        report.failures.push(format!("x32 call {number}: {was}"));
    }
    let old: Vec<(u64, i64)> = list(&found["old"], |value| value.as_i64().unwrap_or(-1));
    report.count("int80 numbers", old.len() as u64);
    for (number, signal) in old.iter().filter(|(_, signal)| ![SIGSYS, SIGSEGV].contains(signal)) {
        report.failures.push(format!("int80 call {number} did not end the process: signal {signal}"));
    }
}

fn wanted(number: u64) -> &'static str {
    let listed = LISTED.iter().any(|(first, last)| (*first..=*last).contains(&number));
    if UNKNOWN.contains(&number) {
        "unknown"
    } else if listed && !GAPS.contains(&number) && !ARGUED.contains(&number) {
        "passed"
    } else {
        "refused"
    }
}

fn pairs(value: &Value) -> Vec<(u64, String)> {
    list(value, |was| was.as_str().unwrap_or_default().to_owned())
}

fn list<T>(value: &Value, second: impl Fn(&Value) -> T) -> Vec<(u64, T)> {
    let pairs = value.as_array().into_iter().flatten();
    pairs.map(|pair| (pair[0].as_u64().unwrap_or(u64::MAX), second(&pair[1]))).collect()
}
