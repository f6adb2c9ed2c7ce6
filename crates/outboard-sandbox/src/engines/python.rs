//! The host's CPython, or a virtual environment of it.
//!
//! The worker runs isolated (`-I`), so neither variables nor the working directory can add to its modules. Where
//! the operator grants packages, the jail shows a small virtual environment of its own: its `pyvenv.cfg` names the
//! real interpreter, and its one `.pth` file adds the granted folders, which are mounted read-only.

use super::{output, unusable};
use crate::error::SandboxError;
use crate::message::Layout;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const SCRIPT: &str = "/outboard/worker.py";
/// Where the jail shows an interpreter that can be moved.
const HOME: &str = "/python";
const ENVIRONMENT: &str = "/outboard/venv";
const PACKAGES: &str = "/outboard/packages";
/// Threads that a numeric library may start, at most.
const MOST_THREADS: usize = 4;

/// Tells, from the inside, what an interpreter consists of.
const PROBE: &str = "
import json, os, site, sys
maps = {line.split(None, 5)[5].strip() for line in open('/proc/self/maps') if len(line.split(None, 5)) == 6}
program = os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable)
base, virtual = os.path.realpath(sys.base_prefix), sys.prefix != sys.base_prefix
own = [path for path in site.getsitepackages() if virtual and os.path.isdir(path)]
shared = [path for path in sys.path if path.endswith('-packages') and os.path.realpath(path).startswith(base + '/')]
print(json.dumps({'program': program, 'prefix': base, 'version': '%d.%d' % sys.version_info[:2],
                  'packages': [path for path in own if path not in shared], 'shared': bool(shared) or not virtual,
                  'mapped': sorted(path for path in maps if path.startswith('/'))}))
";

#[derive(Deserialize)]
struct Python {
    program: PathBuf,
    prefix: PathBuf,
    version: String,
    /// Folders of modules that belong to the virtual environment.
    packages: Vec<PathBuf>,
    /// Whether the interpreter's own packages are seen too.
    shared: bool,
    mapped: Vec<PathBuf>,
}

/// The root of the Python worker: the interpreter, its library, the system's libraries and time zones, packages.
pub(super) async fn layout(
    interpreter: &Path,
    packages: &[PathBuf],
    preload: &[String],
) -> Result<Layout, SandboxError> {
    let text = output(Command::new(interpreter).args(["-I", "-B", "-c", PROBE])).await;
    let text = text.map_err(|problem| unusable(interpreter, format!("{problem}; apt-get install python3")))?;
    let mut found: Python = serde_json::from_str(&text)
        .map_err(|error| unusable(interpreter, format!("it described itself badly: {error}")))?;
    found.packages.extend(packages.iter().cloned());
    let mut layout =
        Layout { files: vec![SCRIPT.to_owned()], address_space: true, template: true, ..Layout::default() };
    layout.environment = thread_counts();
    system_libraries(&mut layout);
    let program = add_interpreter(&mut layout, &found);
    let program = if found.packages.is_empty() { program } else { add_packages(&mut layout, &found, &program)? };
    layout.argv = [program.as_str(), "-I", "-B", SCRIPT].map(str::to_owned).to_vec();
    layout.root_at = Some(layout.argv.len());
    layout.argv.extend(modules(interpreter, preload)?);
    Ok(layout)
}

/// The modules to import early, which become arguments and therefore must be names.
fn modules(interpreter: &Path, preload: &[String]) -> Result<Vec<String>, SandboxError> {
    let is_part = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    match preload.iter().find(|name| !name.split('.').all(is_part)) {
        Some(name) => Err(unusable(interpreter, format!("`{name}` in preload is not the name of a module"))),
        None => Ok(preload.to_vec()),
    }
}

/// Numeric libraries start a thread per processor of the host, whose stacks and buffers the limits would not hold.
fn thread_counts() -> Vec<(String, String)> {
    let count = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let names = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"];
    names.map(|name| (name.to_owned(), count.to_string())).to_vec()
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
            layout.binds.push((found.prefix.clone(), HOME.to_owned()));
            format!("{HOME}/{}", within.display())
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

/// Adds the jail's own virtual environment and says where its program is.
fn add_packages(layout: &mut Layout, found: &Python, program: &str) -> Result<String, SandboxError> {
    let mut lines = String::new();
    for (index, folder) in found.packages.iter().enumerate() {
        let source = folder.canonicalize().ok().filter(|source| source.is_dir());
        let source = source.ok_or_else(|| {
            unusable(folder, "it is no folder with Python packages; sandbox.python.packages in outboard.toml names it")
        })?;
        let at = format!("{PACKAGES}/{index}");
        // Unlike a bare path, this also reads the folder's own `.pth` files.
        lines.push_str(&format!("import site; site.addsitedir('{at}')\n"));
        layout.binds.push((source, at));
    }
    let home = Path::new(program).parent().unwrap_or(Path::new("/"));
    let settings = format!("home = {}\ninclude-system-site-packages = {}\n", home.display(), found.shared);
    let site = format!("{ENVIRONMENT}/lib/python{}/site-packages/outboard.pth", found.version);
    layout.texts.extend([(format!("{ENVIRONMENT}/pyvenv.cfg"), settings), (site, lines)]);
    let own = format!("{ENVIRONMENT}/bin/python");
    layout.links.push((own.clone(), program.into()));
    Ok(own)
}

fn system_libraries(layout: &mut Layout) {
    for path in ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"] {
        match std::fs::read_link(path) {
            Ok(target) => layout.links.push((path.to_owned(), target)),
            Err(_) if Path::new(path).exists() => layout.binds.push((PathBuf::from(path), path.to_owned())),
            Err(_) => {}
        }
    }
    // Anything deeper than the root may lie on a read-only mount, where no link can be made.
    layout.links.retain(|(at, _)| at.matches('/').count() == 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Python {
        let (program, prefix) = (PathBuf::from("/home/me/py/bin/python3.11"), PathBuf::from("/home/me/py"));
        let version = "3.11".to_owned();
        Python { program, prefix, version, packages: Vec::new(), shared: true, mapped: Vec::new() }
    }

    #[test]
    fn a_movable_interpreter_hides_its_path() {
        let mut layout = Layout::default();
        let mut found = found();
        assert_eq!(add_interpreter(&mut layout, &found), "/python/bin/python3.11");
        found.mapped.push("/home/me/py/lib/libpython3.11.so.1.0".into());
        assert_eq!(add_interpreter(&mut layout, &found), "/home/me/py/bin/python3.11");
    }

    #[test]
    fn packages_come_by_an_environment_of_the_jail() {
        let (mut layout, folder) = (Layout::default(), tempfile::tempdir().unwrap());
        let found = Python { packages: vec![folder.path().to_owned()], ..found() };
        assert_eq!(add_packages(&mut layout, &found, "/python/bin/python3.11").unwrap(), "/outboard/venv/bin/python");
        assert_eq!(layout.texts[0].1, "home = /python/bin\ninclude-system-site-packages = true\n");
        assert!(layout.texts[1].0.ends_with("/lib/python3.11/site-packages/outboard.pth"));
        let none = Python { packages: vec!["/no/such".into()], ..self::found() };
        assert!(add_packages(&mut layout, &none, "/p").is_err());
    }

    #[test]
    fn arguments_are_module_names() {
        let names = |all: &[&str]| modules(Path::new("p"), &all.iter().map(|one| one.to_string()).collect::<Vec<_>>());
        assert!(names(&["numpy", "a.b_c1"]).is_ok());
        for name in ["--root", "", "a b", "1a", "a.", "/etc"] {
            assert!(names(&[name]).is_err(), "{name}");
        }
    }
}
