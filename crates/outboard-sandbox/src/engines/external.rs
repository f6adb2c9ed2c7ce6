//! An engine of somebody else, and who speaks the protocol for it.

use super::{Guest, elf, unusable};
use crate::error::SandboxError;
use crate::message::{Layout, Profile};
use std::path::{Path, PathBuf};

const PROGRAM: &str = "/outboard/engine";
/// Where the guest's file lies, without the ending by which engines tell languages apart.
const GUEST: &str = "/outboard/guest";
/// The C library finds the bounds of the first thread's stack here, and JavaScriptCore ends without them. There is
/// no `/proc` in a jail, so one line says that the stack may lie anywhere; engines keep limits of their own.
const STACK: (&str, &str) = ("/proc/self/maps", "000000001000-7ffffffff000 rw-p 00000000 00:00 0 [stack]\n");

/// The root of such a worker: the engine, its libraries, the guest, and what else the operator names.
pub(super) async fn layout(
    engine: &Path,
    args: &[String],
    guest: &Guest,
    needs: &[PathBuf],
) -> Result<Layout, SandboxError> {
    let program = found(engine, engine)?;
    let mut layout = Layout {
        environment: vec![("HOME".to_owned(), "/tmp".to_owned())],
        profile: Profile::Jit,
        address_space: false,
        texts: vec![(STACK.0.to_owned(), STACK.1.to_owned())],
        ..Layout::default()
    };
    for path in needs {
        layout.binds.push((found(engine, path)?, path.to_string_lossy().into_owned()));
    }
    let own_place = needs.iter().any(|path| engine.starts_with(path));
    let at = if own_place { engine.to_string_lossy().into_owned() } else { PROGRAM.to_owned() };
    // Engines look themselves up.
    layout.links.push(("/proc/self/exe".to_owned(), at.clone().into()));
    layout.argv = [at.clone()].into_iter().chain(args.iter().cloned()).collect();
    match guest {
        Guest::Text(_) => {
            layout.files.push(format!("{GUEST}.ts"));
            layout.argv.extend(layout.files.first().cloned());
        }
        Guest::File(path) => {
            let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
            layout.binds.push((found(engine, path)?, format!("{GUEST}{ending}")));
            layout.argv.push(format!("{GUEST}{ending}"));
        }
        Guest::Program => {}
    }
    elf::show(&mut layout, &program, &at).await.map_err(|problem| unusable(engine, problem))?;
    // What lies in a folder that is shown is there already.
    let is_within =
        |shown: &str| needs.iter().any(|path| Path::new(shown) != path && Path::new(shown).starts_with(path));
    layout.binds.retain(|(_, shown)| !is_within(shown));
    Ok(layout)
}

/// Where a path of the host leads to.
fn found(engine: &Path, path: &Path) -> Result<PathBuf, SandboxError> {
    path.canonicalize()
        .map_err(|error| unusable(engine, format!("{}: {error}; check the path, or install it", path.display())))
}
