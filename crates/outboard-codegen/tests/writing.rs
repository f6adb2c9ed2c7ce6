//! The files on disk.

use crate::fixture::{api, nasty};
use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{CodeApi, Files, Written, generate, materialise, publish};
use serde_json::value::RawValue;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

fn files(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn everything_is_written_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(nasty());
    let first = materialise(&api, folder.path()).unwrap();
    for (name, text) in &api.files {
        assert_eq!(&fs::read_to_string(first.join(name)).unwrap(), text);
        assert_eq!(fs::metadata(first.join(name)).unwrap().permissions().mode() & 0o777, 0o644);
    }
    assert_eq!(fs::metadata(first.join("google-drive")).unwrap().permissions().mode() & 0o777, 0o755);
    fs::write(first.join("marker"), "").unwrap();
    assert_eq!(materialise(&api, folder.path()).unwrap(), first);
    assert!(first.join("marker").exists(), "nothing was written again");
    assert_eq!(files(folder.path()), [api.digest.short()], "no draft is left");
}

#[test]
fn a_damaged_folder_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(nasty());
    let path = materialise(&api, folder.path()).unwrap();
    fs::write(path.join("slack/index.ts"), "").unwrap();
    fs::remove_file(path.join("README.md")).unwrap();
    materialise(&api, folder.path()).unwrap();
    assert_eq!(fs::read_to_string(path.join("slack/index.ts")).unwrap(), api.files["slack/index.ts"]);
    assert!(path.join("README.md").exists());
    assert_eq!(files(folder.path()), [api.digest.short()]);
}

#[test]
fn many_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(nasty());
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8).map(|_| scope.spawn(|| materialise(&api, folder.path()).unwrap())).collect();
        writers
            .into_iter()
            .for_each(|writer| assert_eq!(writer.join().unwrap(), folder.path().join(api.digest.short())));
    });
    assert_eq!(files(folder.path()), [api.digest.short()]);
}

#[test]
fn a_path_that_leads_out_is_refused() {
    for name in ["../x", "/etc/x", "a/../../x", ""] {
        let folder = tempfile::tempdir().unwrap();
        let mut api: CodeApi = api(Vec::new());
        api.files.insert(name.into(), "x".into());
        let error = materialise(&api, folder.path()).unwrap_err();
        assert!(error.to_string().contains("leads elsewhere"), "{error}");
        assert!(files(folder.path()).is_empty());
    }
}

#[test]
fn files_for_people_are_written_where_they_differ() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::for_people(&Catalogue::build(1, nasty()));
    let count = files.files.len();
    assert_eq!(files.write(folder.path()).unwrap(), Written { changed: count, unchanged: 0 });
    fs::write(folder.path().join("mine.ts"), "mine").unwrap();
    fs::write(folder.path().join("servers/slack/index.d.ts"), "old").unwrap();
    assert_eq!(files.write(folder.path()).unwrap(), Written { changed: 1, unchanged: count - 1 });
    assert_eq!(fs::read_to_string(folder.path().join("mine.ts")).unwrap(), "mine");
    let readme = &files.files["servers/google-drive/README.md"];
    assert!(
        readme.contains(
            "## getDocument\n\nReads a document.\n\nPython: `google_drive.get_document`. Declared read-only."
        ),
        "{readme}"
    );
    assert!(
        readme.contains("getDocument(documentId: string, fields?: string): Promise<GetDocumentOutput>"),
        "{readme}"
    );
    for (name, text) in &files.files {
        assert!(!text.chars().any(|c| c != '\n' && outboard_catalog::is_hidden(c)), "{name}");
        assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")), "{name}");
    }
}

/// The same listings, one description changed and one tool gone.
fn changed() -> Vec<Listing> {
    let mut listings = nasty();
    let drive = listings.iter_mut().find(|listing| listing.server.as_str() == "google-drive").unwrap();
    let text = drive.tools[0].get().replacen("\"description\":\"", "\"description\":\"Changed. ", 1);
    assert_ne!(text, drive.tools[0].get());
    drive.tools[0] = RawValue::from_string(text).unwrap();
    drive.tools.pop().unwrap();
    listings
}

#[test]
fn what_did_not_change_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = [nasty(), changed()].map(|listings| Catalogue::build(1, listings));
    let first = publish(&old, folder.path(), None).unwrap();
    let second = publish(&new, folder.path(), Some(&first)).unwrap();
    let wanted = generate(&new);
    assert_eq!(second.folder, folder.path().join(wanted.digest.short()), "as if all had been made anew");
    for (name, text) in &wanted.files {
        assert_eq!(&fs::read_to_string(second.folder.join(name)).unwrap(), text, "{name}");
    }
    let number = |path: &std::path::Path| fs::metadata(path).unwrap().ino();
    let same = wanted.files.keys().filter(|name| first.folder.join(name).exists());
    let same = same.filter(|name| number(&first.folder.join(name)) == number(&second.folder.join(name))).count();
    assert!(same * 2 > wanted.files.len(), "{same} of {}", wanted.files.len());
    fs::remove_dir_all(&first.folder).unwrap();
    let third = publish(&old, folder.path(), Some(&second)).unwrap();
    assert_eq!(third.folder, first.folder);
    assert_eq!(fs::read_to_string(third.folder.join("README.md")).unwrap(), generate(&old).files["README.md"]);
}

#[test]
fn a_folder_that_went_away_or_was_damaged_is_not_taken_over() {
    let damages: [fn(&std::path::Path); 2] = [
        |folder| fs::remove_dir_all(folder).unwrap(),
        |folder| fs::write(folder.join("slack/sendMessage.ts"), "").unwrap(),
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let first = publish(&Catalogue::build(1, nasty()), folder.path(), None).unwrap();
        damage(&first.folder);
        let new = Catalogue::build(2, changed());
        let second = publish(&new, folder.path(), Some(&first)).unwrap();
        for (name, text) in &generate(&new).files {
            assert_eq!(&fs::read_to_string(second.folder.join(name)).unwrap(), text, "{name}");
        }
    }
}
