//! Reads folders that a program or a stranger may have filled: no link is followed, nothing is waited for.

use crate::files::{DEEPEST, MOST_BYTES, MOST_FILES};
use crate::{Files, SkillError};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Most names in a folder of skills.
const MOST_TOPS: usize = 20_000;

/// A folder that changed so lately may change again without showing another time.
const FRESH_NS: i128 = 50_000_000;

/// What tells that a file is as it was. No program can set the time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp(u64, i64, [i64; 4]);

/// What stands under one name of a folder of skills.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its files, by their paths below the folder of skills.
    pub(crate) files: BTreeMap<String, Stamp>,
    /// Its folders: while none of them changed, no file came or went. Empty where that could not be told.
    pub(crate) folders: BTreeMap<String, Stamp>,
    /// Why it can not be read.
    pub(crate) problem: Option<String>,
}

/// What stands in a folder of skills, by name.
pub(crate) type Tops = BTreeMap<String, Arc<Look>>;

/// A folder of skills.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looked {
    pub(crate) tops: Tops,
    /// Names that no skill has: hidden ones, and what interpreters leave behind.
    pub(crate) ignored: Vec<String>,
}

/// Looks at everything in a folder of skills; one that is not there is empty.
#[cfg(test)]
pub(crate) fn look(root: &Path) -> io::Result<Looked> {
    look_again(root, &Tops::new())
}

/// The same where it was looked at before: what did not change is not listed anew.
pub(crate) fn look_again(root: &Path, before: &Tops) -> io::Result<Looked> {
    look_at(root, &|_| true, before)
}

/// Looks at the names that are wanted.
pub(crate) fn look_for(root: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<Looked> {
    look_at(root, wanted, &Tops::new())
}

fn look_at(root: &Path, wanted: &dyn Fn(&str) -> bool, before: &Tops) -> io::Result<Looked> {
    let mut looked = Looked::default();
    let folder = match File::open(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(looked),
        folder => OwnedFd::from(folder?),
    };
    for (name, kind) in entries(&folder)? {
        if name.starts_with('.') || name == "__pycache__" {
            looked.ignored.push(name);
            continue;
        }
        if !wanted(&name) {
            continue;
        }
        if looked.tops.len() >= MOST_TOPS {
            return Err(io::Error::other(format!("it holds more than {MOST_TOPS} names")));
        }
        if let Some(same) = before.get(&name).filter(|look| look.stands(&folder)) {
            looked.tops.insert(name, same.clone());
            continue;
        }
        let mut found = Look::default();
        if let Err(error) = gather(&folder, &name, &name, kind, &mut found) {
            found.problem.get_or_insert(error.to_string());
        }
        if found.folders.values().any(Stamp::is_fresh) {
            found.folders.clear();
        }
        looked.tops.insert(name, Arc::new(found));
    }
    Ok(looked)
}

impl Look {
    /// Whether all of it is as it was.
    fn stands(&self, root: &OwnedFd) -> bool {
        let is_same = |(path, stamp_then): (&String, &Stamp)| {
            statat(root, path, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|about| stamp(&about) == *stamp_then)
        };
        self.problem.is_none() && !self.folders.is_empty() && self.folders.iter().chain(&self.files).all(is_same)
    }

    /// Whether both hold the same.
    pub(crate) fn is_like(&self, other: &Look) -> bool {
        self.files == other.files && self.problem == other.problem
    }
}

impl Stamp {
    fn is_fresh(&self) -> bool {
        let [.., seconds, nanos] = self.2;
        let changed = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as i128);
        now - changed < FRESH_NS
    }
}

/// Names and kinds in a folder. A name that is no text is shown as far as it is one, and then leads nowhere.
fn entries(folder: &OwnedFd) -> io::Result<Vec<(String, FileType)>> {
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "." && name != ".." {
            found.push((name, entry.file_type()));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

fn gather(folder: &OwnedFd, name: &str, path: &str, kind: FileType, found: &mut Look) -> io::Result<()> {
    let about = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let kind = if kind == FileType::Unknown { FileType::from_raw_mode(about.st_mode) } else { kind };
    match kind {
        FileType::RegularFile => {
            found.files.insert(path.to_owned(), stamp(&about));
            match found.files.len() > MOST_FILES {
                true => Err(io::Error::other(format!("it has more than {MOST_FILES} files"))),
                false => Ok(()),
            }
        }
        FileType::Directory if path.split('/').count() < DEEPEST => {
            found.folders.insert(path.to_owned(), stamp(&about));
            let inner = openat(folder, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
            for (name, kind) in entries(&inner)? {
                if name != "__pycache__" {
                    gather(&inner, &name, &format!("{path}/{name}"), kind, found)?;
                }
            }
            Ok(())
        }
        FileType::Directory => Err(io::Error::other(format!("{path} is nested too deeply"))),
        FileType::Symlink => Err(io::Error::other(format!("{path} is a link"))),
        _ => Err(io::Error::other(format!("{path} is neither file nor folder"))),
    }
}

/// The stamps of files that were just written there.
pub(crate) fn stamps<'p>(root: &Path, paths: impl Iterator<Item = &'p str>) -> io::Result<BTreeMap<String, Stamp>> {
    let folder = OwnedFd::from(File::open(root)?);
    let stamp = |path: &'p str| Ok((path.to_owned(), stamp(&statat(&folder, path, AtFlags::SYMLINK_NOFOLLOW)?)));
    paths.map(stamp).collect()
}

fn stamp(about: &Stat) -> Stamp {
    let times = [about.st_mtime, about.st_mtime_nsec as i64, about.st_ctime, about.st_ctime_nsec as i64];
    Stamp(about.st_ino, about.st_size, times)
}

/// Reads what was looked at.
pub(crate) fn read(root: &Path, look: &Look) -> Result<Files, SkillError> {
    if let Some(problem) = &look.problem {
        return Err(SkillError::refused(problem.clone()).hint("keep plain files of code and text in a skill"));
    }
    let folder = OwnedFd::from(File::open(root).map_err(|error| SkillError::disk(root, &error))?);
    let mut files = Files::new();
    for path in look.files.keys() {
        let bytes = bytes(&folder, path).map_err(|error| SkillError::disk(&root.join(path), &error))?;
        files.add(path, bytes)?;
    }
    Ok(files)
}

/// Reads a folder that somebody wants to become a skill; paths begin with `top`.
///
/// # Errors
/// If a link or anything else that is no plain file is in it, or it is too large.
pub fn read_folder(folder: &Path, top: &str) -> Result<Files, SkillError> {
    let mut look = Look::default();
    let opened = OwnedFd::from(File::open(folder).map_err(|error| SkillError::disk(folder, &error))?);
    let listed = entries(&opened).map_err(|error| SkillError::disk(folder, &error))?;
    for (name, kind) in listed.into_iter().filter(|(name, _)| name != "__pycache__" && name != ".git") {
        gather(&opened, &name, &name, kind, &mut look).map_err(|error| SkillError::refused(error.to_string()))?;
    }
    let mut files = Files::new();
    for path in look.files.keys() {
        let bytes = bytes(&opened, path).map_err(|error| SkillError::disk(&folder.join(path), &error))?;
        files.add(&format!("{top}/{path}"), bytes)?;
    }
    Ok(files)
}

fn bytes(root: &OwnedFd, path: &str) -> io::Result<Vec<u8>> {
    let (mut folder, mut names) = (root.try_clone()?, path.split('/').peekable());
    while let Some(name) = names.next() {
        if names.peek().is_some() {
            folder = openat(&folder, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, name, flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    Err(io::Error::other("an empty path"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_and_pipes_are_named_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("good/inner")).unwrap();
        fs::write(root.join("good/inner/a.ts"), "1").unwrap();
        fs::create_dir_all(root.join("bad")).unwrap();
        symlink("/etc/passwd", root.join("bad/index.ts")).unwrap();
        symlink("/etc", root.join("worse")).unwrap();
        fs::create_dir(root.join(".hidden")).unwrap();
        let looked = look(root).unwrap();
        assert_eq!(looked.ignored, [".hidden"]);
        assert_eq!(read(root, &looked.tops["good"]).unwrap().text("good/inner/a.ts"), Some("1"));
        for name in ["bad", "worse"] {
            assert!(read(root, &looked.tops[name]).unwrap_err().message.contains("link"), "{name}");
        }
        assert!(read_folder(&root.join("bad"), "bad").unwrap_err().message.contains("link"));
    }

    #[test]
    fn a_change_shows_in_the_stamp() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.ts"), "1").unwrap();
        let before = look(folder.path()).unwrap().tops;
        assert_eq!(before, look(folder.path()).unwrap().tops);
        fs::write(folder.path().join("a.ts"), "22").unwrap();
        assert_ne!(before, look(folder.path()).unwrap().tops);
    }

    #[test]
    fn a_folder_that_rests_is_not_listed_again_and_every_change_in_it_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("x/inner")).unwrap();
        fs::write(root.join("x/index.ts"), "1").unwrap();
        let at_once = look(root).unwrap().tops;
        let rested = || loop {
            let tops = look(root).unwrap().tops;
            if !tops["x"].folders.is_empty() {
                return tops;
            }
        };
        assert!(at_once["x"].is_like(&rested()["x"]));
        let changes: [&dyn Fn(); 5] = [
            &|| fs::write(root.join("x/index.ts"), "2").unwrap(),
            &|| fs::write(root.join("x/inner/more.ts"), "").unwrap(),
            &|| fs::remove_file(root.join("x/inner/more.ts")).unwrap(),
            &|| symlink("/etc", root.join("x/link")).unwrap(),
            &|| fs::remove_dir_all(root.join("x")).unwrap(),
        ];
        for (at, change) in changes.iter().enumerate() {
            let before = rested();
            let same = look_again(root, &before).unwrap().tops;
            assert!(at == 4 || Arc::ptr_eq(&before["x"], &same["x"]), "{at}");
            change();
            let after = look_again(root, &before).unwrap().tops;
            assert!(after.get("x").is_none_or(|after| !after.is_like(&before["x"])), "{at}");
        }
    }
}
