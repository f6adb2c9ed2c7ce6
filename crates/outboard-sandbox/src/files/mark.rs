//! Which repositories in granted folders are the user's own, written down for as long as a program may make others.
//!
//! A program that begins while no other one may write to a folder looks what is there, and all that begin before it has ended
//! go by what it found: what came meanwhile may be a program's. What a host leaves that ends in the middle of a program
//! tells the next one the same.
//!
//! A mark is a file that its host keeps locked, so that nobody takes the mark of a host that lives for a left one.

use super::{FileGrant, FileGrantError, Shielded, repositories};
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

/// Why a program cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// A folder cannot be shown to programs any more.
    #[error(transparent)]
    Folder(#[from] FileGrantError),
    /// What the folders hold cannot be written down.
    #[error("what the granted folders hold could not be written down: {0}")]
    Mark(#[from] io::Error),
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

impl Marked {
    /// Whether who may write to this folder may write to something of that one.
    fn overlaps(&self, grant: &FileGrant) -> bool {
        self.source.starts_with(&grant.source) || grant.source.starts_with(&self.source)
    }

    fn is(&self, grant: &FileGrant) -> bool {
        (self.device, self.inode) == (grant.device, grant.inode)
    }
}

impl GrantMark {
    /// Finds out which repositories the writable ones of these hold, before a program runs, and writes it down. `name` is
    /// the program's own; nothing is looked at or written where none is writable. Gives the grants as they are now.
    ///
    /// # Errors
    /// If a folder cannot be granted any more, or the mark cannot be written.
    pub fn begin(marks: &Path, name: &str, grants: &[FileGrant]) -> Result<(Vec<FileGrant>, Option<Self>), BeginError> {
        if grants.iter().all(|grant| !grant.writable) {
            return Ok((grants.to_vec(), None));
        }
        fs::create_dir_all(marks)?;
        // Between a look and its mark no other program begins.
        let alone = File::create(marks.join("lock"))?;
        alone.lock()?;
        Self::disarm_left(marks).iter().for_each(|one| one.tell("an earlier host"));
        let standing: Vec<Marked> =
            paths(marks).filter_map(|path| read(&File::open(path).ok()?).ok()).flatten().collect();
        let grants: Result<Vec<_>, _> = grants.iter().map(|grant| of_now(grant, &standing)).collect();
        let grants = grants?;
        let mark = Self::new(marks, name, &grants)?;
        Ok((grants, Some(mark)))
    }

    fn new(marks: &Path, name: &str, grants: &[FileGrant]) -> io::Result<Self> {
        let one = |grant: &FileGrant| Marked {
            source: grant.source.clone(),
            device: grant.device,
            inode: grant.inode,
            shielded: grant.shielded.clone(),
        };
        let marked: Vec<_> = grants.iter().filter(|grant| grant.writable).map(one).collect();
        let path = marks.join(format!("{name}.{ENDING}"));
        // Nobody looks at it before it is locked and whole.
        let part = path.with_extension("part");
        let mut file = File::create_new(&part)?;
        file.try_lock()?;
        file.write_all(&serde_json::to_vec(&marked)?)?;
        file.sync_all()?;
        fs::rename(part, &path)?;
        Ok(Self { path, _locked: file })
    }

    /// Removes the mark: no program ran, or it ended and what it left was looked for.
    pub fn over(self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Does what [`FileGrant::disarm`] does for programs whose host ended before it could. To be called before folders are
    /// checked anew.
    pub fn disarm_left(marks: &Path) -> Vec<Disarmed> {
        paths(marks).flat_map(|path| disarm(&path).unwrap_or_default()).collect()
    }
}

/// A grant with the repositories that are the user's own, as far as the programs that run by now let that be told.
fn of_now(grant: &FileGrant, standing: &[Marked]) -> Result<FileGrant, FileGrantError> {
    if let Some(marked) = standing.iter().find(|marked| grant.writable && marked.is(grant)) {
        return Ok(FileGrant { shielded: marked.shielded.clone(), ..grant.clone() });
    }
    match standing.iter().any(|marked| marked.overlaps(grant)) {
        true => Ok(grant.clone()),
        false => grant.renewed(),
    }
}

/// The marks that are whole.
fn paths(marks: &Path) -> impl Iterator<Item = PathBuf> {
    let all = fs::read_dir(marks).into_iter().flatten().flatten().map(|entry| entry.path());
    all.filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
}

fn read(file: &File) -> io::Result<Vec<Marked>> {
    let text = io::read_to_string(io::Read::take(file, LONGEST))?;
    serde_json::from_str(&text).map_err(io::Error::from)
}

fn disarm(mark: &Path) -> io::Result<Vec<Disarmed>> {
    let file = File::open(mark)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(Vec::new()),
        locked => locked?,
    }
    // One that is not of our making is removed.
    let marked = match read(&file) {
        Err(error) if error.kind() != io::ErrorKind::InvalidData && error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(error);
        }
        marked => marked.unwrap_or_default(),
    };
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
        let (found, mark) = GrantMark::begin(&marks, "one", std::slice::from_ref(&grant)).unwrap();
        let mark = mark.unwrap();
        assert_eq!(found, std::slice::from_ref(&grant));
        fs::create_dir_all(path.join("made/.git")).unwrap();
        assert!(GrantMark::disarm_left(&marks).is_empty(), "its host lives");
        // As at the end of a process, however it ends.
        drop(mark);
        fs::write(marks.join("half.json"), "[{").unwrap();
        let done = GrantMark::disarm_left(&marks);
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].renamed.as_ref().unwrap(), &[PathBuf::from("made/.git")]);
        assert!(path.join("own/.git").is_dir() && path.join("made/git-of-a-program").is_dir());
        assert_eq!(paths(&marks).count(), 0);
        GrantMark::begin(&marks, "one", &[grant]).unwrap().1.unwrap().over();
        assert_eq!(paths(&marks).count(), 0, "the program ended");
        let read_only = FileGrant::checked(&path, "/data", false, &[]).unwrap();
        assert!(GrantMark::begin(&marks, "two", &[read_only]).unwrap().1.is_none());
    }

    #[test]
    fn what_comes_while_a_program_runs_is_nobodys_own_for_those_that_begin_meanwhile() {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().canonicalize().unwrap();
        let make = |name: &str| fs::create_dir_all(path.join(name).join(".git")).unwrap();
        let begin = |name: &str, grant: &FileGrant| {
            let (found, mark) = GrantMark::begin(state.path(), name, std::slice::from_ref(grant)).unwrap();
            let shown: Vec<_> = found[0].shielded().map(|path| path.display().to_string()).collect();
            (shown.join(" "), found.into_iter().next().unwrap(), mark.unwrap())
        };
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        make("before");
        let inner = FileGrant::checked(&path.join("before"), "/data", true, &[]).unwrap();
        let (one, _, first) = begin("one", &grant);
        assert_eq!(one, ".git before/.git", "nobody runs: what is there is the user's");
        make("meanwhile");
        fs::write(path.join(".hidden"), "").unwrap();
        let (two, granted, second) = begin("two", &grant);
        assert_eq!(two, one, "it may be of the first one");
        first.over();
        let (three, _, third) = begin("three", &grant);
        assert_eq!(three, one, "or of the second");
        make("before/deeper");
        assert_eq!(begin("inner", &inner).0, ".git", "who writes to the folder around it may have made it as well");
        second.over();
        third.over();
        assert_eq!(granted.disarm().unwrap().len(), 2);
        make("afterwards");
        let (four, _, _mark) = begin("four", &grant);
        assert_eq!(four, ".git afterwards/.git before/.git");
    }
}
