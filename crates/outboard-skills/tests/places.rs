//! Which skill a name means, and its way through versions.

use crate::support::{change, open, skill};
use outboard_skills::{Change, Place, Standing, What, difference};
use std::fs;
use std::path::Path;

#[test]
fn the_project_counts_before_the_user_and_a_session_before_both() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let session = Path::new("local/default");
    for (place, code) in [(Place::User, "1"), (Place::Project, "2"), (Place::Session, "3")] {
        library.save(place, Some(session), &skill("x", code), &change()).unwrap();
    }
    library.save(Place::User, None, &skill("y", "1"), &change()).unwrap();
    let view = library.view(None).unwrap();
    let standings: Vec<_> = view.listed().iter().map(|one| (one.name.as_str(), one.place, one.standing)).collect();
    assert_eq!(
        standings,
        [
            ("x", Place::Project, Standing::Active),
            ("x", Place::User, Standing::Shadowed),
            ("y", Place::User, Standing::Active)
        ]
    );
    let own = library.view(Some(session)).unwrap();
    assert_eq!(own.listed()[0].standing, Standing::Waiting);
    assert_eq!(own.imported("./skills/x").unwrap().files.text("x/index.ts"), Some("3"));
    assert_eq!(own.imported("skills.y").unwrap().name.as_str(), "y");
    assert!(own.imported("./servers/x").is_none());
    library.approve("x", None, &Change { what: What::Approve, ..change() }).unwrap();
    assert_eq!(library.get("x").unwrap().1.files.text("x/index.ts"), Some("3"));
    assert!(library.approve("x", None, &change()).is_err(), "nothing waits any more");
}

#[test]
fn versions_are_kept_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let versions = ["1", "2", "3"].map(|code| skill("x", code));
    versions.iter().for_each(|one| library.save(Place::Project, None, one, &change()).unwrap());
    assert_eq!(library.previous("x", 5).unwrap(), versions[1].version);
    let back = outboard_skills::Skill::read(library.files(&versions[1].version).unwrap()).unwrap();
    library.save(Place::Project, None, &back, &Change { what: What::Rollback, ..change() }).unwrap();
    assert_eq!(library.previous("x", 5).unwrap(), versions[0].version, "further back");
    // Edited by hand: it becomes a version of its own.
    fs::write(folder.path().join("project/x/index.ts"), "by hand").unwrap();
    let entries = library.history("x", 7).unwrap();
    assert_eq!(entries.last().unwrap().what, What::Found);
    let by_hand = library.get("x").unwrap().1.version;
    assert!(difference(&back.files, &library.files(&by_hand).unwrap()).contains("+by hand"));
    let digits = &versions[0].version.to_string()[..12];
    assert_eq!(library.version("x", digits, 7).unwrap(), versions[0].version);
    assert!(library.version("x", "", 7).is_err());
    library.remove("x", &Change { what: What::Remove, ..change() }).unwrap();
    assert!(library.get("x").is_err());
    assert_eq!(library.previous("x", 8).unwrap(), by_hand, "a removed skill can come back");
}

#[test]
fn what_can_not_be_a_skill_is_listed_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let project = folder.path().join("project");
    fs::create_dir_all(project.join("twice")).unwrap();
    fs::write(project.join("twice/index.ts"), "").unwrap();
    fs::write(project.join("twice.ts"), "").unwrap();
    fs::write(project.join("leaks.ts"), "const a = 'SECRET'").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", project.join("link.ts")).unwrap();
    let view = library.view(None).unwrap();
    let refused: Vec<_> = view.listed().iter().filter(|one| one.standing == Standing::Refused).collect();
    let told: Vec<_> = refused.iter().map(|one| (one.name.as_str(), one.problem.as_deref().unwrap())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (name, part) in [("leaks", "a secret"), ("link", "link"), ("twice", "another layout")] {
        assert!(told.iter().any(|(of, problem)| *of == name && problem.contains(part)), "{name}: {told:?}");
    }
    assert!(view.imported("./skills/twice").is_some(), "the folder counts");
    assert!(library.save(Place::Project, None, &skill("s", "SECRET"), &change()).is_err());
}
