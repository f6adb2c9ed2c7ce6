//! A machine that goes down at any step of a change.

use crate::support::{change, open, skill};
use outboard_skills::{Change, Faults, Files, Place, Skill, What};

/// Lets one change fail at each of its steps; after each, the library is opened anew and looked at.
fn at_every_step(
    before: &Skill,
    act: impl Fn(&outboard_skills::Library) -> Result<(), outboard_skills::SkillError>,
    look: impl Fn(&outboard_skills::Library, i64),
) -> i64 {
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).save(Place::Project, None, before, &change()).unwrap();
        let faults = Faults::at(step);
        let done = act(&open(folder.path()).with_faults(faults.clone()));
        assert_eq!(done.is_err(), faults.happened(), "step {step}");
        look(&open(folder.path()), step);
        let left = std::fs::read_dir(folder.path().join("project")).unwrap().flatten();
        assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count(), 0, "{step}");
        if !faults.happened() {
            return step;
        }
    }
    unreachable!()
}

#[test]
fn a_save_that_is_cut_short_loses_neither_version() {
    let (old, new) = (skill("x", "export const v = 1"), skill("x", "export const v = 2"));
    let steps = at_every_step(
        &old,
        |library| library.save(Place::Project, None, &new, &change()),
        |library, step| {
            let (_, now) = library.get("x").unwrap();
            assert!(now.version == old.version || now.version == new.version, "step {step}");
            assert_eq!(library.files(&old.version).unwrap(), old.files, "step {step}");
            if now.version == new.version {
                assert_eq!(library.files(&new.version).unwrap(), new.files, "step {step}");
            }
            let versions: Vec<_> = library.history("x", 9).unwrap().into_iter().map(|entry| entry.version).collect();
            assert!(versions.contains(&old.version) && versions.contains(&now.version), "step {step}");
            library.save(Place::Project, None, &new, &change()).unwrap();
            assert_eq!(library.get("x").unwrap().1.version, new.version, "step {step}");
        },
    );
    assert!(steps > 6, "only {steps} steps");
}

#[test]
fn another_layout_that_is_cut_short_loses_neither_version() {
    let old = skill("x", "export const v = 1");
    let new = Skill::read(Files::new().with("x.ts", "export const v = 2").unwrap()).unwrap();
    at_every_step(
        &old,
        |library| library.save(Place::Project, None, &new, &change()),
        |library, step| {
            let (_, now) = library.get("x").unwrap();
            assert!(now.version == old.version || now.version == new.version, "step {step}");
            assert_eq!(library.files(&old.version).unwrap(), old.files, "step {step}");
        },
    );
}

#[test]
fn a_removal_that_is_cut_short_removes_or_does_not() {
    let old = skill("x", "export const v = 1");
    let removal = Change { what: What::Remove, ..change() };
    at_every_step(
        &old,
        |library| library.remove("x", &removal).map(drop),
        |library, step| {
            if let Ok((_, now)) = library.get("x") {
                assert_eq!(now.version, old.version, "step {step}");
            }
            assert_eq!(library.files(&old.version).unwrap(), old.files, "step {step}");
        },
    );
}
