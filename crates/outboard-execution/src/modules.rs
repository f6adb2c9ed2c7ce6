//! The files of a Surface, written aside: what searches the catalogue need not wait for a disk.

use crate::SurfaceError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use outboard_catalog::Catalogue;
use outboard_codegen::{generate, materialise};
use std::path::PathBuf;
use std::sync::Arc;

/// The generated modules of one catalogue.
pub(crate) struct Modules(Shared<BoxFuture<'static, Result<PathBuf, SurfaceError>>>);

impl Modules {
    /// Begins to write them below `root`, unless they are there.
    pub(crate) fn write(catalogue: Arc<Catalogue>, root: PathBuf) -> Self {
        let work = tokio::task::spawn_blocking(move || materialise(&generate(&catalogue), &root));
        let written = async move {
            let written = work.await.map_err(|_| SurfaceError::Lost)?;
            written.map_err(|error| SurfaceError::Write(Arc::new(error)))
        };
        Self(written.boxed().shared())
    }

    /// Their folder, once all are there.
    pub(crate) async fn folder(&self) -> Result<PathBuf, SurfaceError> {
        self.0.clone().await
    }
}
