//! A skill as one file that can be handed on. What comes in is untrusted: names, kinds and sizes are checked.

use crate::files::MOST_BYTES;
use crate::{Files, SkillError};
use std::io::{Read, Write};
use tar::{Archive, Builder, EntryType, Header};

/// Most entries that are looked at.
const MOST_ENTRIES: usize = 256;

/// Writes the files as a tar archive; the same files give the same bytes.
///
/// # Errors
/// If the target refuses.
pub fn pack(files: &Files, target: impl Write) -> Result<(), SkillError> {
    let failed = |error: std::io::Error| SkillError::refused(format!("the archive can not be written: {error}"));
    let mut archive = Builder::new(target);
    for (path, bytes) in files.iter() {
        let mut header = Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, bytes).map_err(failed)?;
    }
    archive.into_inner().and_then(|mut target| target.flush()).map_err(failed)
}

/// Reads an archive.
///
/// # Errors
/// If it holds anything but plain files at plain paths, or too much.
pub fn unpack(source: impl Read) -> Result<Files, SkillError> {
    let bad = |error: std::io::Error| SkillError::refused(format!("the archive can not be read: {error}"));
    let limit = MOST_BYTES as u64 + MOST_ENTRIES as u64 * 1_536 + 1;
    let mut archive = Archive::new(source.take(limit));
    let mut files = Files::new();
    for (at, entry) in archive.entries().map_err(bad)?.enumerate() {
        let entry = entry.map_err(bad)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).trim_end_matches('/').to_owned();
        let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
        if at >= MOST_ENTRIES {
            return Err(SkillError::refused(format!("the archive has more than {MOST_ENTRIES} entries")));
        }
        match entry.header().entry_type() {
            EntryType::Directory => continue,
            EntryType::Regular => {}
            kind => {
                return Err(SkillError::refused(format!("{path:?} in the archive is no plain file ({kind:?})"))
                    .hint("pack the skill with `outboard skills export`"));
            }
        }
        if files.text(&path).is_some() {
            return Err(SkillError::refused(format!("{path:?} is in the archive twice")));
        }
        let mut bytes = Vec::new();
        entry.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(bad)?;
        files.add(&path, bytes)?;
    }
    match files.is_empty() {
        true => Err(SkillError::refused("the archive holds no file")),
        false => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(kind: EntryType, path: &str, size: usize) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_link_name("/etc/passwd").unwrap();
        // By hand: the builder refuses such names itself.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(vec![b'x'; size.next_multiple_of(512)]);
        bytes.extend([0; 1_024]);
        bytes
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let files = Files::new().with("x/SKILL.md", "---\n---\n").unwrap().with("x/index.ts", "1").unwrap();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        pack(&files, &mut one).unwrap();
        pack(&files, &mut other).unwrap();
        assert_eq!(one, other);
        assert_eq!(unpack(one.as_slice()).unwrap(), files);
    }

    #[test]
    fn hostile_archives_are_refused() {
        for (kind, path, size) in [
            (EntryType::Symlink, "x/index.ts", 0),
            (EntryType::Link, "x/index.ts", 0),
            (EntryType::Char, "x/index.ts", 0),
            (EntryType::Fifo, "x/index.ts", 0),
            (EntryType::Regular, "../x/index.ts", 1),
            (EntryType::Regular, "/etc/cron.d/x", 1),
            (EntryType::Regular, "x/../../y", 1),
            (EntryType::Regular, "x/index.ts", MOST_BYTES + 1),
        ] {
            assert!(unpack(archive(kind, path, size).as_slice()).is_err(), "{kind:?} {path}");
        }
        assert!(unpack(&b"no archive"[..]).is_err());
        assert!(unpack(archive(EntryType::Regular, "a/b", 1).as_slice()).is_ok());
    }
}
