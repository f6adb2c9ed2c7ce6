//! Several at once, and many skills.

use crate::support::{change, open, skill};
use outboard_skills::{Place, Skill};
use std::path::Path;
use std::thread;

#[test]
fn two_that_hammer_the_same_skills_leave_whole_ones() {
    let folder = tempfile::tempdir().unwrap();
    let code = |who: usize, round: usize| format!("// {who} {round}\n{}", "x".repeat(2_000 + 700 * round));
    thread::scope(|scope| {
        for who in 0..2 {
            // As two processes would: each with a library of its own.
            let (library, code) = (open(folder.path()), &code);
            scope.spawn(move || {
                for round in 0..25 {
                    let one = skill(if round % 2 == 0 { "x" } else { "y" }, &code(who, round));
                    library.save(Place::Project, None, &one, &change()).unwrap();
                    let view = library.view(None).unwrap();
                    let mut layer = library.lease(Path::new(&format!("local/s{who}")), &view).unwrap();
                    assert!(layer.changes().unwrap().is_empty());
                    layer.settle(&view).unwrap();
                }
            });
        }
    });
    let library = open(folder.path());
    for name in ["x", "y"] {
        let (_, now) = library.get(name).unwrap();
        let versions = library.history(name, 2).unwrap();
        assert_eq!(versions.len(), if name == "x" { 26 } else { 24 });
        assert!(versions.iter().any(|entry| entry.version == now.version));
        for entry in versions {
            Skill::read(library.files(&entry.version).unwrap()).unwrap();
        }
    }
}

#[test]
fn a_thousand_skills_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    for at in 0..1_000 {
        let one = skill(&format!("skill-{at}"), &format!("export const v = {at}"));
        for (path, bytes) in one.files.iter() {
            std::fs::create_dir_all(project.join(path).parent().unwrap()).unwrap();
            std::fs::write(project.join(path), bytes).unwrap();
        }
    }
    let library = open(folder.path());
    let view = library.view(None).unwrap();
    assert_eq!(view.active().count(), 1_000);
    let layer = library.lease(Path::new("local/default"), &view).unwrap();
    assert_eq!(std::fs::read_dir(layer.folder()).unwrap().count(), 1_000);
    layer.settle(&view).unwrap();
    assert_eq!(library.view(None).unwrap().digest(), view.digest());
}
