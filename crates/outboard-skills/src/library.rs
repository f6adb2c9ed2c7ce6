//! All skills of a project and its user: found, changed, kept.
//!
//! Every change is made under one lock, which processes share, in an order that a crash cannot harm: the new files
//! are kept by their digest, then swapped in whole, then noted. What is in the folders counts; a version that is
//! found there and was never noted is noted then.

use crate::checked::Checked;
use crate::disk::Disk;
use crate::history::{Change, Entry, History, What};
use crate::layer::Layer;
use crate::tree::{self, Look, Tops};
use crate::view::{self, Found, Place, View};
use crate::{Skill, SkillError, SkillName, place};
use outboard_types::Digest;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where skills and what is known of them lie.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The project's skills, for people to review.
    pub project: PathBuf,
    /// The user's skills, for all projects.
    pub user: Option<PathBuf>,
    /// Histories, findings, copies and what waits for approval.
    pub data: PathBuf,
}

/// Says why a text may not be in a skill, such as for a secret in it.
type Vet = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

type Known = (Arc<Look>, Result<Arc<Skill>, SkillError>);

/// All skills.
pub struct Library {
    roots: Roots,
    pub(crate) history: History,
    vet: Vet,
    pub(crate) disk: Disk,
    known: Mutex<HashMap<PathBuf, HashMap<String, Known>>>,
    /// What stood in each folder when all of it was last looked at.
    looked: Mutex<HashMap<PathBuf, Arc<Tops>>>,
    pub(crate) checked: Mutex<HashMap<Digest, Arc<Checked>>>,
}

/// A skill of a session, which is named by its path `PRINCIPAL/SESSION`.
pub type OfSession = (PathBuf, Arc<Skill>);

impl Library {
    /// Opens the folders, and clears up after a crash.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn open(
        roots: Roots,
        vet: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, SkillError> {
        let library = Self {
            history: History::new(roots.data.clone()),
            roots,
            vet: Box::new(vet),
            disk: Disk::default(),
            known: Mutex::default(),
            looked: Mutex::default(),
            checked: Mutex::default(),
        };
        let _lock = library.lock()?;
        for root in [Some(&library.roots.project), library.roots.user.as_ref()].into_iter().flatten() {
            place::recover(root).map_err(|error| SkillError::disk(root, &error))?;
        }
        for (_, root) in library.sessions() {
            place::recover(&root).map_err(|error| SkillError::disk(&root, &error))?;
        }
        drop(_lock);
        Ok(library)
    }

    /// The same, with a disk that fails.
    #[cfg(any(test, feature = "faults"))]
    #[must_use]
    pub fn with_faults(mut self, faults: crate::Faults) -> Self {
        self.disk.faults = Some(faults);
        self
    }

    pub(crate) fn lock(&self) -> Result<File, SkillError> {
        let path = self.history.folder().join("lock");
        let locked = std::fs::create_dir_all(self.history.folder()).and_then(|()| {
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        });
        locked.map_err(|error| SkillError::disk(&path, &error))
    }

    pub(crate) fn root(&self, place: Place, session: Option<&Path>) -> Result<PathBuf, SkillError> {
        match (place, session) {
            (Place::Project, _) => Ok(self.roots.project.clone()),
            (Place::User, _) => {
                self.roots.user.clone().ok_or_else(|| SkillError::unknown("there is no folder of the user's skills"))
            }
            (Place::Session, Some(session)) => Ok(self.history.beside("waiting").join(session)),
            (Place::Session, None) => Err(SkillError::unknown("no session is named")),
        }
    }

    /// Sessions that have skills of their own, and where.
    fn sessions(&self) -> Vec<(PathBuf, PathBuf)> {
        let folders = |folder: &Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
            found.sort();
            found
        };
        let waiting = self.history.beside("waiting");
        let roots = folders(&waiting).into_iter().flat_map(|principal| folders(&principal));
        let named = roots.filter_map(|root| Some((root.strip_prefix(&waiting).ok()?.to_owned(), root)));
        named.collect()
    }

    /// All skills as a session sees them, a session by its path `PRINCIPAL/SESSION`; without one, what all see.
    ///
    /// # Errors
    /// If a folder can not be read.
    pub fn view(&self, session: Option<&Path>) -> Result<View, SkillError> {
        let mut view = View::default();
        let own = session.map(|session| self.root(Place::Session, Some(session))).transpose()?;
        let roots = [(Place::Session, own), (Place::Project, Some(self.roots.project.clone()))];
        for (place, root) in roots.into_iter().chain([(Place::User, self.roots.user.clone())]) {
            if let Some(root) = root {
                view.add(place, self.found(&root)?);
            }
        }
        Ok(view.finish())
    }

    /// What a few names mean to everybody, at the cost of these alone.
    ///
    /// # Errors
    /// If a folder can not be read.
    pub fn view_of(&self, names: &[SkillName]) -> Result<View, SkillError> {
        let mut view = View::default();
        for (place, root) in [(Place::Project, Some(&self.roots.project)), (Place::User, self.roots.user.as_ref())] {
            if let Some(root) = root {
                view.add(place, self.read(root, &self.own(root, names)?));
            }
        }
        Ok(view.finish())
    }

    /// All skills, those that wait for approval included.
    ///
    /// # Errors
    /// If a folder can not be read.
    pub fn everything(&self) -> Result<(View, Vec<OfSession>), SkillError> {
        let mut waiting = Vec::new();
        for (session, root) in self.sessions() {
            let found = self.found(&root)?.into_iter().filter_map(|found| found.skill.ok());
            waiting.extend(found.map(|skill| (session.clone(), skill)));
        }
        Ok((self.view(None)?, waiting))
    }

    /// What one folder holds. Only what changed since the last time is read.
    fn found(&self, root: &Path) -> Result<Vec<Found>, SkillError> {
        let looks = || self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = looks().get(root).cloned().unwrap_or_default();
        let looked = tree::look_again(root, &before).map_err(|error| SkillError::disk(root, &error))?;
        let tops = Arc::new(looked.tops);
        looks().insert(root.to_owned(), tops.clone());
        let found = self.read(root, &tops);
        self.forget_gone(root, &found);
        Ok(found)
    }

    /// Forgets what is not in a folder any more, so that what is known does not grow with its history.
    fn forget_gone(&self, root: &Path, found: &[Found]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(root).filter(|known| known.len() > found.len()) {
            let here: HashSet<&str> = found.iter().map(|found| found.name.as_str()).collect();
            known.retain(|name, _| here.contains(name.as_str()));
        }
    }

    fn read(&self, root: &Path, tops: &Tops) -> Vec<Found> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(root.to_owned()).or_default();
        let mut found = Vec::new();
        for group in view::groups(tops) {
            let before = known.get(&group.name).filter(|(look, _)| look.is_like(&group.look));
            let skill = before.map(|(_, skill)| skill.clone()).unwrap_or_else(|| {
                let skill = view::read(root, &group).and_then(|skill| self.vetted(skill)).map(Arc::new);
                known.insert(group.name.clone(), (group.look.clone(), skill.clone()));
                skill
            });
            for other in &group.clashes {
                let error = SkillError::refused(format!("{other} stands beside another layout of {}", group.name));
                found.push(Found { name: group.name.clone(), skill: Err(error) });
            }
            found.push(Found { name: group.name, skill });
        }
        found
    }

    /// Refuses what may not be in a skill.
    ///
    /// # Errors
    /// If something is in it that may not be.
    pub fn vetted(&self, skill: Skill) -> Result<Skill, SkillError> {
        for (path, bytes) in skill.files.iter() {
            if let Some(found) = std::str::from_utf8(bytes).ok().and_then(|text| (self.vet)(text)) {
                return Err(SkillError::refused(format!("{path} holds {found}"))
                    .hint("a skill gets its rights from the gateway; write it without secrets"));
            }
        }
        Ok(skill)
    }

    /// Puts a version into a place.
    ///
    /// # Errors
    /// If it holds what it may not, or the disk refuses; then the version before it is still there.
    pub fn save(&self, place: Place, session: Option<&Path>, skill: &Skill, change: &Change) -> Result<(), SkillError> {
        let skill = self.vetted(skill.clone())?;
        let root = self.root(place, session)?;
        let _lock = self.lock()?;
        self.history.keep(&self.disk, &skill.files)?;
        let before = self.standing(&root, &skill.name)?;
        if let Some(before) = before.as_ref().filter(|before| before.version != skill.version) {
            self.adopt(place, before, change.at_ms)?;
        }
        if before.as_ref().is_none_or(|before| before.version != skill.version) {
            let old = self.tops(&root, &skill.name)?;
            place::put(&self.disk, &root, &skill.files, &old).map_err(|error| SkillError::disk(&root, &error))?;
        }
        self.note(place, &skill, change)
    }

    pub(crate) fn note(&self, place: Place, skill: &Skill, change: &Change) -> Result<(), SkillError> {
        let Change { what, by, execution, at_ms } = change.clone();
        let entry = Entry { what, version: skill.version, place, by, execution, at_ms };
        self.history.note(&self.disk, &skill.name, &entry)
    }

    /// What stands in a folder under a name now.
    fn standing(&self, root: &Path, name: &SkillName) -> Result<Option<Arc<Skill>>, SkillError> {
        let found = self.read(root, &self.own(root, std::slice::from_ref(name))?);
        Ok(found.into_iter().find_map(|found| found.skill.ok()))
    }

    /// Every name in the folder that is the skill's.
    pub(crate) fn tops(&self, root: &Path, name: &SkillName) -> Result<Vec<String>, SkillError> {
        Ok(self.own(root, std::slice::from_ref(name))?.into_keys().collect())
    }

    fn own(&self, root: &Path, names: &[SkillName]) -> Result<Tops, SkillError> {
        let of = |top: &str| SkillName::of_stem(crate::skill::stem(top)).is_ok_and(|one| names.contains(&one));
        let looked = tree::look_for(root, &of).map_err(|error| SkillError::disk(root, &error))?;
        Ok(looked.tops)
    }

    /// Notes a version that somebody put into the folder by hand.
    pub(crate) fn adopt(&self, place: Place, skill: &Skill, at_ms: u64) -> Result<(), SkillError> {
        let own = |entry: &Entry| entry.place == place && entry.what != What::Remove;
        let last = self.history.of(&skill.name).into_iter().rev().find(own);
        if last.is_some_and(|last| last.version == skill.version) {
            return Ok(());
        }
        self.history.keep(&self.disk, &skill.files)?;
        let change = Change { what: What::Found, by: "somebody".into(), execution: None, at_ms };
        self.note(place, skill, &change)
    }

    /// The skill that a name means to everybody.
    ///
    /// # Errors
    /// If there is none.
    pub fn get(&self, name: &str) -> Result<(Place, Arc<Skill>), SkillError> {
        let wanted = SkillName::of_stem(name)?;
        let view = self.view_of(std::slice::from_ref(&wanted))?;
        if let Some((place, skill)) = view.get(&wanted) {
            return Ok((place, skill.clone()));
        }
        if let Some(bad) = view.listed().iter().find(|one| one.name == wanted.as_str() && one.skill.is_none()) {
            return Err(SkillError::refused(format!("{wanted}: {}", bad.problem.as_deref().unwrap_or_default())));
        }
        Err(SkillError::unknown(format!("no skill is named {name:?}")).hint("`outboard skills list` shows all of them"))
    }

    /// Takes a skill out of its place; its versions are kept.
    ///
    /// # Errors
    /// If there is none, or the disk refuses.
    pub fn remove(&self, name: &str, change: &Change) -> Result<(Place, Arc<Skill>), SkillError> {
        let (place, skill) = self.get(name)?;
        let root = self.root(place, None)?;
        let _lock = self.lock()?;
        self.adopt(place, &skill, change.at_ms)?;
        let tops = self.tops(&root, &skill.name)?;
        place::take_away(&self.disk, &root, &tops).map_err(|error| SkillError::disk(&root, &error))?;
        self.note(place, &skill, change)?;
        Ok((place, skill))
    }

    /// A copy of all skills for one program of a session, which is named by its path `PRINCIPAL/SESSION`.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn lease(&self, session: &Path, view: &View) -> Result<Layer, SkillError> {
        let copies = self.copies();
        let closed = std::fs::create_dir_all(&copies).and_then(|()| close(&copies));
        closed.map_err(|error| SkillError::disk(&copies, &error))?;
        let principal = session.iter().next().unwrap_or_default();
        Layer::take(&copies.join(principal), view)
    }
}

/// Nobody but the owner may look in: what is below is open to whoever runs programs.
fn close(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}
