//! Files that a worker holds although they have no name any more: no walk over folders finds them, and they use the disk
//! until it ends.
//!
//! A file may be held by a descriptor, or by a mapping alone once its descriptor was closed. Of a mapping only its length
//! is known here. What is mapped to be executed is a library that was renewed on the host meanwhile: at tier A nothing can be
//! executed in folders that programs write to.

use crate::descriptors::Descriptor;
use crate::meter;
use crate::quota::{Amount, BLOCK};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;

/// Bytes and files that a worker and its descendants hold so on these devices, by what they have open and mapped. What
/// another process of theirs closes meanwhile may be counted or not.
pub(crate) fn amount(worker: i32, open: &[Descriptor], devices: &[u64]) -> Amount {
    // One file counts once, however many hold it: by what it uses where that is known.
    let mut files = HashMap::new();
    for pid in meter::family(worker) {
        for (file, bytes) in mapped(pid, devices) {
            let sum: &mut u64 = files.entry(file).or_default();
            *sum = (*sum).max(bytes);
        }
    }
    files.extend(opened(open, devices));
    Amount { bytes: files.values().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes)), files: files.len() as u64 }
}

/// A file by device and inode.
type File = (u64, u64);

fn opened<'a>(open: &'a [Descriptor], devices: &'a [u64]) -> impl Iterator<Item = (File, u64)> + 'a {
    let files = open.iter().map(|one| &one.about).filter(|about| about.file_type().is_file());
    let unlinked = files.filter(|about| about.nlink() == 0 && devices.contains(&about.dev()));
    unlinked.map(|about| ((about.dev(), about.ino()), about.blocks().saturating_mul(BLOCK)))
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
    if !executed.is_empty() && has_own_mounts(pid) {
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
    use crate::descriptors;
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
        let bytes_on =
            |device| opened(&descriptors::of(own), &[device]).find(|(file, _)| *file == at).map(|(_, bytes)| bytes);
        let bytes = || bytes_on(device);
        assert_eq!(bytes(), None, "it has a name");
        fs::remove_file(&path).unwrap();
        let other = file.try_clone().unwrap();
        assert_eq!(bytes(), Some(1 << 20));
        assert_eq!(bytes_on(device + 1), None, "a disk that is not granted");
        drop((file, other));
        assert_eq!(bytes(), None);
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
