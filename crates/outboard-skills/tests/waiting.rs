//! What waits for a person, what is counted, and what idle sessions leave.

use crate::support::{change, open, skill};
use outboard_skills::{Change, Library, Place, SkillName, Uses, What};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const ONE: &str = "local/one";
const OTHER: &str = "local/other";

fn saved(library: &Library, session: &str, code: &str) {
    library.save(Place::Session, Some(Path::new(session)), &skill("x", code), &change()).unwrap();
}

fn done(what: What) -> Change {
    Change { what, by: "ann".into(), ..change() }
}

#[test]
fn a_yes_means_one_version_and_clears_the_same_one_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    library.save(Place::Project, None, &skill("x", "export const v = 0"), &change()).unwrap();
    saved(&library, ONE, "export const v = 1");
    saved(&library, OTHER, "export const v = 1");
    let waiting = library.waiting().unwrap();
    assert_eq!(waiting.iter().map(|one| one.session.as_path()).collect::<Vec<_>>(), [Path::new(ONE), Path::new(OTHER)]);
    assert!(waiting[0].replaces.is_some() && waiting[0].saved.is_some() && waiting[0].id != waiting[1].id);
    // What is saved later is another question.
    saved(&library, ONE, "export const v = 2");
    let told = library.approve_waiting(&waiting[0].id, &done(What::Approve)).unwrap_err();
    assert!(told.message.contains("saved anew"), "{told:?}");
    saved(&library, ONE, "export const v = 1");
    library.approve_waiting(&waiting[0].id, &done(What::Approve)).unwrap();
    assert_eq!(library.get("x").unwrap().1.files.text("x/index.ts"), Some("export const v = 1"));
    assert!(library.waiting().unwrap().is_empty());
    let before = library.previous("x", 9).unwrap();
    assert_eq!(library.files(&before).unwrap().text("x/index.ts"), Some("export const v = 0"));
}

#[test]
fn a_no_takes_it_away_and_keeps_the_version() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    saved(&library, ONE, "export const v = 1");
    let [one] = library.waiting().unwrap().try_into().unwrap();
    library.deny_waiting(&one.id, &done(What::Deny)).unwrap();
    assert!(library.waiting().unwrap().is_empty() && library.get("x").is_err());
    assert!(library.deny_waiting(&one.id, &done(What::Deny)).is_err());
    let last = library.history("x", 9).unwrap().pop().unwrap();
    assert_eq!((last.what, last.by.as_str(), last.version), (What::Deny, "ann", one.skill.version));
    assert!(library.files(&one.skill.version).is_ok());
}

#[test]
fn copies_of_idle_principals_go_unless_a_program_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    library.save(Place::Project, None, &skill("x", "1"), &change()).unwrap();
    let view = library.view(None).unwrap();
    for session in [ONE, "ann/one", "http/used"] {
        library.lease(Path::new(session), &view).unwrap().settle(&view).unwrap();
    }
    let held = library.lease(Path::new(OTHER), &view).unwrap();
    let (later, used) = (SystemTime::now() + Duration::from_secs(60), HashSet::from([PathBuf::from("http/used")]));
    assert_eq!(library.forget_copies(SystemTime::UNIX_EPOCH, &used).unwrap(), 0);
    assert_eq!(library.forget_copies(later, &used).unwrap(), 1, "ann's");
    assert!(held.folder().join("x/index.ts").exists());
    let again = library.lease(Path::new("ann/two"), &view).unwrap();
    assert!(again.folder().join("x/index.ts").exists());
    drop((held, again));
    assert_eq!(library.forget_copies(later, &HashSet::new()).unwrap(), 3);
}

#[test]
fn uses_are_counted_across_processes() {
    let folder = tempfile::tempdir().unwrap();
    let names = [SkillName::new("x").unwrap()];
    std::thread::scope(|scope| {
        for at in 0..4 {
            let (library, names) = (open(folder.path()), &names);
            scope.spawn(move || (0..10).for_each(|_| library.count_uses(names, at > 0).unwrap()));
        }
    });
    let library = open(folder.path());
    assert_eq!(library.uses()[&names[0]], Uses { programs: 40, succeeded: 30 });
    std::fs::write(folder.path().join("data/uses.json"), "nonsense").unwrap();
    assert!(library.uses().is_empty());
}
