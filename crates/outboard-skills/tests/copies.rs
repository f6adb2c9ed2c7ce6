//! What programs see and change.

use crate::support::{change, open, skill};
use outboard_skills::Place;
use std::fs;
use std::path::Path;

const SESSION: &str = "local/default";

#[test]
fn changes_are_found_taken_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    for name in ["kept", "changed", "removed", "touched"] {
        library.save(Place::Project, None, &skill(name, "1"), &change()).unwrap();
    }
    let view = library.view(None).unwrap();
    let mut layer = library.lease(Path::new(SESSION), &view).unwrap();
    let root = layer.folder().to_owned();
    assert!(layer.changes().unwrap().is_empty());
    fs::write(root.join("changed/index.ts"), "2").unwrap();
    fs::remove_dir_all(root.join("removed")).unwrap();
    fs::write(root.join("touched/index.ts"), "1").unwrap();
    fs::write(root.join("newOne.ts"), "export const a = 1").unwrap();
    fs::write(root.join("notes.txt"), "no skill").unwrap();
    fs::create_dir(root.join(".hidden")).unwrap();
    std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
    let changes = layer.changes().unwrap();
    let told: Vec<_> = changes.iter().map(|one| (one.name.as_str(), one.skill.as_ref().map(Result::is_ok))).collect();
    let expected = [
        ("changed", Some(true)),
        ("link", Some(false)),
        ("new-one", Some(true)),
        ("notes.txt", Some(false)),
        ("removed", None),
    ];
    assert_eq!(told, expected);
    layer.settle(&view).unwrap();
    let mut layer = library.lease(Path::new(SESSION), &view).unwrap();
    assert_eq!(layer.folder(), root, "the same copy again");
    assert!(layer.changes().unwrap().is_empty());
    let mut names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["changed", "kept", "removed", "touched"]);
    assert_eq!(fs::read_to_string(root.join("changed/index.ts")).unwrap(), "1");
}

#[test]
fn programs_at_once_have_copies_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let view = library.view(None).unwrap();
    let one = library.lease(Path::new(SESSION), &view).unwrap();
    let mut other = library.lease(Path::new(SESSION), &view).unwrap();
    assert_ne!(one.folder(), other.folder());
    fs::write(one.folder().join("half.ts"), "export const").unwrap();
    assert!(other.changes().unwrap().is_empty());
    assert_ne!(library.lease(Path::new("local/other"), &view).unwrap().folder(), one.folder());
}

#[test]
fn a_copy_that_a_crash_left_is_looked_at_whole() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    library.save(Place::Project, None, &skill("x", "1"), &change()).unwrap();
    let view = library.view(None).unwrap();
    let mut layer = library.lease(Path::new(SESSION), &view).unwrap();
    fs::write(layer.folder().join("x/index.ts"), "evil").unwrap();
    layer.reset(&view).unwrap();
    assert_eq!(fs::read_to_string(layer.folder().join("x/index.ts")).unwrap(), "1");
    fs::write(layer.folder().join("x/index.ts"), "evil").unwrap();
    fs::write(layer.folder().join("y.ts"), "evil").unwrap();
    // As in a crash: nobody settles it.
    drop(layer);
    let layer = library.lease(Path::new(SESSION), &view).unwrap();
    assert_eq!(fs::read_to_string(layer.folder().join("x/index.ts")).unwrap(), "1");
    assert!(!layer.folder().join("y.ts").exists());
}

#[test]
fn sessions_share_a_copy_and_see_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let (one, other) = (Path::new("local/one"), Path::new("local/other"));
    library.save(Place::Project, None, &skill("x", "everybody's"), &change()).unwrap();
    library.save(Place::Session, Some(one), &skill("x", "my own"), &change()).unwrap();
    library.save(Place::Session, Some(one), &skill("y", "my own"), &change()).unwrap();
    let taken = |session: &Path| {
        let view = library.view(Some(session)).unwrap();
        (library.lease(session, &view).unwrap(), view)
    };
    let (mut layer, view) = taken(one);
    let root = layer.folder().to_owned();
    assert_eq!(fs::read_to_string(root.join("x/index.ts")).unwrap(), "my own");
    fs::write(root.join("z.ts"), "of this program").unwrap();
    fs::create_dir(root.join(".hidden")).unwrap();
    layer.changes().unwrap();
    layer.settle(&view).unwrap();
    let (layer, _) = taken(other);
    assert_eq!(layer.folder(), root, "the same copy");
    assert_eq!(fs::read_to_string(root.join("x/index.ts")).unwrap(), "everybody's");
    assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
    drop(layer);
    // The other way round, and after a program that nobody settled.
    fs::write(root.join("x/index.ts"), "left behind").unwrap();
    let (_layer, _) = taken(one);
    assert_eq!(fs::read_to_string(root.join("y/index.ts")).unwrap(), "my own");
    assert_eq!(fs::read_to_string(root.join("x/index.ts")).unwrap(), "my own");
    let (layer, _) = taken(Path::new("ann/other"));
    assert!(layer.folder() != root && !layer.folder().join("y").exists(), "another principal");
}

#[test]
fn what_rests_is_known_by_its_time_and_still_found_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    for name in ["kept", "inside", "beside", "gone"] {
        library.save(Place::Project, None, &skill(name, "1"), &change()).unwrap();
    }
    let view = library.view(None).unwrap();
    let layer = library.lease(Path::new(SESSION), &view).unwrap();
    let root = layer.folder().to_owned();
    layer.settle(&view).unwrap();
    // Long enough for the folders' times to be told from a change that comes now.
    std::thread::sleep(std::time::Duration::from_millis(60));
    for _ in 0..2 {
        let mut layer = library.lease(Path::new(SESSION), &view).unwrap();
        assert!(layer.changes().unwrap().is_empty());
        layer.settle(&view).unwrap();
    }
    let mut layer = library.lease(Path::new(SESSION), &view).unwrap();
    fs::write(root.join("inside/index.ts"), "2").unwrap();
    fs::write(root.join("beside/helper.ts"), "export {}").unwrap();
    fs::remove_file(root.join("gone/index.ts")).unwrap();
    let changed: Vec<_> = layer.changes().unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(changed, ["beside", "gone", "inside"]);
    layer.settle(&view).unwrap();
    let mut layer = library.lease(Path::new(SESSION), &view).unwrap();
    assert!(layer.changes().unwrap().is_empty() && !root.join("beside/helper.ts").exists());
}
