//! A machine that goes down at any step of a change.

use crate::support::{change, open, skill};
use outboard_skills::{Change, Faults, Files, Library, Place, Skill, SkillError, What};
use std::path::Path;

/// Lets one change fail at each of its steps; after each, the library is opened anew and looked at.
fn at_every_step(
    before: &Skill,
    act: impl Fn(&Library) -> Result<(), SkillError>,
    look: impl Fn(&Library, i64),
) -> i64 {
    at_every_step_from(&|library| library.save(Place::Project, None, before, &change()).unwrap(), act, look)
}

/// The same from another beginning.
fn at_every_step_from(
    begin: &dyn Fn(&Library),
    act: impl Fn(&Library) -> Result<(), SkillError>,
    look: impl Fn(&Library, i64),
) -> i64 {
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        begin(&open(folder.path()));
        let faults = Faults::at(step);
        let done = act(&open(folder.path()).with_faults(faults.clone()));
        assert_eq!(done.is_err(), faults.happened(), "step {step}");
        look(&open(folder.path()), step);
        for place in ["project", "user", "data/waiting/local/one"] {
            let left = std::fs::read_dir(folder.path().join(place)).into_iter().flatten().flatten();
            let unfinished = left.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count();
            assert_eq!(unfinished, 0, "{place}, step {step}");
        }
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

/// What everybody has, and what waits for a person in one session.
fn one_waits(library: &Library, old: &Skill, new: &Skill) {
    library.save(Place::Project, None, old, &change()).unwrap();
    library.save(Place::Session, Some(Path::new("local/one")), new, &change()).unwrap();
}

fn answer(what: What) -> Change {
    Change { what, by: "ann".into(), ..change() }
}

fn both_are_kept(library: &Library, old: &Skill, new: &Skill, step: i64) {
    for one in [old, new] {
        assert_eq!(library.files(&one.version).unwrap(), one.files, "step {step}");
    }
}

#[test]
fn an_approval_that_is_cut_short_can_be_given_again() {
    let (old, new) = (skill("x", "export const v = 1"), skill("x", "export const v = 2"));
    let approve = |library: &Library| {
        let [one] = library.waiting()?.try_into().expect("one waits");
        library.approve_waiting(&one.id, &answer(What::Approve)).map(drop)
    };
    let steps = at_every_step_from(&|library| one_waits(library, &old, &new), approve, |library, step| {
        both_are_kept(library, &old, &new, step);
        let (_, now) = library.get("x").unwrap();
        let waits = library.waiting().unwrap();
        assert!(now.version == new.version || now.version == old.version, "step {step}");
        // It waits until everybody has it, so no answer is lost on the way.
        assert!(now.version == new.version || waits.len() == 1, "step {step}");
        if !waits.is_empty() {
            approve(library).unwrap();
        }
        assert_eq!(library.get("x").unwrap().1.version, new.version, "step {step}");
        assert!(library.waiting().unwrap().is_empty(), "step {step}");
        let told = library.history("x", 9).unwrap();
        assert!(told.iter().any(|entry| entry.what == What::Approve && entry.by == "ann"), "step {step}");
    });
    assert!(steps > 8, "only {steps} steps");
}

#[test]
fn a_denial_that_is_cut_short_is_on_record_before_anything_is_gone() {
    let (old, new) = (skill("x", "export const v = 1"), skill("x", "export const v = 2"));
    let deny = |library: &Library| {
        let [one] = library.waiting()?.try_into().expect("one waits");
        library.deny_waiting(&one.id, &answer(What::Deny)).map(drop)
    };
    let steps = at_every_step_from(&|library| one_waits(library, &old, &new), deny, |library, step| {
        both_are_kept(library, &old, &new, step);
        assert_eq!(library.get("x").unwrap().1.version, old.version, "step {step}");
        let told = library.history("x", 9).unwrap();
        let on_record = told.iter().any(|entry| entry.what == What::Deny && entry.version == new.version);
        match library.waiting().unwrap().is_empty() {
            true => assert!(on_record, "step {step}"),
            false => deny(library).unwrap(),
        }
        assert!(library.waiting().unwrap().is_empty(), "step {step}");
    });
    assert!(steps > 3, "only {steps} steps");
}

#[test]
fn a_rollback_that_is_cut_short_leaves_one_of_both_versions() {
    let (old, new) = (skill("x", "export const v = 1"), skill("x", "export const v = 2"));
    let begin = |library: &Library| {
        [&old, &new].into_iter().for_each(|one| library.save(Place::Project, None, one, &change()).unwrap());
    };
    let back = |library: &Library| {
        let before = Skill::read(library.files(&library.previous("x", 5)?)?)?;
        library.save(Place::Project, None, &before, &answer(What::Rollback))
    };
    let steps = at_every_step_from(&begin, back, |library, step| {
        both_are_kept(library, &old, &new, step);
        let (_, now) = library.get("x").unwrap();
        if now.version == new.version {
            back(library).unwrap();
        }
        assert_eq!(library.get("x").unwrap().1.version, old.version, "step {step}");
        let versions: Vec<_> = library.history("x", 9).unwrap().into_iter().map(|entry| entry.version).collect();
        assert!(versions.contains(&old.version) && versions.contains(&new.version), "step {step}");
    });
    assert!(steps > 4, "only {steps} steps");
}

#[test]
fn an_import_that_is_cut_short_is_there_whole_or_not_at_all() {
    let new = Skill::read(Files::new().with("x.py", "def x(): return 2").unwrap()).unwrap();
    for old in [None, Some(skill("x", "export const v = 1"))] {
        let begin = |library: &Library| {
            old.iter().for_each(|old| library.save(Place::User, None, old, &change()).unwrap());
        };
        let import = |library: &Library| library.save(Place::User, None, &new, &answer(What::Import));
        let steps = at_every_step_from(&begin, import, |library, step| {
            match (library.get("x"), &old) {
                (Ok((_, now)), Some(old)) => {
                    assert!([old.version, new.version].contains(&now.version), "step {step}");
                    assert_eq!(library.files(&old.version).unwrap(), old.files, "step {step}");
                }
                (Ok((_, now)), None) => assert_eq!(now.version, new.version, "step {step}"),
                (Err(error), old) => assert!(old.is_none() && error.message.contains("no skill"), "{step}: {error}"),
            }
            import(library).unwrap();
            assert_eq!(library.get("x").unwrap().1.files, new.files, "step {step}");
        });
        assert!(steps > 4, "only {steps} steps");
    }
}
