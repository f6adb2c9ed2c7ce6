//! What a folder held, written down: names, modes, times, and the digest of each file's bytes.
//!
//! Names may hold any byte but NUL, so records are separated by that. A manifest is a file of our own, but the names in
//! it were chosen by programs: none may lead out of the folder that it is unpacked into.

use outboard_types::Digest;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// One file, folder or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) mode: u32,
    pub(super) owner: (u32, u32),
    /// Seconds and nanoseconds since 1970.
    pub(super) modified: (i64, i64),
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Folder,
    Link(PathBuf),
    File { digest: Digest, bytes: u64 },
}

impl Entry {
    pub(super) fn new(path: PathBuf, about: &Metadata, what: What) -> Self {
        let owner = (about.uid(), about.gid());
        Self { path, mode: about.mode() & 0o7777, owner, modified: (about.mtime(), about.mtime_nsec()), what }
    }
}

/// Three fields an entry: what it is, its name, and where a link leads.
pub(super) fn write(entries: &[Entry]) -> Vec<u8> {
    let mut text = Vec::new();
    for entry in entries {
        let (uid, gid) = entry.owner;
        let (seconds, part) = entry.modified;
        let (kind, bytes, digest, target) = match &entry.what {
            What::Folder => ("folder", 0, "-".to_owned(), Path::new("")),
            What::Link(target) => ("link", 0, "-".to_owned(), target.as_path()),
            What::File { digest, bytes } => ("file", *bytes, digest.to_string(), Path::new("")),
        };
        let head = format!("{kind} {} {uid} {gid} {seconds} {part} {bytes} {digest}", entry.mode);
        for field in [head.as_bytes(), entry.path.as_os_str().as_bytes(), target.as_os_str().as_bytes()] {
            text.extend_from_slice(field);
            text.push(0);
        }
    }
    text
}

/// The entries; nothing where the text is not one of ours.
pub(super) fn read(text: &[u8]) -> Option<Vec<Entry>> {
    let mut fields = text.split(|byte| *byte == 0);
    let mut entries = Vec::new();
    loop {
        let head = std::str::from_utf8(fields.next()?).ok()?;
        if head.is_empty() {
            return Some(entries);
        }
        let (path, target) = (named(fields.next()?), named(fields.next()?));
        entries.push(entry(head, path, target)?);
    }
}

fn named(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn entry(head: &str, path: PathBuf, target: PathBuf) -> Option<Entry> {
    let [kind, mode, uid, gid, seconds, part, bytes, digest] = head.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || path.as_os_str().is_empty() {
        return None;
    }
    let what = match kind {
        "folder" => What::Folder,
        "link" => What::Link(target),
        "file" => What::File { digest: digest.to_owned().try_into().ok()?, bytes: bytes.parse().ok()? },
        _ => return None,
    };
    let owner = (uid.parse().ok()?, gid.parse().ok()?);
    Some(Entry { path, mode: mode.parse().ok()?, owner, modified: (seconds.parse().ok()?, part.parse().ok()?), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(path: &[u8], what: What) -> Entry {
        Entry { path: named(path), mode: 0o640, owner: (0, 7), modified: (-5, 9), what }
    }

    #[test]
    fn every_name_comes_back_and_none_leads_out() {
        let file = What::File { digest: Digest::of("x"), bytes: 1 };
        let all = [
            some(b"a", What::Folder),
            some(b"a/new\nline \xff", file),
            some(b"l", What::Link("../../etc/passwd".into())),
        ];
        assert_eq!(read(&write(&all)).unwrap(), all);
        assert_eq!(read(&write(&[])).unwrap(), []);
        for path in [&b"../x"[..], b"/etc/x", b"a/../../x", b""] {
            assert_eq!(read(&write(&[some(path, What::Folder)])), None, "{path:?}");
        }
        let cut = write(&all);
        assert_eq!(read(&cut[..cut.len() - 9]), None);
        assert_eq!(read(b"nonsense"), None);
    }
}
