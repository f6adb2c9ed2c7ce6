//! The generated text itself. After a wanted change: `UPDATE_GOLDEN=1 cargo test -p outboard-codegen`, then
//! read the difference.

use crate::fixture::{api, nasty};
use std::path::Path;

/// Every file below one folder, one after the other.
fn together(folder: &str) -> String {
    let api = api(nasty());
    let inside = |name: &&String| name.starts_with(&format!("{folder}/")) || **name == format!(".api/{folder}.json");
    let files = api.files.keys().filter(inside).map(|name| format!("==> {name} <==\n{}\n", api.files[name]));
    files.collect()
}

fn check(name: &str, folders: &[&str]) {
    let text: String = folders.iter().map(|folder| together(folder)).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap();
    let differs = text.lines().zip(wanted.lines()).find(|(got, wanted)| got != wanted);
    assert!(text == wanted, "{} differs, first in {differs:?}", path.display());
}

#[test]
fn a_usual_server() {
    check("drive", &["google-drive", "google_drive"]);
}

#[test]
fn odd_names() {
    check("names", &["odd-names", "odd_names"]);
}

#[test]
fn strange_schemas() {
    check("strange", &["strange"]);
}

#[test]
fn shapes() {
    check("shapes", &["shapes"]);
}
