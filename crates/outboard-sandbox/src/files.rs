//! Folders of the host that an operator grants to programs, checked before anything is mounted.
//!
//! A grant names a folder by path; what is checked is the folder that this path means now, held by device and
//! inode, so that a link that is swapped later changes nothing. Some places can never be granted, because whoever
//! reads or writes them owns the account or the host: the error names the rule.
//!
//! Never here: the session's own folders, which the product makes itself.

mod mark;
mod repositories;
mod rules;
mod target;

use crate::message::Folder;
use crate::sys::beneath;
pub use mark::{BeginError, Disarmed, GrantMark};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A folder of the host that has passed the checks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileGrant {
    source: PathBuf,
    target: String,
    writable: bool,
    device: u64,
    inode: u64,
    /// Folders beneath a writable one that stay read-only, relative to it.
    shielded: Vec<Shielded>,
}

/// A folder beneath a grant, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Shielded {
    relative: PathBuf,
    device: u64,
    inode: u64,
}

/// Why a folder cannot be granted.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be granted at {target}: {problem}", source_path.display())]
pub struct FileGrantError {
    /// The folder as it was written.
    pub source_path: PathBuf,
    /// The target as it was written.
    pub target: String,
    /// The rule that it breaks, and what to do.
    pub problem: String,
}

impl FileGrant {
    /// Checks a grant of `source` (an absolute path of the host) at `target` (an absolute path of the jail).
    ///
    /// `protected` are the host's own files and folders: settings, state, other sessions. They can be granted in no
    /// way, nor can a folder that holds one of them. In a writable grant, Git repositories are shown read-only:
    /// their hooks and settings are programs that the host's user runs. Where the folder has no `.git`, an empty one is
    /// made, which Git takes for none, so that a program cannot make one there; for what it makes further below, see
    /// [`FileGrant::disarm`].
    ///
    /// # Errors
    /// If a rule forbids it, or if the folder cannot be opened.
    pub fn checked(source: &Path, target: &str, writable: bool, protected: &[PathBuf]) -> Result<Self, FileGrantError> {
        Self::try_checked(source, target, writable, protected).map_err(|problem| FileGrantError {
            source_path: source.to_owned(),
            target: target.to_owned(),
            problem,
        })
    }

    fn try_checked(source: &Path, target: &str, writable: bool, protected: &[PathBuf]) -> Result<Self, String> {
        target::check(target)?;
        if !source.is_absolute() {
            return Err("the folder must be an absolute path".to_owned());
        }
        let real = source.canonicalize().map_err(|error| format!("{error}; make the folder, or correct the path"))?;
        rules::check(&real, writable, protected)?;
        let folder = open(&real).map_err(|error| format!("it cannot be opened without following links: {error}"))?;
        let found = folder.metadata().map_err(|error| error.to_string())?;
        if !found.is_dir() {
            return Err("it is not a folder; grant the folder that holds the file".to_owned());
        }
        let shielded = if writable { repositories::shield(&folder)? } else { Vec::new() };
        let target = target.to_owned();
        Ok(Self { source: real, target, writable, device: found.dev(), inode: found.ino(), shielded })
    }

    /// The same grant with the repositories that are there now.
    ///
    /// # Errors
    /// If the folder is not there any more, or holds too many repositories or too much to be looked through.
    fn renewed(&self) -> Result<Self, FileGrantError> {
        if !self.writable {
            return Ok(self.clone());
        }
        let shielded =
            self.folder().map_err(|error| error.to_string()).and_then(|folder| repositories::shield(&folder));
        let failed =
            |problem| FileGrantError { source_path: self.source.clone(), target: self.target.clone(), problem };
        Ok(Self { shielded: shielded.map_err(failed)?, ..self.clone() })
    }

    /// The folder, by its real path.
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// Where programs see it.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether programs may write there.
    pub fn writable(&self) -> bool {
        self.writable
    }

    /// Folders beneath that stay read-only, relative to the folder.
    pub fn shielded(&self) -> impl Iterator<Item = &Path> {
        self.shielded.iter().map(|one| one.relative.as_path())
    }

    /// Renames what makes repositories of folders that programs wrote beneath a writable one, so that Git does not obey
    /// them: `.git` becomes `git-of-a-program`, and `HEAD` beside `objects` and `refs` becomes `HEAD-of-a-program`. Gives
    /// what was renamed, relative to the folder; call it when a program has ended. For hosts that end before: [`GrantMark`].
    ///
    /// # Errors
    /// If the folder is not there any more, or holds too much to be looked through.
    pub fn disarm(&self) -> io::Result<Vec<PathBuf>> {
        if !self.writable {
            return Ok(Vec::new());
        }
        repositories::disarm(&self.folder()?, &self.shielded)
    }

    /// The folder that was checked, if it is still there.
    fn folder(&self) -> io::Result<File> {
        let folder = open(&self.source)?;
        let found = folder.metadata()?;
        if (found.dev(), found.ino()) != (self.device, self.inode) {
            return Err(io::Error::from_raw_os_error(libc::ESTALE));
        }
        Ok(folder)
    }

    /// The mounts that this grant needs, in order.
    pub(crate) fn folders(&self) -> Vec<Folder> {
        let whole = Folder {
            source: self.source.clone(),
            target: self.target.clone(),
            writable: self.writable,
            device: self.device,
            inode: self.inode,
        };
        let shields = self.shielded.iter().map(|one| Folder {
            source: self.source.join(&one.relative),
            target: format!("{}/{}", self.target, one.relative.display()),
            writable: false,
            device: one.device,
            inode: one.inode,
        });
        [whole].into_iter().chain(shields).collect()
    }
}

/// Opens a real path; a link that took the place of one of its folders meanwhile is an error.
fn open(real: &Path) -> io::Result<File> {
    let root = File::open("/")?;
    let relative = real.strip_prefix("/").map_err(io::Error::other)?;
    beneath::open(&root, relative, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NONBLOCK, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn problem(source: &Path, target: &str, writable: bool, protected: &[PathBuf]) -> String {
        FileGrant::checked(source, target, writable, protected).unwrap_err().to_string()
    }

    #[test]
    fn a_folder_is_granted_by_its_real_path() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        fs::create_dir(real.join("data")).unwrap();
        symlink(real.join("data"), real.join("link")).unwrap();
        let grant = FileGrant::checked(&real.join("link"), "/data/in", false, &[]).unwrap();
        assert_eq!(
            (grant.source(), grant.target(), grant.writable()),
            (real.join("data").as_path(), "/data/in", false)
        );
        assert_eq!(grant.folders().len(), 1);
    }

    #[test]
    fn what_is_no_folder_or_is_protected_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        fs::write(path.join("file"), "").unwrap();
        fs::create_dir(path.join("state")).unwrap();
        symlink(path.join("state"), path.join("innocent")).unwrap();
        assert!(problem(&path.join("file"), "/d", false, &[]).contains("cannot be opened"));
        assert!(problem(&path.join("none"), "/d", false, &[]).contains("make the folder"));
        assert!(problem(Path::new("relative"), "/d", false, &[]).contains("absolute"));
        let protected = [path.join("state"), path.join("not/yet/settings.toml")];
        for source in ["state", "innocent", ""] {
            for writable in [false, true] {
                assert!(problem(&path.join(source), "/d", writable, &protected).contains("Outboard's own"), "{source}");
            }
        }
        assert!(FileGrant::checked(&path, "/d", false, &[]).is_ok());
    }

    #[test]
    fn repositories_stay_read_only_also_before_they_exist() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        fs::create_dir_all(path.join("a/b/.git/hooks")).unwrap();
        fs::create_dir_all(path.join("elsewhere")).unwrap();
        symlink("/", path.join("root")).unwrap();
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        let shielded: Vec<_> = grant.shielded().collect();
        assert_eq!(shielded, [Path::new(".git"), Path::new("a/b/.git")]);
        let targets: Vec<_> = grant.folders().into_iter().map(|one| (one.target, one.writable)).collect();
        assert_eq!(targets, [("/data".into(), true), ("/data/.git".into(), false), ("/data/a/b/.git".into(), false)]);
        assert!(FileGrant::checked(&path, "/data", false, &[]).unwrap().shielded().next().is_none());
    }

    #[test]
    fn repositories_that_were_made_since_are_shielded_for_the_next_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        fs::create_dir_all(path.join("made/.git")).unwrap();
        let renewed = grant.renewed().unwrap();
        assert_eq!(renewed.shielded().collect::<Vec<_>>(), [Path::new(".git"), Path::new("made/.git")]);
        assert!(renewed.disarm().unwrap().is_empty() && path.join("made/.git").is_dir());
        fs::rename(&path, path.with_extension("moved")).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(grant.renewed().is_err(), "it is another folder");
        fs::remove_dir_all(path.with_extension("moved")).unwrap();
    }

    #[test]
    fn repositories_that_a_program_made_lose_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        fs::create_dir_all(path.join("old/.git")).unwrap();
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        fs::create_dir_all(path.join("new/.git/hooks/deep/.git")).unwrap();
        fs::create_dir_all(path.join("new/git-of-a-program")).unwrap();
        fs::create_dir(path.join("file")).unwrap();
        fs::write(path.join("file/.git"), "gitdir: /x").unwrap();
        fs::rename(path.join("old"), path.join("moved")).unwrap();
        assert_eq!(grant.disarm().unwrap().len(), 3);
        assert!(path.join("new/git-of-a-program-1/hooks").is_dir() && path.join("file/git-of-a-program").is_file());
        assert!(path.join("moved/.git").is_dir() && path.join(".git").is_dir());
        assert!(grant.disarm().unwrap().is_empty());
    }

    /// Lays out what Git takes for a repository without looking at its name.
    fn bare(at: &Path, names: &[&str]) {
        fs::create_dir_all(at).unwrap();
        for name in names {
            match name.eq_ignore_ascii_case("objects") || name.eq_ignore_ascii_case("refs") {
                true => fs::create_dir(at.join(name)).unwrap(),
                false => fs::write(at.join(name), "ref: refs/heads/main\n").unwrap(),
            }
        }
    }

    #[test]
    fn repositories_without_their_name_lose_what_makes_them_some() {
        const USUAL: [&str; 4] = ["HEAD", "config", "objects", "refs"];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        bare(&path.join("own"), &USUAL);
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        assert_eq!(grant.shielded().collect::<Vec<_>>(), [Path::new(".git"), Path::new("own")]);
        bare(&path, &USUAL);
        bare(&path.join("deep/er"), &USUAL);
        bare(&path.join("elsewhere"), &["HEAD", "commondir"]);
        bare(&path.join("small"), &["head", "Objects", "refs"]);
        bare(&path.join("twice"), &["HEAD", "Head", "head", "objects", "refs"]);
        bare(&path.join("new/.git"), &USUAL);
        bare(&path.join("loud/.GIT"), &[]);
        bare(&path.join("honest"), &["HEAD", "config"]);
        let mut renamed = grant.disarm().unwrap();
        renamed.sort();
        let expected = "HEAD deep/er/HEAD elsewhere/HEAD loud/.GIT new/.git new/.git/HEAD small/head twice/HEAD twice/Head \
            twice/head";
        assert_eq!(renamed, expected.split(' ').map(PathBuf::from).collect::<Vec<_>>());
        assert!(path.join("new/git-of-a-program/HEAD-of-a-program").is_file());
        assert!(path.join("own/HEAD").is_file() && path.join("honest/HEAD").is_file());
        assert!(grant.disarm().unwrap().is_empty());
        assert!(problem(&path.join("own"), "/d", true, &[]).contains("a Git repository itself"));
    }

    #[test]
    fn a_folder_that_may_not_be_listed_hides_no_repository() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        for (name, mode) in [("x", 0o311), ("y", 0o555), ("z", 0)] {
            fs::create_dir_all(path.join(name).join(".git/hooks")).unwrap();
            fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut renamed = grant.disarm().unwrap();
        renamed.sort();
        assert_eq!(renamed, ["x/.git", "y/.git", "z/.git"].map(PathBuf::from));
        assert!(path.join("y/git-of-a-program").is_dir());
    }

    #[test]
    fn names_that_are_taken_in_advance_save_no_repository() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        let grant = FileGrant::checked(&path, "/data", true, &[]).unwrap();
        fs::create_dir_all(path.join("x/.git")).unwrap();
        fs::create_dir(path.join("x/git-of-a-program")).unwrap();
        (1..2_000).for_each(|number| fs::write(path.join(format!("x/git-of-a-program-{number}")), "").unwrap());
        assert_eq!(grant.disarm().unwrap(), [Path::new("x/.git")]);
        assert!(!path.join("x/.git").exists());
    }

    #[test]
    fn a_repository_that_is_a_link_or_a_file_is_refused() {
        for make in [|at: &Path| symlink("/tmp", at).unwrap(), |at: &Path| fs::write(at, "gitdir: /x").unwrap()] {
            let folder = tempfile::tempdir().unwrap();
            make(&folder.path().join(".git"));
            assert!(problem(folder.path(), "/d", true, &[]).contains(".git"));
            assert!(FileGrant::checked(folder.path(), "/d", false, &[]).is_ok());
        }
    }
}
