//! The files of a Surface, written aside: what searches the catalogue need not wait for a disk.

use crate::SurfaceError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use outboard_catalog::Catalogue;
use outboard_codegen::{Published, publish};
use std::path::PathBuf;
use std::sync::Arc;

/// The generated modules of one catalogue.
#[derive(Clone)]
pub(crate) struct Modules(Shared<BoxFuture<'static, Result<Arc<Published>, SurfaceError>>>);

impl Modules {
    /// Begins to write them below `root`, unless they are there; what `before` has is taken over, once all of it is there.
    pub(crate) fn write(catalogue: Arc<Catalogue>, root: PathBuf, before: Option<Self>) -> Self {
        let work = tokio::spawn(async move {
            let before = match before {
                Some(before) => before.0.await.ok(),
                None => None,
            };
            tokio::task::spawn_blocking(move || publish(&catalogue, &root, before.as_deref())).await
        });
        let written = async move {
            let written = work.await.and_then(|written| written).map_err(|_| SurfaceError::Lost)?;
            written.map(Arc::new).map_err(|error| SurfaceError::Write(Arc::new(error)))
        };
        Self(written.boxed().shared())
    }

    /// Their folder, once all are there.
    pub(crate) async fn folder(&self) -> Result<PathBuf, SurfaceError> {
        Ok(self.0.clone().await?.folder.clone())
    }
}
