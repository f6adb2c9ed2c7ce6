//! `cargo xtask vm`: Outboard on other kernels than this machine's, in virtual machines that boot over its programs.
//!
//! On demand: it downloads about 100 MB for each kernel into `target/vm`, and a machine takes some ten minutes, as its
//! processor is emulated; `--kvm` uses the real one, where nothing stands between. `--only NAME,…` boots some machines,
//! `--in SITUATION,…` tries some situations; `--attack` tries the battery of A1 and A2 as well.
//! The guest's root is this machine's, read-only; what is tried there is in `xtask/vm/guest.sh`, what has to come of it
//! in [`cases`].

mod cases;
mod kernels;
mod machine;
mod programs;
mod report;

use crate::built;
use anyhow::{Result, ensure};
use cases::MACHINES;
use report::Report;
use std::process::{Command, Stdio};

/// Programs that this needs, and the packages that bring them.
const NEEDED: [(&str, &str); 4] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("busybox", "busybox-static"),
    ("apt-get", "apt"),
    ("mkfs.ext4", "e2fsprogs"),
];

/// Boots every machine, prints a table of what was seen; fails where that is not what has to be.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    needed()?;
    let is_set = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let attack = is_set("--attack");
    let wanted = |flag: &str, name: &str| {
        let list = arguments.iter().position(|argument| argument == flag).and_then(|at| arguments.get(at + 1));
        list.is_none_or(|list| list.split(',').any(|one| one == name))
    };
    let folder = built::target().join("vm");
    let programs = programs::gather(&folder, attack)?;
    let mut report = Report::default();
    for machine in MACHINES.iter().filter(|machine| wanted("--only", machine.name)) {
        let cases: Vec<_> = machine.cases().filter(|case| wanted("--in", case.situation)).collect();
        if cases.is_empty() {
            continue;
        }
        println!("{} …", machine.name);
        let kernel = kernels::fetch(&folder, machine.release)?;
        let mut situations: Vec<&str> = cases.iter().map(|case| case.situation).collect();
        if attack {
            situations.push("root-attack");
        }
        let told = machine::boot(&folder, &kernel, &programs, machine, &situations, is_set("--kvm"))?;
        report.add(machine, &cases, &told);
    }
    ensure!(!report.is_empty(), "there is no such machine or situation: see xtask/src/vm/cases.rs");
    print!("{}", report.table());
    let faults = report.faults();
    ensure!(faults.is_empty(), "not as it has to be:\n{}", faults.join("\n"));
    Ok(())
}

fn needed() -> Result<()> {
    let lacks = |(program, _): &&(&str, &str)| {
        let script = format!("PATH=$PATH:/usr/sbin command -v {program}");
        let found = Command::new("sh").args(["-c", &script]).stdout(Stdio::null()).status();
        !found.is_ok_and(|status| status.success())
    };
    let missing: Vec<&str> = NEEDED.iter().filter(lacks).map(|(_, package)| *package).collect();
    ensure!(missing.is_empty(), "apt-get install --yes --no-install-recommends {}", missing.join(" "));
    Ok(())
}
