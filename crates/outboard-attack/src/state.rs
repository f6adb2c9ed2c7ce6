//! The state of a worker as the kernel tells the host, whatever the program says of itself.

use crate::a1::Attempt;
use crate::host::{descendants, me, spawner};
use anyhow::{Context, Result};
use std::fs;

const GROUP: &str = "seen by the host";
const SPACES: [&str; 7] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];
/// Lines of `/proc/PID/limits` that must name a number.
const LIMITED: [&str; 6] =
    ["Max cpu time", "Max file size", "Max address space", "Max processes", "Max open files", "Max core file size"];

/// The one worker that this process has at the moment.
pub(crate) fn of_worker() -> Result<Vec<Attempt>> {
    let spawner = spawner(me()).context("find the spawner")?;
    let pid = descendants(spawner).into_iter().next_back().context("find the worker")?;
    of(pid)
}

/// Each is open when a layer is not as it must be.
pub(crate) fn of(pid: i32) -> Result<Vec<Attempt>> {
    let file = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).context("read the worker's state");
    let status = file("status")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix(':')).unwrap_or_default().trim().to_owned()
    };
    let mut found = Vec::new();
    let mut check = |name: &str, open: bool, said: String| {
        found.push(Attempt { group: GROUP.to_owned(), name: name.to_owned(), open, said });
    };
    let root = field("Uid").split_whitespace().any(|id| id == "0");
    check("a user id of root", root, field("Uid"));
    check("a group id of root", field("Gid").split_whitespace().any(|id| id == "0"), field("Gid"));
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        let held = u64::from_str_radix(&field(set), 16).unwrap_or(u64::MAX);
        check(&format!("capabilities in {set}"), held != 0, field(set));
    }
    check("can gain privileges", field("NoNewPrivs") != "1", field("NoNewPrivs"));
    check("no list of system calls", field("Seccomp") != "2", field("Seccomp"));
    for space in SPACES {
        let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/{space}")).unwrap_or_default();
        let (own, theirs) = (of("self"), of(&pid.to_string()));
        check(&format!("the host's {space} namespace"), own == theirs, theirs.display().to_string());
    }
    let limits = file("limits")?;
    for limit in LIMITED {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap_or("none");
        let hard = line[limit.len().min(line.len())..].split_whitespace().nth(1).unwrap_or("unlimited");
        check(&format!("unlimited: {limit}"), hard == "unlimited", hard.to_owned());
    }
    let mounts = file("mountinfo")?;
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).unwrap_or_default();
    let read_only = root.split(' ').nth(5).is_some_and(|options| options.split(',').any(|one| one == "ro"));
    check("a root that can be written to", !read_only, root.to_owned());
    let others = mounts.lines().filter(|line| line.contains("/sys/fs/cgroup") || line.contains(" - sysfs ")).count();
    check("mounts of the host", others > 0, others.to_string());
    Ok(found)
}
