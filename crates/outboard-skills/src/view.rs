//! Which skill a name means: those of a session over those of the project over those of the user.

use crate::skill::stem;
use crate::tree::{self, Look, Tops};
use crate::{Files, Skill, SkillError, SkillName};
use outboard_types::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a skill is kept, the one that counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// With one session, until a person approves it.
    Session,
    /// With the project, where it can be reviewed.
    Project,
    /// With the user, for all projects.
    User,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Session => "session",
            Place::Project => "project",
            Place::User => "user",
        })
    }
}

/// What becomes of a skill that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Programs can import it.
    Active,
    /// A model saved it; only its own session can import it.
    Waiting,
    /// Another one of the same name counts.
    Shadowed,
    /// It can not be imported.
    Refused,
}

/// One thing that was found in a folder of skills.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name, or what stands there instead of one.
    pub name: String,
    /// Where.
    pub place: Place,
    /// What becomes of it.
    pub standing: Standing,
    /// The skill, where it is one.
    pub skill: Option<Arc<Skill>>,
    /// Why it is not active.
    pub problem: Option<String>,
}

/// All skills as one session sees them.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub(crate) skills: BTreeMap<SkillName, (Place, Arc<Skill>)>,
    listed: Vec<Listed>,
    digest: Option<Digest>,
}

impl View {
    /// The skill that a name means.
    pub fn get(&self, name: &SkillName) -> Option<(Place, &Arc<Skill>)> {
        self.skills.get(name).map(|(place, skill)| (*place, skill))
    }

    /// The skill that a module path means, such as `./skills/save-sheet`, `/skills/saveSheet.ts` or
    /// `skills.save_sheet`.
    pub fn imported(&self, module: &str) -> Option<&Arc<Skill>> {
        let at = module.split(['/', '.']).filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let at = at.iter().skip_while(|part| **part != "skills").nth(1)?;
        self.skills.get(&SkillName::of_stem(at).ok()?).map(|(_, skill)| skill)
    }

    /// Every skill that can be imported, by name.
    pub fn active(&self) -> impl Iterator<Item = (Place, &Arc<Skill>)> {
        self.skills.values().map(|(place, skill)| (*place, skill))
    }

    /// Everything that was found, shadowed and refused ones included.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// A digest of names and versions: two views with the same one hold the same skills.
    pub fn digest(&self) -> Digest {
        self.digest.unwrap_or_else(|| Digest::of(""))
    }

    /// Adds what one place holds; places come in their order.
    pub(crate) fn add(&mut self, place: Place, found: Vec<Found>) {
        for Found { name, skill } in found {
            let (mut standing, mut problem) = (Standing::Active, None);
            let skill = match skill {
                Ok(skill) => {
                    match self.skills.get(&skill.name) {
                        Some((over, _)) => {
                            standing = Standing::Shadowed;
                            problem = Some(format!("the {over} has a skill of the same name"));
                        }
                        None => drop(self.skills.insert(skill.name.clone(), (place, skill.clone()))),
                    }
                    Some(skill)
                }
                Err(error) => {
                    (standing, problem) = (Standing::Refused, Some(error.message));
                    None
                }
            };
            if place == Place::Session && standing == Standing::Active {
                standing = Standing::Waiting;
            }
            self.listed.push(Listed { name, place, standing, skill, problem });
        }
    }

    pub(crate) fn finish(mut self) -> Self {
        self.listed.sort_by(|one, other| (&one.name, one.place).cmp(&(&other.name, other.place)));
        let pieces = self.skills.iter().flat_map(|(name, (_, skill))| [name.as_str().to_owned(), skill.version.into()]);
        let pieces: Vec<String> = pieces.collect();
        self.digest = Some(Digest::of_all(pieces.iter().map(String::as_bytes)));
        self
    }
}

/// What one name of a folder turned out to be.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) skill: Result<Arc<Skill>, SkillError>,
}

/// Names of a folder that belong to one skill, and what is left over.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) look: Arc<Look>,
    /// Other files of the same name that can not be part of it.
    pub(crate) clashes: Vec<String>,
}

/// Sorts what stands in a folder by skill: `x.ts` and `x.py` are one, `x.ts` and `x/` are not.
pub(crate) fn groups(tops: &Tops) -> Vec<Group> {
    let mut by_name: BTreeMap<String, Vec<(&str, &Arc<Look>)>> = BTreeMap::new();
    for (top, look) in tops {
        let name = SkillName::of_stem(stem(top)).map_or_else(|_| top.clone(), |name| name.to_string());
        by_name.entry(name).or_default().push((top, look));
    }
    by_name.into_iter().map(|(name, tops)| group(name, tops)).collect()
}

fn group(name: String, mut tops: Vec<(&str, &Arc<Look>)>) -> Group {
    if let [(_, look)] = tops.as_slice() {
        return Group { name, look: (*look).clone(), clashes: Vec::new() };
    }
    let is_folder = |top: &str| crate::files::language_of(top).is_none();
    tops.sort_by_key(|(top, _)| (!is_folder(top), *top));
    let (mut look, mut languages, mut clashes, mut folder) = (Look::default(), Vec::new(), Vec::new(), false);
    for (at, (top, one)) in tops.into_iter().enumerate() {
        let language = crate::files::language_of(top);
        if at > 0 && (folder || languages.contains(&language)) {
            clashes.push(top.to_owned());
            continue;
        }
        folder |= language.is_none();
        languages.push(language);
        look.files.extend(one.files.clone());
        look.folders.extend(one.folders.clone());
        look.problem = look.problem.take().or_else(|| one.problem.clone());
    }
    Group { name, look: Arc::new(look), clashes }
}

/// Reads one group.
pub(crate) fn read(root: &Path, group: &Group) -> Result<Skill, SkillError> {
    SkillName::of_stem(stem(&group.name))?;
    let files: Files = tree::read(root, &group.look)?;
    Skill::read(files)
}
