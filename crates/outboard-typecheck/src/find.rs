//! Which program a checker is: what npm and pip install beside scripts that start it.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Looks for the first of these names in the folders of a search path that leads to a checker's own program.
pub fn find(names: &[&str], search_path: &OsStr) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(search_path).filter(|folder| folder.is_absolute()).collect();
    names.iter().find_map(|name| folders.iter().find_map(|folder| native(&folder.join(name))))
}

/// The machine's own program behind a path: itself, or what the package of npm that a script belongs to brings along.
///
/// `None` for a script without one, as TypeScript up to 6 is.
pub fn native(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    if is_program(&path) {
        return Some(path);
    }
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let files = [
        format!("@typescript/typescript-linux-{machine}/lib/tsc"),
        format!("@typescript/native-preview-linux-{machine}/lib/tsgo"),
    ];
    let inside = |folder: &Path| {
        let places = files.iter().flat_map(|file| [folder.join("node_modules").join(file), folder.join(file)]);
        places.into_iter().find(|place| is_program(place))
    };
    path.ancestors().skip(1).take(6).find_map(inside)
}

fn is_program(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && &head == b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_script_of_npm_leads_to_its_program() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let script = write("node_modules/typescript/bin/tsc", b"#!/usr/bin/env node\n");
        assert_eq!(native(&script), None, "an older TypeScript is a script alone");
        let machine = if cfg!(target_arch = "x86_64") { "x64" } else { "arm64" };
        let own = write(&format!("node_modules/@typescript/typescript-linux-{machine}/lib/tsc"), b"\x7fELFx");
        assert_eq!(native(&script), Some(own.clone()));
        fs::create_dir_all(root.join("bin")).unwrap();
        std::os::unix::fs::symlink(&script, root.join("bin/tsc")).unwrap();
        let path = std::env::join_paths([Path::new("relative"), &root, &root.join("bin")]).unwrap();
        assert_eq!(find(&["tsgo", "tsc"], &path), Some(own));
        assert_eq!(find(&["ty"], &path), None);
    }
}
