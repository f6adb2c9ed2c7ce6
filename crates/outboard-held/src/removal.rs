//! Removing what a program left, however deep it is and whatever its modes say.
//!
//! A program can nest folders deeper than a path can name, a stack can recurse or descriptors can follow, and take its own
//! rights from them, which keeps an ordinary user from what is in them. So folders move up until all are directly below
//! the one that goes, and each gets its owner's rights first. Two of them are open at a time.

use crate::Held;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

/// Each takes one level of folders away. More would be the work of a program that makes new ones meanwhile.
const MOST_ROUNDS: u32 = 100_000;

/// Removes a folder with all that is in it; links go, what they lead to stays.
///
/// # Errors
/// If it is not there, is no folder, or the file system refuses; then a part of it may be gone.
pub fn remove_tree(folder: &Path) -> io::Result<()> {
    let name = folder.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Held::follow(above)?.remove_tree(name)
}

impl Held {
    /// The same with a folder in this one.
    ///
    /// # Errors
    /// As those of [`remove_tree`].
    pub fn remove_tree(&self, name: &OsStr) -> io::Result<()> {
        let top = self.own_folder(name)?;
        let mut moved = 0;
        for _ in 0..MOST_ROUNDS {
            let names = top.names()?.collect::<io::Result<Vec<_>>>()?;
            if names.is_empty() {
                return self.remove_folder(name);
            }
            for name in names {
                empty(&top, &name, &mut moved)?;
            }
        }
        Err(io::Error::other("somebody keeps making files in it"))
    }
}

/// Removes a file, or a folder whose own folders move up.
fn empty(top: &Held, name: &OsStr, moved: &mut u64) -> io::Result<()> {
    if !top.about(name)?.is_dir() {
        return top.remove_file(name);
    }
    let folder = top.own_folder(name)?;
    for inner in folder.names()?.collect::<io::Result<Vec<_>>>()? {
        match folder.about(&inner)?.is_dir() {
            true => move_up(&folder, &inner, top, moved)?,
            false => folder.remove_file(&inner)?,
        }
    }
    top.remove_folder(name)
}

/// A folder that moves to another one has its own entry for that rewritten, which takes the right to write to it.
fn move_up(from: &Held, name: &OsStr, to: &Held, moved: &mut u64) -> io::Result<()> {
    drop(from.own_folder(name)?);
    loop {
        *moved += 1;
        let free = OsString::from(format!("{moved}.removed"));
        match fs::symlink_metadata(to.at(&free)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::rename(from.at(name), to.at(&free)),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn what_is_deeper_than_paths_and_stacks_goes() {
        let place = tempfile::tempdir().unwrap();
        let (top, next, name) = (place.path().join("top"), place.path().join("next"), "n".repeat(200));
        // Built from below, as no path leads so deep.
        fs::create_dir(&top).unwrap();
        for _ in 0..5_000 {
            fs::create_dir(&next).unwrap();
            fs::write(next.join("file"), "x").unwrap();
            fs::rename(&top, next.join(&name)).unwrap();
            fs::rename(&next, &top).unwrap();
        }
        remove_tree(&top).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn modes_keep_nothing_and_links_lead_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let (top, elsewhere) = (place.path().join("top"), place.path().join("elsewhere"));
        fs::create_dir_all(top.join("a/b/c")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("kept"), "kept").unwrap();
        fs::write(top.join("a/b/c/file"), "x").unwrap();
        fs::write(top.join("1.removed"), "a name that it would give").unwrap();
        symlink(&elsewhere, top.join("a/link")).unwrap();
        symlink(elsewhere.join("kept"), top.join("a/b/link")).unwrap();
        for (folder, mode) in [("a/b/c", 0o555), ("a/b", 0o311), ("a", 0), ("", 0o500)] {
            fs::set_permissions(top.join(folder), Permissions::from_mode(mode)).unwrap();
        }
        remove_tree(&top).unwrap();
        assert!(!top.exists() && elsewhere.join("kept").exists());
        symlink(&elsewhere, &top).unwrap();
        assert!(remove_tree(&top).is_err() && elsewhere.join("kept").exists(), "a link is no folder");
        assert_eq!(remove_tree(&place.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
