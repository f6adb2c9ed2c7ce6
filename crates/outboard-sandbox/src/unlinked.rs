//! Files that a worker holds although they have no name any more: no walk over folders finds them, and they use the disk
//! until it ends.
//!
//! A file may be held by a descriptor, or by a mapping alone once its descriptor was closed. Of a mapping only its length
//! is known here. What is mapped to be executed is a library that was renewed on the host meanwhile: at tier A nothing can be
//! executed in folders that programs write to.
//!
//! A descriptor that was sent over a socket and not received is in no process, and nothing tells what it names: only that
//! it is there, and the socket that has it (proc_pid_fdinfo(5), `scm_fds`). It may be a socket that has others.

use crate::meter;
use crate::quota::{BLOCK, Held};
use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a descriptor may be on its way, over how many looks, and what a worker computes meanwhile that could receive it.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOKS: u32 = 5;
const ENOUGH: Duration = Duration::from_millis(500);

/// Bytes and files that a worker and its descendants hold so on these devices. What another process of theirs closes
/// meanwhile may be counted or not.
pub(crate) fn held(worker: i32, devices: &[u64]) -> Held {
    // One file counts once, however many hold it: by what it uses where that is known.
    let mut files = HashMap::new();
    for pid in meter::family(worker) {
        for (file, bytes) in mapped(pid, devices) {
            let sum: &mut u64 = files.entry(file).or_default();
            *sum = (*sum).max(bytes);
        }
        files.extend(open(pid, devices));
    }
    Held { bytes: files.values().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes)), files: files.len() as u64 }
}

/// Whether descriptors stay on their way from process to process. Those of bash commands are on theirs for a moment, which a
/// worker that gets no processor may make a long one: it neither computes nor sleeps.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    since: Option<(Instant, Duration)>,
    looks: u32,
}

impl Sending {
    /// Looks at a worker again.
    pub(crate) fn stays(&mut self, worker: i32) -> bool {
        self.after(is_sending(worker), Instant::now(), || (meter::sample(worker).cpu, meter::is_asleep(worker)))
    }

    fn after(&mut self, is_sending: bool, now: Instant, state: impl Fn() -> (Duration, bool)) -> bool {
        if !is_sending {
            *self = Self::default();
            return false;
        }
        self.looks += 1;
        let (since, cpu) = *self.since.get_or_insert_with(|| (now, state().0));
        if now.duration_since(since) < PATIENCE || self.looks < LOOKS {
            return false;
        }
        let (used, is_asleep) = state();
        is_asleep || used.saturating_sub(cpu) >= ENOUGH
    }
}

fn is_sending(worker: i32) -> bool {
    let holds = |info: PathBuf| fs::read_to_string(info).is_ok_and(|info| has_descriptors(&info));
    meter::family(worker).flat_map(meter::threads_of).any(|thread| sockets_of(&thread).into_iter().any(holds))
}

/// Where is told what a thread's sockets hold.
fn sockets_of(thread: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(thread.join("fd")).into_iter().flatten().flatten();
    let sockets = entries.filter(|fd| fs::metadata(fd.path()).is_ok_and(|about| about.file_type().is_socket()));
    sockets.map(|fd| thread.join("fdinfo").join(fd.file_name())).collect()
}

fn has_descriptors(info: &str) -> bool {
    let count = info.lines().find_map(|line| line.strip_prefix("scm_fds:"));
    count.is_some_and(|count| count.trim() != "0")
}

/// A file by device and inode.
type File = (u64, u64);

/// Each thread may have descriptors of its own, and one that ended shows none.
fn open(pid: i32, devices: &[u64]) -> Vec<(File, u64)> {
    let entries = meter::threads_of(pid).flat_map(|thread| fs::read_dir(thread.join("fd"))).flatten().flatten();
    let found = entries.filter_map(|entry: DirEntry| fs::metadata(entry.path()).ok());
    let unlinked =
        |about: &Metadata| about.nlink() == 0 && about.file_type().is_file() && devices.contains(&about.dev());
    found.filter(unlinked).map(|about| ((about.dev(), about.ino()), about.blocks().saturating_mul(BLOCK))).collect()
}

fn mapped(pid: i32, devices: &[u64]) -> HashMap<File, u64> {
    let texts = meter::threads_of(pid).filter_map(|thread| fs::read(thread.join("maps")).ok());
    let text = texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let (mut files, mut executed) = (HashMap::new(), HashSet::new());
    for mapping in String::from_utf8_lossy(&text).lines().filter_map(deleted) {
        if mapping.is_executed {
            executed.insert(mapping.file);
        }
        if devices.contains(&mapping.file.0) {
            *files.entry(mapping.file).or_default() += mapping.bytes;
        }
    }
    if has_own_mounts(pid) {
        files.retain(|file, _| !executed.contains(file));
    }
    files
}

/// At tier B nothing keeps a program from mapping its own files to be executed.
fn has_own_mounts(pid: i32) -> bool {
    let mounts = |process: &str| fs::metadata(format!("/proc/{process}/ns/mnt")).map(|about| about.ino()).ok();
    mounts(&pid.to_string()).is_some_and(|own| Some(own) != mounts("self"))
}

#[derive(Debug, PartialEq)]
struct Mapping {
    file: File,
    bytes: u64,
    is_executed: bool,
}

/// What a line `from-to mode offset device inode path (deleted)` tells (proc_pid_maps(5)).
fn deleted(line: &str) -> Option<Mapping> {
    let line = line.strip_suffix(" (deleted)")?;
    let mut fields = line.split_ascii_whitespace();
    let (range, mode, device, inode) = (fields.next()?, fields.next()?, fields.nth(1)?, fields.next()?);
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let (from, to) = range.split_once('-')?;
    let (major, minor) = device.split_once(':')?;
    let device = libc::makedev(number(major)? as u32, number(minor)? as u32);
    let bytes = number(to)?.saturating_sub(number(from)?);
    Some(Mapping { file: (device, inode.parse().ok()?), bytes, is_executed: mode.contains('x') })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_without_a_name_is_counted_once_for_as_long_as_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let device = fs::metadata(folder.path()).unwrap().dev();
        let path = folder.path().join("file");
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(&vec![1; 1 << 20]).unwrap();
        file.sync_all().unwrap();
        let own = std::process::id() as i32;
        let at = (device, file.metadata().unwrap().ino());
        let bytes = || open(own, &[device]).into_iter().find(|(file, _)| *file == at).map(|(_, bytes)| bytes);
        assert_eq!(bytes(), None, "it has a name");
        fs::remove_file(&path).unwrap();
        let other = file.try_clone().unwrap();
        assert_eq!(bytes(), Some(1 << 20));
        assert!(open(own, &[device + 1]).is_empty(), "a disk that is not granted");
        drop((file, other));
        assert_eq!(bytes(), None);
    }

    #[test]
    fn a_descriptor_that_stays_on_its_way_is_noticed_but_not_where_nobody_could_receive_it() {
        assert!(has_descriptors("pos:\t0\nflags:\t02\nscm_fds: 2\n"));
        assert!(!has_descriptors("pos:\t0\nscm_fds: 0\n") && !has_descriptors("pos:\t0\n"));
        let (start, mut sending) = (Instant::now(), Sending::default());
        let mut look = |is_sending, at, cpu, asleep| {
            sending.after(is_sending, start + Duration::from_millis(at), || (Duration::from_millis(cpu), asleep))
        };
        (0..40).for_each(|at| assert!(!look(true, 100 * at, 10, false), "no processor"));
        assert!(look(true, 4_000, 510, false), "it computed and did not receive");
        assert!(look(true, 4_100, 10, true), "it sleeps and does not receive");
        assert!(!look(false, 4_200, 510, true) && !look(true, 4_300, 510, true), "another one");
        assert!(!look(true, 9_000, 510, true), "seen too few times");
    }

    #[test]
    fn mappings_of_deleted_files_are_read_as_the_kernel_writes_them() {
        let line = "7f00-8f00 rw-s 00001000 fd:01 1234                       /a b (deleted)";
        let mapping = Mapping { file: (libc::makedev(0xfd, 1), 1234), bytes: 0x1000, is_executed: false };
        assert_eq!(deleted(line), Some(mapping));
        assert!(deleted(&line.replace("rw-s", "r-xp")).unwrap().is_executed);
        assert_eq!(deleted("7f00-8f00 rw-s 00001000 fd:01 1234 /a b"), None);
        assert_eq!(deleted("garbage (deleted)"), None);
    }
}
