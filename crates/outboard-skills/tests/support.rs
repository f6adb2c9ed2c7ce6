//! Libraries in folders of their own.

use outboard_skills::{Change, Files, Library, Roots, Skill, What};
use std::path::Path;

pub(crate) fn open(folder: &Path) -> Library {
    let roots = Roots { project: folder.join("project"), user: Some(folder.join("user")), data: folder.join("data") };
    Library::open(roots, |text| text.contains("SECRET").then(|| "a secret".into())).unwrap()
}

pub(crate) fn skill(name: &str, code: &str) -> Skill {
    let manual = format!("---\nname: {name}\ndescription: what {name} does\n---\n");
    let files = Files::new().with(&format!("{name}/SKILL.md"), &manual).unwrap();
    Skill::read(files.with(&format!("{name}/index.ts"), code).unwrap()).unwrap()
}

pub(crate) fn change() -> Change {
    Change { what: What::Save, by: "model".into(), execution: None, at_ms: 1 }
}
