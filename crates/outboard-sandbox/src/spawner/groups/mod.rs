//! Control groups: the kernel's own limits for all processes of a worker together.
//!
//! Version 2 is used where a sub-tree with the memory controller can be written to, else version 1, else none; then
//! the host's watch is what holds the limits. The spawner makes a group per worker below one of its own, puts the
//! worker in before it executes anything, and removes it with the worker. What a killed spawner left, the next one
//! removes. Never here: moving the host or the spawner, or changing a group that is not ours.

mod tree;

use crate::clock;
use crate::layers::Layer;
use crate::message::{At, Ended, Failure, Standing};
use crate::options::Limits;
use crate::sys::fds;
use crate::sys::process::{self, Side};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use tree::{Bases, Lack, Version};

/// What a program weighs at first, of 1024 and 100 for whoever is no program.
const SHARES: (&str, &str) = ("1024", "25");
/// The same once it has used much and has not had its turn for a while.
const FEW_SHARES: (&str, &str) = ("512", "12");
/// The least, for kernels before 5.15, which know no group that waits for all others.
const LEAST_SHARES: (&str, &str) = ("2", "1");

/// Processes that the limit per user allows beyond the group's, so that it is the group that refuses and counts.
pub(super) const BEYOND: u64 = 8;

/// The groups of this spawner's workers.
pub(super) struct Groups {
    bases: Option<Bases>,
    /// Why there are none.
    lack: Lack,
    /// Groups that could not be removed with their worker.
    left: Vec<u64>,
}

/// A worker's group.
pub(super) struct Group {
    id: u64,
    /// Readable when the group is out of memory; version 2 kills it whole by itself.
    pub(super) out_of_memory: Option<OwnedFd>,
}

/// A group whose worker enters it itself, by a word to a file that is open already. In version 1 the kernel lets a
/// process move itself at once, and waits for a quiet moment of the whole machine before it moves another one; in
/// version 2 it always waits, and only the worker does so with it.
pub(super) struct Door {
    pub(super) group: Group,
    /// To be written to first.
    pub(super) early: Vec<OwnedFd>,
    /// To be written to last: from then on everyone else goes first.
    pub(super) late: Option<OwnedFd>,
}

impl Groups {
    /// Looks for a place where groups can be made, and tries one out with a process that does nothing.
    pub(super) fn find(limits: &Limits) -> Self {
        let read = |name: &str| fs::read_to_string(Path::new("/proc/self").join(name));
        let texts = read("mountinfo").and_then(|mounts| Ok((mounts, read("cgroup")?, tree::name()?)));
        let bases = texts.map_err(Lack::from).and_then(|(mounts, own, name)| tree::find(&mounts, &own, &name));
        let (bases, lack) = match bases {
            Ok(bases) => (Some(bases), Lack::default()),
            Err(lack) => (None, lack),
        };
        let mut groups = Self { bases, lack, left: Vec::new() };
        if let Err(error) = groups.try_out(limits) {
            groups.lack = error.into();
            groups.bases = None;
        }
        groups
    }

    /// What holds the limits of memory, processes and CPU, for `doctor`.
    pub(super) fn note(&self) -> String {
        let Some(bases) = &self.bases else {
            return format!("memory: sampled every 5 to 100 ms; no cgroup ({})", self.lack.reason);
        };
        let of =
            |base: &Option<PathBuf>, other: &str| base.as_ref().map_or(other.to_owned(), |_| bases.version.to_string());
        let (memory, pids) = (of(&bases.memory, "sampled every 5 to 100 ms"), of(&bases.pids, "rlimit"));
        format!("memory: {memory}; processes: {pids}; CPU weight: {}", of(&bases.cpu, "nice"))
    }

    /// The line that brings groups where there are none.
    pub(super) fn fix(&self) -> Option<String> {
        self.lack.fix.clone()
    }

    /// Whether the kernel counts a worker's processes, and refuses more.
    pub(super) fn counts_processes(&self) -> bool {
        self.bases.as_ref().is_some_and(|bases| bases.pids.is_some())
    }

    /// Whether the kernel holds the memory of each worker's processes together.
    pub(super) fn hold_memory(&self) -> bool {
        self.bases.as_ref().is_some_and(|bases| bases.memory.is_some())
    }

    /// Makes a worker's group and puts the worker in.
    pub(super) fn enter(&mut self, id: u64, pid: i32, limits: &Limits) -> Result<Option<Group>, Failure> {
        self.try_enter(id, pid, limits).at(Layer::Watch, "make a control group for the worker")
    }

    /// Makes a group that its worker will enter itself; `None` where it cannot.
    pub(super) fn open(&mut self, id: u64, limits: &Limits) -> Result<Option<Door>, Failure> {
        let opened = self.bases.as_ref().map(|bases| open(bases, id, limits)).transpose();
        if opened.is_err() {
            self.remove(id);
        }
        opened.at(Layer::Watch, "make a control group for the worker")
    }

    fn try_enter(&mut self, id: u64, pid: i32, limits: &Limits) -> io::Result<Option<Group>> {
        let Some(bases) = &self.bases else { return Ok(None) };
        let made = make(bases, id, limits).and_then(|()| join(bases, id, pid));
        if let Err(error) = made {
            self.remove(id);
            return Err(error);
        }
        // Without the notice, the kernel still kills the largest process at the limit, and the count tells of it.
        let out_of_memory = notice(bases, id).ok();
        Ok(Some(Group { id, out_of_memory }))
    }

    /// Where the processor time of a group is told, to be read as long as the group is there.
    pub(super) fn clock(&self, group: &Group) -> Option<File> {
        let bases = self.bases.as_ref()?;
        let (base, name) = match bases.version {
            Version::One => (bases.cpu.as_ref()?, "cpuacct.usage"),
            Version::Two => (bases.all().next()?, "cpu.stat"),
        };
        File::open(bases.group(base, group.id).join(name)).ok()
    }

    /// Says how a worker stands to everyone else.
    pub(super) fn stand(&self, group: &Group, standing: Standing) {
        let found = self.bases.as_ref().and_then(|bases| Some((bases, bases.cpu.as_ref()?)));
        let Some((bases, base)) = found else { return };
        let cpu = bases.group(base, group.id);
        let _ = match standing {
            Standing::Last => write(&cpu, "cpu.idle", "1").or_else(|_| weigh(&cpu, bases.version, LEAST_SHARES)),
            // A group that is idle has no weight that could be set.
            Standing::Small => {
                write(&cpu, "cpu.idle", "0").or(Ok(())).and_then(|()| weigh(&cpu, bases.version, FEW_SHARES))
            }
        };
    }

    /// Adds what the group counted to how its worker ended, and removes it.
    pub(super) fn leave(&mut self, group: &Group, ended: &mut Ended) {
        if let Some(bases) = &self.bases {
            let of = |base: &Option<PathBuf>| base.as_ref().map(|base| bases.group(base, group.id));
            let (memory, peak) = match bases.version {
                Version::One => ("memory.oom_control", "memory.max_usage_in_bytes"),
                Version::Two => ("memory.events", "memory.peak"),
            };
            let peak = of(&bases.memory).and_then(|at| fs::read_to_string(at.join(peak)).ok());
            ended.group_peak_bytes = peak.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            ended.out_of_memory = of(&bases.memory).is_some_and(|at| count(&at.join(memory), "oom_kill") > 0)
                || group.out_of_memory.as_ref().is_some_and(is_told);
            ended.out_of_processes = of(&bases.pids).is_some_and(|at| count(&at.join("pids.events"), "max") > 0);
            // Children that nobody waited for are counted here alone.
            if let Some(used) = self.clock(group).and_then(|clock| clock::read(&clock)) {
                ended.cpu_us = used.as_micros() as u64;
            }
            // Whoever is left. Version 1 has no such word: there the pid namespace or the process group is the end.
            let _ = of(&bases.memory).map(|at| write(&at, "cgroup.kill", "1"));
        }
        for id in std::mem::take(&mut self.left).into_iter().chain([group.id]) {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(bases) = &self.bases else { return };
        let stays = |base: &PathBuf| {
            let at = bases.group(base, id);
            fs::remove_dir(&at).is_err() && at.exists()
        };
        if bases.all().filter(|base| stays(base)).count() > 0 {
            self.left.push(id);
        }
    }

    /// Groups are for the taking where there are any, and no step of the set-up: what fails here is the reason why
    /// there are none.
    fn try_out(&mut self, limits: &Limits) -> io::Result<()> {
        if self.bases.is_none() {
            return Ok(());
        }
        match process::clone_into(0)? {
            Side::Child => process::stand_by(),
            Side::Parent(pid, pidfd) => {
                let entered = self.try_enter(0, pid, limits);
                process::kill(pidfd.as_fd());
                let mut ended = process::reap(pid)?;
                entered?.into_iter().for_each(|group| self.leave(&group, &mut ended));
                Ok(())
            }
        }
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for base in self.bases.iter().flat_map(Bases::all) {
            tree::remove(base);
        }
    }
}

fn make(bases: &Bases, id: u64, limits: &Limits) -> io::Result<()> {
    let at = |base: &PathBuf| {
        let at = bases.group(base, id);
        fs::create_dir_all(&at).map(|()| at)
    };
    if let Some(memory) = &bases.memory {
        limit_memory(&at(memory)?, bases.version, limits.memory_bytes)?;
    }
    if let Some(pids) = &bases.pids {
        write(&at(pids)?, "pids.max", &limits.processes.to_string())?;
    }
    if let Some(cpu) = &bases.cpu {
        weigh(&at(cpu)?, bases.version, SHARES)?;
    }
    Ok(())
}

/// Gives a group a weight; there is one for each version.
fn weigh(group: &Path, version: Version, (shares, weight): (&str, &str)) -> io::Result<()> {
    match version {
        Version::One => write(group, "cpu.shares", shares),
        Version::Two => write(group, "cpu.weight", weight),
    }
}

/// Memory and swap together; swap alone would let a program grow past the limit slowly.
fn limit_memory(group: &Path, version: Version, bytes: u64) -> io::Result<()> {
    let bytes = bytes.to_string();
    // Kernels without swap accounting lack the second file of either version.
    let optional = |done: io::Result<()>| match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    };
    match version {
        Version::One => {
            write(group, "memory.limit_in_bytes", &bytes)?;
            optional(write(group, "memory.memsw.limit_in_bytes", &bytes))
        }
        Version::Two => {
            write(group, "memory.max", &bytes)?;
            optional(write(group, "memory.swap.max", "0"))?;
            optional(write(group, "memory.oom.group", "1"))
        }
    }
}

fn open(bases: &Bases, id: u64, limits: &Limits) -> io::Result<Door> {
    make(bases, id, limits)?;
    let file = match bases.version {
        Version::One => "tasks",
        Version::Two => "cgroup.procs",
    };
    let door = |base: &Path| Ok(OwnedFd::from(File::options().write(true).open(bases.group(base, id).join(file))?));
    let late = bases.processors_alone();
    let early = bases.all().filter(|base| late != Some(base)).map(|base| door(base)).collect::<io::Result<_>>()?;
    let late = late.map(door).transpose()?;
    Ok(Door { group: Group { id, out_of_memory: notice(bases, id).ok() }, early, late })
}

fn join(bases: &Bases, id: u64, pid: i32) -> io::Result<()> {
    let pid = pid.to_string();
    bases.all().try_for_each(|base| write(&bases.group(base, id), "cgroup.procs", &pid))
}

/// An event for when a group of version 1 is out of memory.
fn notice(bases: &Bases, id: u64) -> io::Result<OwnedFd> {
    let (Some(memory), Version::One) = (&bases.memory, bases.version) else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let group = bases.group(memory, id);
    let control = File::open(group.join("memory.oom_control"))?;
    let event = fds::event()?;
    write(&group, "cgroup.event_control", &format!("{} {}", event.as_raw_fd(), control.as_raw_fd()))?;
    Ok(event)
}

fn is_told(event: &OwnedFd) -> bool {
    fds::wait_readable(&[event.as_raw_fd()], 0).is_ok_and(|ready| ready[0])
}

/// A number of a file of lines `name number`; 0 where there is none.
fn count(file: &Path, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(first, _)| *first == name).and_then(|(_, number)| number.trim().parse().ok()).unwrap_or(0)
}

/// Writes a file that the kernel has made; never makes one.
fn write(group: &Path, file: &str, text: &str) -> io::Result<()> {
    use std::io::Write;
    File::options().write(true).open(group.join(file))?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(files: &[&str]) -> tempfile::TempDir {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("7")).unwrap();
        files.iter().for_each(|file| fs::write(base.path().join("7").join(file), "").unwrap());
        base
    }

    fn bases(version: Version, base: &Path) -> Bases {
        let base = Some(base.to_owned());
        Bases { version, memory: base.clone(), pids: base.clone(), cpu: base }
    }

    #[test]
    fn both_versions_get_memory_with_swap_processes_and_weight() {
        let limits = Limits { memory_bytes: 1 << 20, processes: 9, ..Limits::default() };
        let one = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "pids.max", "cpu.shares", "cgroup.procs"];
        let two = ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.weight", "cgroup.procs"];
        for (version, files, wanted) in [
            (Version::One, &one[..], &["1048576", "1048576", "9", "1024", "42"][..]),
            (Version::Two, &two[..], &["1048576", "0", "1", "9", "25", "42"][..]),
        ] {
            let base = group(files);
            let bases = bases(version, base.path());
            make(&bases, 7, &limits).unwrap();
            join(&bases, 7, 42).unwrap();
            let found: Vec<_> =
                files.iter().map(|file| fs::read_to_string(base.path().join("7").join(file)).unwrap()).collect();
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn who_is_last_is_idle_and_has_a_weight_again_when_it_starves() {
        for (version, file, few, least) in
            [(Version::One, "cpu.shares", "512", "2"), (Version::Two, "cpu.weight", "12", "1")]
        {
            for (files, last) in [(&["cpu.idle", file][..], ["1", ""]), (&[file][..], ["", least])] {
                let base = group(files);
                let read = |name| fs::read_to_string(base.path().join("7").join(name)).unwrap_or_default();
                let bases = Some(bases(version, base.path()));
                let groups = Groups { bases, lack: Lack::default(), left: Vec::new() };
                let group = Group { id: 7, out_of_memory: None };
                groups.stand(&group, Standing::Last);
                assert_eq!([read("cpu.idle"), read(file)], last);
                fs::write(base.path().join("7").join(file), "").unwrap();
                groups.stand(&group, Standing::Small);
                assert_eq!(read(file), few);
                assert!(["", "0"].contains(&read("cpu.idle").as_str()));
                std::mem::forget(groups);
            }
        }
    }

    #[test]
    fn a_worker_enters_by_one_door_where_there_is_one_tree_and_last_where_processors_have_their_own() {
        let base = group(&["memory.max", "pids.max", "cpu.weight", "cgroup.procs"]);
        let door = open(&bases(Version::Two, base.path()), 7, &Limits::default()).unwrap();
        assert_eq!((door.early.len(), door.late.is_some()), (1, false));
        let (memory, cpu) = (group(&["memory.limit_in_bytes", "pids.max", "tasks"]), group(&["cpu.shares", "tasks"]));
        let own = |base: &tempfile::TempDir| Some(base.path().to_owned());
        let bases = Bases { version: Version::One, memory: own(&memory), pids: own(&memory), cpu: own(&cpu) };
        let door = open(&bases, 7, &Limits::default()).unwrap();
        assert_eq!((door.early.len(), door.late.is_some()), (1, true));
    }

    #[test]
    fn a_limit_that_cannot_be_set_is_an_error_and_missing_swap_accounting_is_none() {
        let limits = Limits::default();
        let base = group(&["memory.max", "pids.max", "cpu.weight"]);
        assert!(make(&bases(Version::Two, base.path()), 7, &limits).is_ok());
        let base = group(&["pids.max", "cpu.weight"]);
        assert!(make(&bases(Version::Two, base.path()), 7, &limits).is_err());
    }

    #[test]
    fn counts_are_read_by_name() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("memory.events");
        fs::write(&file, "low 0\noom 3\noom_kill 2\noom_group_kill 1\n").unwrap();
        assert_eq!((count(&file, "oom_kill"), count(&file, "max"), count(Path::new("/no"), "x")), (2, 0, 0));
    }
}
