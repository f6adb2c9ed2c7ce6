//! The files of the jail. The jail decides what is there; this only opens it and words the failures.

use serde_json::json;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

/// File access below a root.
pub(crate) struct Files {
    root: PathBuf,
}

/// The text of a file; bytes that are not UTF-8 become replacement characters.
pub(crate) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn failed(what: &str, path: &str, error: &io::Error) -> String {
    let (code, meaning) = match error.raw_os_error() {
        Some(libc::ENOENT) => ("ENOENT", "no such file or directory"),
        Some(libc::EEXIST) => ("EEXIST", "file already exists"),
        Some(libc::ENOTDIR) => ("ENOTDIR", "not a directory"),
        Some(libc::EISDIR) => ("EISDIR", "illegal operation on a directory"),
        Some(libc::ENOTEMPTY) => ("ENOTEMPTY", "directory not empty"),
        Some(libc::EROFS) => ("EROFS", "read-only here; write to /workspace, /skills or /tmp"),
        Some(libc::EACCES | libc::EPERM) => ("EACCES", "permission denied; write to /workspace, /skills or /tmp"),
        Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => ("ENOSPC", "the session's disk space is used up"),
        _ => ("EIO", "the file could not be used"),
    };
    format!("{code}: {meaning}, {what} '{path}'")
}

impl Files {
    /// Files below a root.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn place(&self, path: &str) -> PathBuf {
        let mut place = PathBuf::new();
        for part in Path::new(path).components() {
            match part {
                Component::Normal(part) => place.push(part),
                Component::ParentDir => {
                    place.pop();
                }
                _ => {}
            }
        }
        self.root.join(place)
    }

    /// `file`, `folder` or `none`.
    pub(crate) fn kind(&self, path: &str) -> &'static str {
        match fs::metadata(self.place(path)) {
            Ok(data) if data.is_dir() => "folder",
            Ok(_) => "file",
            Err(_) => "none",
        }
    }

    /// The whole of a file.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.place(path)).map_err(|error| failed("open", path, &error))
    }

    /// The entries of a folder as JSON text, sorted by name. Below `/servers` only what a TypeScript program uses.
    pub(crate) fn list(&self, path: &str) -> Result<String, String> {
        let entries = fs::read_dir(self.place(path)).map_err(|error| failed("scandir", path, &error))?;
        let mut found: Vec<(String, &str)> = entries
            .filter_map(Result::ok)
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), kind_of(&entry)))
            .collect();
        if path == "/servers" || path.starts_with("/servers/") {
            let python = self.python_only(path);
            found.retain(|(name, _)| !is_hidden(name) && !python.contains(name));
        }
        found.sort();
        let list: Vec<_> = found.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
        Ok(json!(list).to_string())
    }

    /// Names of the folders in `/servers` that hold only the Python side of a server.
    fn python_only(&self, path: &str) -> Vec<String> {
        if path != "/servers" {
            return Vec::new();
        }
        let index = fs::read(self.place("/servers/.api/index.json")).unwrap_or_default();
        let entries: Vec<serde_json::Value> = serde_json::from_slice(&index).unwrap_or_default();
        let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let folders: Vec<String> = entries.iter().map(|entry| text(entry, "folder")).collect();
        entries.iter().map(|entry| text(entry, "package")).filter(|package| !folders.contains(package)).collect()
    }

    /// What is known about a file, as JSON text.
    pub(crate) fn stat(&self, path: &str) -> Result<String, String> {
        let data = fs::metadata(self.place(path)).map_err(|error| failed("stat", path, &error))?;
        let modified = data.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let millis = modified.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(0));
        Ok(json!({ "size": data.len(), "folder": data.is_dir(), "mtimeMs": millis }).to_string())
    }

    /// Writes a file; missing folders are made.
    pub(crate) fn write(&self, path: &str, bytes: &[u8], append: bool) -> Result<(), String> {
        let place = self.place(path);
        let write = || -> io::Result<()> {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = fs::OpenOptions::new();
            options.create(true).write(!append).append(append).truncate(!append);
            options.open(&place)?.write_all(bytes)
        };
        write().map_err(|error| failed("open", path, &error))
    }

    /// The other changes, by name. `flag` = recursive or, for a removal, also "no error if absent".
    pub(crate) fn change(&self, what: &str, path: &str, to: &str, flag: bool) -> Result<(), String> {
        let place = self.place(path);
        let done = match what {
            "mkdir" if flag => fs::create_dir_all(&place),
            "mkdir" => fs::create_dir(&place),
            "unlink" => fs::remove_file(&place),
            "rmdir" => fs::remove_dir(&place),
            "rm" if place.is_dir() => fs::remove_dir_all(&place),
            "rm" => fs::remove_file(&place),
            "rename" => fs::rename(&place, self.place(to)),
            "copy" => fs::copy(&place, self.place(to)).map(|_| ()),
            _ => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        };
        done.map_err(|error| failed(what, path, &error))
    }
}

fn kind_of(entry: &fs::DirEntry) -> &'static str {
    if entry.path().is_dir() { "folder" } else { "file" }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
        || name.starts_with("__")
        || Path::new(name).extension().is_some_and(|e| e == "py" || e == "pyi")
}
