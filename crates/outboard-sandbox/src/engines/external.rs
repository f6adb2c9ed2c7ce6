//! An engine of somebody else that compiles at run time, with a guest text of ours.

use super::{elf, unusable};
use crate::error::SandboxError;
use crate::message::{Layout, Profile};
use std::path::Path;

const PROGRAM: &str = "/outboard/engine";
const GUEST: &str = "/outboard/guest.ts";
/// The C library finds the bounds of the first thread's stack here, and JavaScriptCore ends without them. There is
/// no `/proc` in a jail, so one line says that the stack may lie anywhere; engines keep limits of their own.
const STACK: (&str, &str) = ("/proc/self/maps", "000000001000-7ffffffff000 rw-p 00000000 00:00 0 [stack]\n");

/// The root of such a worker: the engine, its libraries, the guest.
pub(super) async fn layout(engine: &Path, arguments: &[String]) -> Result<Layout, SandboxError> {
    let program = engine.canonicalize();
    let program = program.map_err(|error| unusable(engine, format!("{error}; check the path, or install it")))?;
    let argv = [PROGRAM].into_iter().chain(arguments.iter().map(String::as_str)).chain([GUEST]);
    let mut layout = Layout {
        files: vec![GUEST.to_owned()],
        argv: argv.map(str::to_owned).collect(),
        environment: vec![("HOME".to_owned(), "/tmp".to_owned())],
        profile: Profile::Jit,
        address_space: false,
        texts: vec![(STACK.0.to_owned(), STACK.1.to_owned())],
        ..Layout::default()
    };
    elf::show(&mut layout, &program, PROGRAM).await.map_err(|problem| unusable(engine, problem))?;
    Ok(layout)
}
