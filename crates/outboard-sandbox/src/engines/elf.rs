//! Program files: which loader and libraries one names.

use super::output;
use crate::message::Layout;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Shows a program at a path of the jail, with the loader and the libraries that it names.
pub(super) async fn show(layout: &mut Layout, program: &Path, at: &str) -> Result<(), String> {
    layout.binds.push((program.to_owned(), at.to_owned()));
    let head = std::fs::read(program).map_err(|error| error.to_string())?;
    if let Some(loader) = loader(&head) {
        let listing = output(Command::new(&loader).arg("--list").arg(program)).await?;
        layout.binds.extend(listed(&listing));
        layout.binds.push((canonical(&loader), loader));
    }
    layout.binds.sort_by(|one, other| one.1.cmp(&other.1));
    layout.binds.dedup_by(|one, other| one.1 == other.1);
    Ok(())
}

/// The loader that a program file of this machine's kind asks for; `None` for a static one or a script.
fn loader(file: &[u8]) -> Option<String> {
    const INTERPRETER: u32 = 3;
    let word = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(file.get(at..at.checked_add(size)?)?);
        Some(u64::from_le_bytes(bytes) as usize)
    };
    if file.get(..5)? != b"\x7fELF\x02" {
        return None;
    }
    let (table, entry, count) = (word(32, 8)?, word(54, 2)?, word(56, 2)?);
    let header = (0..count)
        .map(|index| table.saturating_add(index * entry))
        .find(|at| word(*at, 4) == Some(INTERPRETER as usize))?;
    let (start, size) = (word(header.saturating_add(8), 8)?, word(header.saturating_add(32), 8)?);
    let name = file.get(start..start.checked_add(size)?)?;
    Some(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned())
}

/// The files in a loader's listing: `name => /path (0x…)` or `/path (0x…)`.
fn listed(listing: &str) -> Vec<(PathBuf, String)> {
    let path = |line: &str| {
        let path = line.rsplit_once(" (")?.0.rsplit("=> ").next()?.trim();
        path.starts_with('/').then(|| (canonical(path), path.to_owned()))
    };
    listing.lines().filter_map(path).collect()
}

fn canonical(path: &str) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_names_files() {
        let listing = "\tlinux-vdso.so.1 (0x7ff)\n\tlibc.so.6 => /no/libc.so.6 (0x7f)\n\t/no/ld.so.2 (0x7f)\n";
        let names: Vec<_> = listed(listing).into_iter().map(|(_, at)| at).collect();
        assert_eq!(names, ["/no/libc.so.6", "/no/ld.so.2"]);
    }

    #[test]
    fn hostile_program_files_have_no_loader() {
        for file in [&b""[..], b"#!/bin/sh", b"\x7fELF\x02", &[0x7f, b'E', b'L', b'F', 2, 0xff, 0xff, 0xff][..]] {
            assert_eq!(loader(file), None);
        }
        let mut file = vec![0xff; 128];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        assert_eq!(loader(&file), None);
    }
}
