//! What each engine needs of the host's files: its program, its libraries, nothing else.

use crate::error::SandboxError;
use crate::message::Layout;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Where the jail keeps what is ours.
const PROGRAM: &str = "/outboard/worker";
const SCRIPT: &str = "/outboard/worker.py";
/// Where the jail shows an interpreter that can be moved.
const PYTHON_HOME: &str = "/python";

/// Tells, from the inside, what an interpreter consists of.
const PROBE: &str = "
import json, os, sys
maps = {line.split(None, 5)[5].strip() for line in open('/proc/self/maps') if len(line.split(None, 5)) == 6}
program = os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable)
print(json.dumps({'program': program, 'prefix': os.path.realpath(sys.base_prefix),
                  'mapped': sorted(path for path in maps if path.startswith('/'))}))
";

#[derive(Deserialize)]
struct Python {
    program: PathBuf,
    prefix: PathBuf,
    mapped: Vec<PathBuf>,
}

/// The root of the TypeScript worker: its program and the libraries that its loader names.
pub(crate) async fn typescript(worker: &Path) -> Result<Layout, SandboxError> {
    let fail = |problem: String| SandboxError::Engine { program: worker.to_owned(), problem };
    let program = worker.canonicalize().map_err(|error| fail(format!("{error}; build or install outboard-worker")))?;
    let mut binds = vec![(program.clone(), PROGRAM.to_owned())];
    let head = std::fs::read(&program).map_err(|error| fail(error.to_string()))?;
    if let Some(loader) = loader(&head) {
        let listing = output(Command::new(&loader).arg("--list").arg(&program)).await.map_err(fail)?;
        binds.extend(listed(&listing));
        binds.push((canonical(&loader), loader));
    }
    binds.sort_by(|one, other| one.1.cmp(&other.1));
    binds.dedup_by(|one, other| one.1 == other.1);
    Ok(Layout { name: "typescript".to_owned(), binds, argv: vec![PROGRAM.to_owned()], ..Layout::default() })
}

/// The root of the Python worker: the interpreter, its library, the system's libraries and time zones.
pub(crate) async fn python(interpreter: &Path) -> Result<Layout, SandboxError> {
    let fail = |problem: String| SandboxError::Engine { program: interpreter.to_owned(), problem };
    let text = output(Command::new(interpreter).args(["-I", "-B", "-c", PROBE])).await.map_err(fail)?;
    let found: Python =
        serde_json::from_str(&text).map_err(|error| fail(format!("it described itself badly: {error}")))?;
    let mut layout = Layout { name: "python".to_owned(), files: vec![SCRIPT.to_owned()], ..Layout::default() };
    system_libraries(&mut layout);
    let program = add_interpreter(&mut layout, &found);
    layout.argv = [program.as_str(), "-I", "-B", SCRIPT].map(str::to_owned).to_vec();
    Ok(layout)
}

/// Adds the interpreter and says where its program is in the jail.
///
/// An interpreter with libraries of its own knows them by absolute path, so it stays where it is; any
/// other finds its home from its program, so it moves, and the jail shows nothing of the host's paths.
fn add_interpreter(layout: &mut Layout, found: &Python) -> String {
    let program = found.program.to_string_lossy().into_owned();
    if found.prefix == Path::new("/usr") || found.prefix == Path::new("/") {
        layout.binds.push((found.program.clone(), program.clone()));
        return program;
    }
    let own_libraries = found.mapped.iter().any(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(&found.prefix) && name.starts_with("libpython")
    });
    let within = found.program.strip_prefix(&found.prefix).ok();
    match within.filter(|_| !own_libraries) {
        Some(within) => {
            layout.binds.push((found.prefix.clone(), PYTHON_HOME.to_owned()));
            format!("{PYTHON_HOME}/{}", within.display())
        }
        None => {
            layout.binds.push((found.prefix.clone(), found.prefix.to_string_lossy().into_owned()));
            if within.is_none() {
                layout.binds.push((found.program.clone(), program.clone()));
            }
            program
        }
    }
}

fn system_libraries(layout: &mut Layout) {
    for path in ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"] {
        match std::fs::read_link(path) {
            Ok(target) => layout.links.push((path.to_owned(), target)),
            Err(_) if Path::new(path).exists() => layout.binds.push((PathBuf::from(path), path.to_owned())),
            Err(_) => {}
        }
    }
    // A link's parent exists only after the folders are made, so links that are not at the root follow.
    layout.links.retain(|(at, _)| at.matches('/').count() == 1);
}

/// The loader that a program file of this machine's kind asks for; `None` for a static one or a script.
fn loader(file: &[u8]) -> Option<String> {
    const INTERPRETER: u32 = 3;
    let word = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(file.get(at..at.checked_add(size)?)?);
        Some(u64::from_le_bytes(bytes) as usize)
    };
    if file.get(..5)? != b"\x7fELF\x02" {
        return None;
    }
    let (table, entry, count) = (word(32, 8)?, word(54, 2)?, word(56, 2)?);
    let header = (0..count)
        .map(|index| table.saturating_add(index * entry))
        .find(|at| word(*at, 4) == Some(INTERPRETER as usize))?;
    let (start, size) = (word(header.saturating_add(8), 8)?, word(header.saturating_add(32), 8)?);
    let name = file.get(start..start.checked_add(size)?)?;
    Some(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned())
}

/// The files in a loader's listing: `name => /path (0x…)` or `/path (0x…)`.
fn listed(listing: &str) -> Vec<(PathBuf, String)> {
    let path = |line: &str| {
        let path = line.rsplit_once(" (")?.0.rsplit("=> ").next()?.trim();
        path.starts_with('/').then(|| (canonical(path), path.to_owned()))
    };
    listing.lines().filter_map(path).collect()
}

fn canonical(path: &str) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path))
}

async fn output(command: &mut Command) -> Result<String, String> {
    let done = command.env_remove("LD_PRELOAD").stdin(Stdio::null()).kill_on_drop(true).output().await;
    let done = done.map_err(|error| format!("{error}; check the path, or install it"))?;
    if !done.status.success() {
        return Err(format!("{}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_names_files() {
        let listing = "\tlinux-vdso.so.1 (0x7ff)\n\tlibc.so.6 => /no/libc.so.6 (0x7f)\n\t/no/ld.so.2 (0x7f)\n";
        let names: Vec<_> = listed(listing).into_iter().map(|(_, at)| at).collect();
        assert_eq!(names, ["/no/libc.so.6", "/no/ld.so.2"]);
    }

    #[test]
    fn hostile_program_files_have_no_loader() {
        for file in [&b""[..], b"#!/bin/sh", b"\x7fELF\x02", &[0x7f, b'E', b'L', b'F', 2, 0xff, 0xff, 0xff][..]] {
            assert_eq!(loader(file), None);
        }
        let mut file = vec![0xff; 128];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        assert_eq!(loader(&file), None);
    }

    #[test]
    fn a_movable_interpreter_hides_its_path() {
        let mut layout = Layout::default();
        let (program, prefix) = (PathBuf::from("/home/me/py/bin/python3.11"), PathBuf::from("/home/me/py"));
        let mut found = Python { program, prefix, mapped: Vec::new() };
        assert_eq!(add_interpreter(&mut layout, &found), "/python/bin/python3.11");
        found.mapped.push("/home/me/py/lib/libpython3.11.so.1.0".into());
        assert_eq!(add_interpreter(&mut layout, &found), "/home/me/py/bin/python3.11");
    }
}
