//! What all upstreams of one program share.

use super::http;
use super::spec::ClientInfo;
use std::sync::OnceLock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by all upstreams.
pub(super) struct Shared {
    /// How we introduce ourselves.
    pub(super) client: ClientInfo,
    /// Every task and process watcher; a shutdown waits for them.
    pub(super) tasks: TaskTracker,
    /// Ends everything.
    pub(super) stop: CancellationToken,
    http: OnceLock<Result<reqwest::Client, String>>,
}

impl Shared {
    pub(super) fn new(client: ClientInfo) -> Self {
        Self { client, tasks: TaskTracker::new(), stop: CancellationToken::new(), http: OnceLock::new() }
    }

    /// The HTTP client, built when first needed: it reads the system's certificates.
    pub(super) fn http(&self) -> Result<reqwest::Client, String> {
        self.http.get_or_init(http::client).clone()
    }
}
