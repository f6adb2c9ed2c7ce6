//! The copy of all skills that one program sees and may write to.
//!
//! Each principal has copies of its own, one for each of its programs that run at once, of whatever session. A copy
//! is held by a lock while a program has it, and brought up to date by difference: unless skills changed, taking one
//! costs a look at a list, and only what a session saved for itself comes and goes with it.
//! What a program changed is found by comparing files with what was put there, and undone when it has been taken.

use crate::disk::Disk;
use crate::tree::{self, Look, Stamp, Tops};
use crate::view::{self, View};
use crate::{Skill, SkillError, SkillName};
use outboard_types::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Programs of one principal that run at once.
const MOST: usize = 1_024;

/// One skill as it was put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    version: Digest,
    files: BTreeMap<String, Stamp>,
    #[serde(default)]
    folders: BTreeMap<String, Stamp>,
}

/// A skill that a program changed.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Its name, or what stands there instead of one.
    pub name: String,
    /// What it is now; `None` where the program removed it.
    pub skill: Option<Result<Skill, SkillError>>,
}

/// A copy of all skills, held until it is dropped.
#[derive(Debug)]
pub struct Layer {
    folder: PathBuf,
    list: PathBuf,
    dirty: PathBuf,
    kept: BTreeMap<SkillName, Kept>,
    /// Whether it was looked at and found as it was put there.
    untouched: bool,
    /// Whether more is known of it than its list says.
    unlisted: bool,
    _lock: File,
}

impl Layer {
    /// Takes a copy that nobody holds, and brings it up to date.
    pub(crate) fn take(copies: &Path, view: &View) -> Result<Self, SkillError> {
        let failed = |error: io::Error| SkillError::disk(copies, &error);
        fs::create_dir_all(copies).map_err(failed)?;
        for number in 0..MOST {
            let path = |kind: &str| copies.join(format!("{number}.{kind}"));
            let lock = File::create(path("lock")).map_err(failed)?;
            if lock.try_lock().is_err() {
                continue;
            }
            if !is_at(&lock, &path("lock")) {
                // The copies of an idle principal were just removed: begin anew.
                return Self::take(copies, view);
            }
            let mut layer = Self {
                folder: copies.join(number.to_string()),
                list: path("json"),
                dirty: path("dirty"),
                kept: BTreeMap::new(),
                untouched: false,
                unlisted: false,
                _lock: lock,
            };
            layer.begin(view).map_err(failed)?;
            return Ok(layer);
        }
        Err(SkillError::refused("too many programs of this principal run at once"))
    }

    fn begin(&mut self, view: &View) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        open_to_workers(&self.folder, 0o777)?;
        let listed = fs::read(&self.list).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let verify = listed.is_none() || self.dirty.exists();
        self.kept = listed.unwrap_or_default();
        self.bring(view, verify)?;
        fs::write(&self.dirty, "")
    }

    /// The folder: `/skills` in the jail.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Undoes what a program changed, so that it begins anew.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn reset(&mut self, view: &View) -> Result<(), SkillError> {
        self.untouched = false;
        self.bring(view, true).map_err(|error| SkillError::disk(&self.folder, &error))
    }

    /// What the program changed. The program must have ended.
    ///
    /// # Errors
    /// If the folder can not be read.
    pub fn changes(&mut self) -> Result<Vec<Changed>, SkillError> {
        let looked = self.look().map_err(|error| SkillError::disk(&self.folder, &error))?;
        let mut resting = Vec::new();
        let mut kept: BTreeMap<&str, &Kept> = self.kept.iter().map(|(name, kept)| (name.as_str(), kept)).collect();
        let (mut changed, mut same) = (Vec::new(), looked.ignored.is_empty());
        for group in view::groups(&looked.tops) {
            let before = kept.remove(group.name.as_str());
            if group.look.problem.is_none() && before.is_some_and(|kept| kept.files == group.look.files) {
                if before.is_some_and(|kept| kept.folders != group.look.folders) {
                    resting.push(group);
                }
                continue;
            }
            same = false;
            let skill = match group.clashes.first() {
                None => view::read(&self.folder, &group),
                Some(other) => Err(SkillError::refused(format!("{other} stands beside another layout of it"))
                    .hint("write to the file that is there, or remove it first")),
            };
            // Written again as it was.
            if !matches!((&skill, before), (Ok(skill), Some(kept)) if skill.version == kept.version) {
                changed.push(Changed { name: group.name, skill: Some(skill) });
            }
        }
        changed.extend(kept.into_keys().map(|name| Changed { name: name.to_owned(), skill: None }));
        self.rest(resting);
        self.untouched = same && changed.is_empty();
        Ok(changed)
    }

    /// Looks at what is there; what did not change since it was put there costs no listing.
    fn look(&self) -> io::Result<tree::Looked> {
        let known = self.kept.values().filter(|kept| !kept.folders.is_empty());
        let top = |kept: &Kept| {
            let top = kept.folders.keys().next()?.split('/').next()?.to_owned();
            Some((top, Arc::new(Look { files: kept.files.clone(), folders: kept.folders.clone(), problem: None })))
        };
        let before: Tops = known.filter_map(top).collect();
        tree::look_again(&self.folder, &before)
    }

    /// Notes folders that are as they were put there, now that their time of change says so.
    fn rest(&mut self, groups: Vec<view::Group>) {
        for group in groups {
            let kept = SkillName::new(&group.name).ok().and_then(|name| self.kept.get_mut(&name));
            if let Some(kept) = kept {
                kept.folders = group.look.folders.clone();
                self.unlisted = true;
            }
        }
    }

    /// Brings the copy up to date after what was changed has been taken, and lets it go.
    ///
    /// # Errors
    /// If the disk refuses; the next one to take the copy looks at all of it.
    pub fn settle(mut self, view: &View) -> Result<(), SkillError> {
        let done = self.bring(view, !self.untouched).and_then(|()| fs::remove_file(&self.dirty));
        done.map_err(|error| SkillError::disk(&self.folder, &error))
    }

    fn bring(&mut self, view: &View, verify: bool) -> io::Result<()> {
        let mut same = self.list.exists();
        if verify {
            same &= self.verify()?;
        }
        let stale = self
            .kept
            .iter()
            .filter(|(name, kept)| view.skills.get(*name).is_none_or(|(_, skill)| skill.version != kept.version));
        let stale: Vec<SkillName> = stale.map(|(name, _)| name.clone()).collect();
        for name in &stale {
            if let Some(kept) = self.kept.remove(name) {
                self.remove(kept.files.keys())?;
            }
        }
        let missing: Vec<&Skill> = view
            .skills
            .iter()
            .filter(|(name, _)| !self.kept.contains_key(*name))
            .map(|(_, (_, skill))| skill.as_ref())
            .collect();
        for skill in &missing {
            let files = self.write(skill)?;
            self.kept.insert(skill.name.clone(), Kept { version: skill.version, files, folders: BTreeMap::new() });
        }
        if same && stale.is_empty() && missing.is_empty() && !self.unlisted {
            return Ok(());
        }
        let list = serde_json::to_vec(&self.kept)?;
        self.unlisted = false;
        Disk::default().replace(&self.list, &list)
    }

    /// Removes everything that is not as it was put there; says whether there was nothing.
    fn verify(&mut self) -> io::Result<bool> {
        let looked = self.look()?;
        let mut same = looked.ignored.is_empty();
        looked.ignored.iter().try_for_each(|name| Disk::default().remove(&self.folder.join(name)))?;
        let mut right = Vec::new();
        for group in view::groups(&looked.tops) {
            let name = SkillName::new(&group.name).ok();
            let kept = name.as_ref().and_then(|name| self.kept.get(name));
            let is_right = group.clashes.is_empty()
                && group.look.problem.is_none()
                && kept.is_some_and(|kept| kept.files == group.look.files);
            if is_right {
                right.extend(name);
                continue;
            }
            same = false;
            self.remove(group.look.files.keys().chain(&group.clashes))?;
            self.remove_named(&group.name)?;
        }
        let before = self.kept.len();
        self.kept.retain(|name, _| right.binary_search(name).is_ok());
        Ok(same && before == self.kept.len())
    }

    /// Removes the names of the folder in which these paths are.
    fn remove<'p>(&self, paths: impl Iterator<Item = &'p String>) -> io::Result<()> {
        let mut tops: Vec<&str> = paths.filter_map(|path| path.split('/').next()).collect();
        tops.dedup();
        tops.into_iter().try_for_each(|top| Disk::default().remove(&self.folder.join(top)))
    }

    /// Removes every name that is of a skill, also one of which no file could be listed.
    fn remove_named(&self, name: &str) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let top = entry.file_name().to_string_lossy().into_owned();
            let of = SkillName::of_stem(crate::skill::stem(&top)).map_or_else(|_| top.clone(), |name| name.to_string());
            if of == name {
                Disk::default().remove(&entry.path())?;
            }
        }
        Ok(())
    }

    fn write(&self, skill: &Skill) -> io::Result<BTreeMap<String, Stamp>> {
        for (path, bytes) in skill.files.iter() {
            let target = self.folder.join(path);
            let mut folder = self.folder.clone();
            for name in Path::new(path).parent().into_iter().flat_map(Path::components) {
                folder.push(name);
                fs::create_dir_all(&folder)?;
                open_to_workers(&folder, 0o777)?;
            }
            fs::write(&target, bytes)?;
            open_to_workers(&target, 0o666)?;
        }
        tree::stamps(&self.folder, skill.files.iter().map(|(path, _)| path))
    }
}

/// Whether a file still has its name.
fn is_at(file: &File, path: &Path) -> bool {
    let number = |data: io::Result<fs::Metadata>| data.ok().map(|data| data.ino());
    number(file.metadata()).is_some_and(|own| number(fs::metadata(path)) == Some(own))
}

/// Workers may be somebody else; the folder above is closed to all but the owner.
fn open_to_workers(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}
