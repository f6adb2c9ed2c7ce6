//! An engine that is one program, such as the TypeScript worker.

use super::{PROGRAM, elf, unusable};
use crate::error::SandboxError;
use crate::message::Layout;
use std::path::Path;

/// The root of such a worker: its program and the libraries that its loader names.
pub(super) async fn layout(worker: &Path) -> Result<Layout, SandboxError> {
    let program = worker.canonicalize();
    let program = program.map_err(|error| unusable(worker, format!("{error}; build or install outboard-worker")))?;
    let mut layout = Layout {
        argv: vec![PROGRAM.to_owned()],
        address_space: true,
        root_at: Some(1),
        template: true,
        ..Layout::default()
    };
    elf::show(&mut layout, &program, PROGRAM).await.map_err(|problem| unusable(worker, problem))?;
    Ok(layout)
}
