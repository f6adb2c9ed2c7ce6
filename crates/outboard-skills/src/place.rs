//! A folder of skills that people may review: a skill in it changes whole or not at all.
//!
//! New files are written beside, down to the disk, and then swapped in by name. What a crash left half done is in a
//! folder whose name says so; [`recover`] puts back what was taken away and removes the rest.

use crate::Files;
use crate::disk::Disk;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const STAGE: &str = ".staging-";
const PARKED: &str = ".parked";
const GONE: &str = ".gone";

/// Puts a skill's files into a folder of skills, in the place of those that stood under the old names.
pub(crate) fn put(disk: &Disk, root: &Path, files: &Files, old: &[String]) -> io::Result<()> {
    let stage = stage(disk, root)?;
    for (path, bytes) in files.iter() {
        disk.write(&stage.join(path), bytes)?;
    }
    let tops = files.tops();
    for top in &tops {
        swap(disk, &stage, &root.join(top), top)?;
    }
    leave(disk, root, &stage, old.iter().filter(|top| !tops.contains(top)))
}

/// Takes a skill's files away.
pub(crate) fn take_away(disk: &Disk, root: &Path, tops: &[String]) -> io::Result<()> {
    let stage = stage(disk, root)?;
    leave(disk, root, &stage, tops.iter())
}

fn stage(disk: &Disk, root: &Path) -> io::Result<PathBuf> {
    let stage = root.join(format!("{STAGE}{:016x}", getrandom::u64().unwrap_or_default()));
    disk.make_folder(&stage)?;
    Ok(stage)
}

fn swap(disk: &Disk, stage: &Path, target: &Path, top: &str) -> io::Result<()> {
    let new = stage.join(top);
    if fs::symlink_metadata(target).is_err() {
        return disk.rename(&new, target);
    }
    if disk.exchange(&new, target)? {
        return Ok(());
    }
    disk.make_folder(&stage.join(PARKED))?;
    disk.rename(target, &stage.join(PARKED).join(top))?;
    disk.rename(&new, target)
}

fn leave<'t>(disk: &Disk, root: &Path, stage: &Path, tops: impl Iterator<Item = &'t String>) -> io::Result<()> {
    for top in tops {
        disk.make_folder(&stage.join(GONE))?;
        disk.rename(&root.join(top), &stage.join(GONE).join(top))?;
    }
    disk.sync(root)?;
    disk.remove(stage)
}

/// Clears up after a crash. Nobody else may be changing the folder.
pub(crate) fn recover(root: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(STAGE)) {
        for parked in fs::read_dir(entry.path().join(PARKED)).into_iter().flatten().flatten() {
            let target = root.join(parked.file_name());
            if fs::symlink_metadata(&target).is_err() {
                fs::rename(parked.path(), target)?;
            }
        }
        outboard_held::remove_tree(&entry.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_away_for_a_swap_that_never_came_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join(".staging-1");
        fs::create_dir_all(stage.join(PARKED).join("x")).unwrap();
        fs::create_dir_all(stage.join("x")).unwrap();
        fs::write(stage.join(PARKED).join("x/index.ts"), "old").unwrap();
        recover(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("x/index.ts")).unwrap(), "old");
        assert!(!stage.exists());
    }

    #[test]
    fn another_layout_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let (disk, root) = (Disk::default(), folder.path());
        put(&disk, root, &Files::new().with("x.ts", "1").unwrap(), &[]).unwrap();
        put(&disk, root, &Files::new().with("x/index.ts", "2").unwrap(), &["x.ts".into()]).unwrap();
        assert!(!root.join("x.ts").exists() && root.join("x/index.ts").exists());
        take_away(&disk, root, &["x".into()]).unwrap();
        assert_eq!(fs::read_dir(root).unwrap().count(), 0);
    }
}
