//! What a host that ends in the middle of a program leaves for the next one: which repositories granted folders held when
//! the program began. Without it, one that the program made would be taken for the user's own.
//!
//! A mark is a file that its host keeps locked, so that nobody takes the mark of a host that lives for a left one.

use super::{FileGrant, Shielded, repositories};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A mark is not longer than this: folders, and at most 64 repositories of each.
const LONGEST: u64 = 4 << 20;

/// What the names of marks end with.
const ENDING: &str = "json";

/// A mark of one program. It stays, for the next host, unless it is said to be [over](GrantMark::over).
#[derive(Debug)]
pub struct GrantMark {
    path: PathBuf,
    _locked: File,
}

/// What was found in a folder that an earlier host's program could write to.
#[derive(Debug)]
pub struct Disarmed {
    /// The folder.
    pub source: PathBuf,
    /// What was renamed in it, relative to it, as by [`FileGrant::disarm`].
    pub renamed: io::Result<Vec<PathBuf>>,
}

impl Disarmed {
    /// Looks through one granted folder.
    pub fn of(grant: &FileGrant) -> Self {
        Self { source: grant.source.clone(), renamed: grant.disarm() }
    }

    /// Says it in the log, where there is something to say. `of` is whose repositories they are.
    pub fn tell(&self, of: &str) {
        let source = self.source.display();
        match &self.renamed {
            Ok(renamed) if renamed.is_empty() => {}
            Ok(renamed) => tracing::warn!(%source, ?renamed, of, "repositories of a program were renamed"),
            Err(error) => tracing::warn!(%source, %error, of, "a granted folder was not searched for repositories"),
        }
    }

    /// Whether there is nothing left to try: also where the folder is gone, or a part of it somebody else's.
    pub fn is_over(&self) -> bool {
        self.renamed.as_ref().err().is_none_or(repositories::is_final)
    }
}

/// One folder as it is written down.
#[derive(Serialize, Deserialize)]
struct Marked {
    source: PathBuf,
    device: u64,
    inode: u64,
    shielded: Vec<Shielded>,
}

impl GrantMark {
    /// Writes down what the writable ones of these hold, before a program runs. `name` is the program's own; nothing is
    /// written where none is writable.
    ///
    /// # Errors
    /// If the mark cannot be written, or there is one of that name.
    pub fn new(marks: &Path, name: &str, grants: &[FileGrant]) -> io::Result<Option<Self>> {
        let one = |grant: &FileGrant| Marked {
            source: grant.source.clone(),
            device: grant.device,
            inode: grant.inode,
            shielded: grant.shielded.clone(),
        };
        let marked: Vec<_> = grants.iter().filter(|grant| grant.writable).map(one).collect();
        if marked.is_empty() {
            return Ok(None);
        }
        fs::create_dir_all(marks)?;
        let path = marks.join(format!("{name}.{ENDING}"));
        // Nobody looks at it before it is locked and whole.
        let part = path.with_extension("part");
        let mut file = File::create_new(&part)?;
        file.try_lock()?;
        file.write_all(&serde_json::to_vec(&marked)?)?;
        file.sync_all()?;
        fs::rename(part, &path)?;
        Ok(Some(Self { path, _locked: file }))
    }

    /// Removes the mark: no program ran, or it ended and what it left was looked for.
    pub fn over(self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Does what [`FileGrant::disarm`] does for programs whose host ended before it could. To be called before folders are
    /// checked anew.
    pub fn disarm_left(marks: &Path) -> Vec<Disarmed> {
        let left = fs::read_dir(marks).into_iter().flatten().flatten().map(|entry| entry.path());
        let whole = left.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
        whole.flat_map(|path| disarm(&path).unwrap_or_default()).collect()
    }
}

fn disarm(mark: &Path) -> io::Result<Vec<Disarmed>> {
    let file = File::open(mark)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(Vec::new()),
        locked => locked?,
    }
    let text = io::read_to_string(io::Read::take(&file, LONGEST))?;
    // One that is not of our making is removed.
    let marked: Vec<Marked> = serde_json::from_str(&text).unwrap_or_default();
    let one = |marked: Marked| {
        let Marked { source, device, inode, shielded } = marked;
        Disarmed::of(&FileGrant { source, target: String::new(), writable: true, device, inode, shielded })
    };
    let done: Vec<_> = marked.into_iter().map(one).collect();
    if done.iter().all(Disarmed::is_over) {
        fs::remove_file(mark)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_made_before_its_host_ended_is_not_taken_for_the_users() {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (path, marks) = (folder.path().canonicalize().unwrap(), state.path().join("marks"));
        fs::create_dir_all(path.join("own/.git")).unwrap();
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        let mark = GrantMark::new(&marks, "one", std::slice::from_ref(&grant)).unwrap().unwrap();
        fs::create_dir_all(path.join("made/.git")).unwrap();
        assert!(GrantMark::disarm_left(&marks).is_empty(), "its host lives");
        // As at the end of a process, however it ends.
        drop(mark);
        fs::write(marks.join("half.json"), "[{").unwrap();
        let done = GrantMark::disarm_left(&marks);
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].renamed.as_ref().unwrap(), &[PathBuf::from("made/.git")]);
        assert!(path.join("own/.git").is_dir() && path.join("made/git-of-a-program").is_dir());
        assert_eq!(fs::read_dir(&marks).unwrap().count(), 0);
        let mark = GrantMark::new(&marks, "one", &[grant]).unwrap().unwrap();
        mark.over();
        assert_eq!(fs::read_dir(&marks).unwrap().count(), 0, "the program ended");
        let read_only = FileGrant::checked(&path, "/data", false, &[]).unwrap();
        assert!(GrantMark::new(&marks, "two", &[read_only]).unwrap().is_none());
    }
}
