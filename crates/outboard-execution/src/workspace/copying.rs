//! Copying a folder, and telling whether it was changed.

use outboard_held::Held;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Workspaces with more bytes than this are not copied.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// Workspaces with more files and folders than this are not copied.
const MOST_FILES: u64 = 4_000;

/// Deepest folder that is copied.
const DEEPEST: usize = 40;

/// What the host itself puts there: recorded answers name it, so a replay needs it where it is.
pub(super) const OURS: &[&str] = &[".files", ".outputs"];

/// What may still be copied.
pub(super) struct Left {
    bytes: u64,
    files: u64,
    /// Who gets what belongs to root, if not root.
    owner: Option<(u32, u32)>,
}

impl Left {
    /// As much as is copied of what a program left.
    pub(super) fn usual() -> Self {
        Self { bytes: MOST_BYTES, files: MOST_FILES, owner: None }
    }

    /// All of a copy of ours, for this owner.
    pub(super) fn all(owner: (u32, u32)) -> Self {
        Self { bytes: u64::MAX, files: u64::MAX, owner: Some(owner) }
    }

    pub(super) fn take(&mut self, bytes: u64) -> io::Result<()> {
        let left = self.bytes.checked_sub(bytes).zip(self.files.checked_sub(1));
        let (bytes, files) = left.ok_or_else(|| io::Error::other("the workspace is too large to be copied"))?;
        (self.bytes, self.files) = (bytes, files);
        Ok(())
    }
}

/// Copies what is in a folder; links as links, and what is neither file, folder nor link not at all.
pub(super) fn copy_below(from: &Held, to: &Path, left: &mut Left, depth: usize) -> io::Result<()> {
    if depth > DEEPEST {
        return Err(io::Error::other("the workspace is too deep to be copied"));
    }
    for name in from.names()? {
        let name = name?;
        if depth == 0 && OURS.iter().any(|ours| name == *ours) {
            continue;
        }
        let (about, target) = (from.about(&name)?, to.join(&name));
        let about = if about.is_dir() {
            left.take(0)?;
            fs::create_dir(&target)?;
            let below = from.folder(&name)?;
            copy_below(&below, &target, left, depth + 1)?;
            below.own()?
        } else if about.is_symlink() {
            left.take(0)?;
            std::os::unix::fs::symlink(from.link(&name)?, &target)?;
            continue;
        } else if about.is_file() {
            left.take(about.len())?;
            copy_file(from.file(&name)?, about.len(), &target)?
        } else {
            continue;
        };
        like(&about, &target, left.owner)?;
    }
    Ok(())
}

/// Shares the bytes where the file system can, and no more of them than were counted; what is known of the file.
fn copy_file(source: File, bytes: u64, to: &Path) -> io::Result<Metadata> {
    let about = source.metadata()?;
    let mut target = File::create_new(to)?;
    io::copy(&mut source.take(bytes), &mut target)?;
    Ok(about)
}

/// Gives a copy the owner, the mode and the time of the original, but never its owner's rights to whoever runs it.
pub(super) fn like(about: &Metadata, copy: &Path, instead_of_root: Option<(u32, u32)>) -> io::Result<()> {
    const PLAIN: u32 = 0o1777;
    let own = (about.uid(), about.gid());
    let (user, group) = instead_of_root.filter(|_| own.0 == 0).unwrap_or(own);
    // Only root may give files away, and only root has workers that are somebody else.
    let _ = std::os::unix::fs::chown(copy, Some(user), Some(group));
    fs::set_permissions(copy, Permissions::from_mode(about.mode() & PLAIN))?;
    match File::open(copy) {
        Ok(file) => file.set_modified(about.modified()?),
        Err(_) => Ok(()),
    }
}

/// A line for each file: enough to see that it was changed.
pub(super) fn look(workspace: &Path) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    look_below(&Held::open(workspace)?, Path::new(""), &mut lines, 0)?;
    lines.sort();
    Ok(lines.join("\n").into_bytes())
}

fn look_below(folder: &Held, path: &Path, lines: &mut Vec<String>, depth: usize) -> io::Result<()> {
    for name in folder.names()? {
        let name = name?;
        if lines.len() as u64 > 2 * MOST_FILES {
            return Ok(());
        }
        if depth == 0 && OURS.iter().any(|ours| name == *ours) {
            continue;
        }
        let (about, path) = (folder.about(&name)?, path.join(&name));
        let (seconds, part) = (about.ctime(), about.ctime_nsec());
        lines.push(format!("{path:?} {} {} {seconds} {part}", about.ino(), about.len()));
        if about.is_dir() && depth < DEEPEST {
            look_below(&folder.folder(&name)?, &path, lines, depth + 1)?;
        }
    }
    Ok(())
}
