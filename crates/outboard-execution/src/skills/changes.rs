//! What changes of the skills that clients see, whoever changes it: a program, a person, another process.
//!
//! Never here: how clients hear of it.

use crate::executions::Executions;
use outboard_skills::{Skill, SkillName};
use outboard_types::Digest;
use std::collections::BTreeMap;

/// The skills that settings expose, as they stood in their folders at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExposedState(BTreeMap<SkillName, Seen>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    version: Digest,
    has_code: bool,
    has_manual: bool,
}

/// Which lists are others now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExposedChange {
    /// The list of tools.
    pub tools: bool,
    /// The list of prompts.
    pub prompts: bool,
}

impl Executions {
    /// Looks at what settings expose: at these names alone, and without a worker. None where the folders can not be read.
    pub async fn exposed_state(&self) -> Option<ExposedState> {
        let shelf = self.deps().skills.clone()?;
        let look = move || shelf.collection().view_of(&shelf.rules().expose);
        let view = match tokio::task::spawn_blocking(look).await {
            Ok(Ok(view)) => view,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the skills that clients see were not looked at");
                return None;
            }
            Err(_) => return None,
        };
        Some(ExposedState(view.active().map(|(_, skill)| (skill.name.clone(), Seen::of(skill))).collect()))
    }
}

impl Seen {
    fn of(skill: &Skill) -> Self {
        let has_manual = !skill.front.body.is_empty();
        Self { version: skill.version, has_code: !skill.languages().is_empty(), has_manual }
    }
}

impl ExposedState {
    /// Which lists are others than before.
    pub fn since(&self, before: &Self) -> ExposedChange {
        let names = self.0.keys().chain(before.0.keys());
        let changed = names.filter(|name| self.0.get(name) != before.0.get(name));
        let both = changed.flat_map(|name| [self.0.get(name), before.0.get(name)]).flatten();
        both.fold(ExposedChange::default(), |change, seen| ExposedChange {
            tools: change.tools || seen.has_code,
            prompts: change.prompts || seen.has_manual,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_skills::Files;

    fn state(skills: &[&[(&str, &str)]]) -> ExposedState {
        let one = |files: &&[(&str, &str)]| {
            let files = files.iter().fold(Files::new(), |files, (path, text)| files.with(path, text).unwrap());
            let skill = Skill::read(files).unwrap();
            (skill.name.clone(), Seen::of(&skill))
        };
        ExposedState(skills.iter().map(one).collect())
    }

    #[test]
    fn a_list_is_another_where_something_of_it_came_changed_or_went() {
        let (code, other) = ([("a.ts", "export const a = 1")], [("a.ts", "export const a = 2")]);
        let manual = [("b/SKILL.md", "---\ndescription: b\n---\nDo this.")];
        let told = |now: &[&[(&str, &str)]], before: &[&[(&str, &str)]]| {
            let change = state(now).since(&state(before));
            (change.tools, change.prompts)
        };
        assert_eq!(told(&[&code, &manual], &[&code, &manual]), (false, false));
        assert_eq!(told(&[&other, &manual], &[&code, &manual]), (true, false), "another version");
        assert_eq!(told(&[&code], &[&code, &manual]), (false, true), "gone");
        assert_eq!(told(&[&code, &manual], &[]), (true, true), "new");
    }
}
