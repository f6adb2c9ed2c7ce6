//! Where a Surface's listings come from: the upstreams.

use super::personal::Personally;
use super::{Catalog, accounts};
use outboard_auth::Ports;
use outboard_catalog::Listing;
use outboard_config::{Connection, ServerSettings, Settings};
use outboard_execution::{SurfaceSource, Surfaces};
use outboard_mcp::client::{Personal, TransportSpec, UpstreamSpec, Upstreams};
use outboard_types::{ErrorCode, ServerName};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a Surface waits for servers that were never listed before, where others will be asked for later.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait, once somebody says so.
pub(super) type Patience = Arc<OnceLock<Duration>>;

impl Catalog {
    /// For a process that runs one program: nobody asks again once a slow server is there, so each has the time that it
    /// may take to start.
    pub(crate) fn wait_for_slow_servers(&self, settings: &Settings) {
        let enabled = settings.servers.iter().filter(|server| server.enabled);
        let longest = enabled.map(|server| server.start_timeout).max().unwrap_or(PATIENCE);
        let _ = self.patience.set(longest.max(PATIENCE));
    }
}

/// Changes listings before they become a Surface.
pub(super) type Review = Arc<dyn Fn(Vec<Listing>) -> Vec<Listing> + Send + Sync>;

/// Listings for the Surface: cached ones at once, servers never seen before as soon as they answer.
pub(super) struct Source {
    pub(super) upstreams: Arc<Upstreams>,
    pub(super) surfaces: Arc<OnceLock<Weak<Surfaces>>>,
    pub(super) review: Review,
    /// Where nobody asks again: how long it waits then.
    pub(super) patience: Patience,
}

impl SurfaceSource for Source {
    fn listings(&self) -> Pin<Box<dyn Future<Output = Vec<Listing>> + Send + '_>> {
        Box::pin(async move {
            let (mut listings, missing) = self.upstreams.cached_listings();
            let patience = self.patience.get().copied().unwrap_or(PATIENCE);
            let deadline = tokio::time::Instant::now() + patience;
            let asked: Vec<_> = missing.into_iter().map(|name| self.ask(name)).collect();
            for (answer, late) in asked {
                match tokio::time::timeout_at(deadline, answer).await {
                    Ok(Ok(Some(listing))) => listings.push(listing),
                    Ok(_) => {}
                    Err(_) => late.store(true, Ordering::Release),
                }
            }
            // Files are read and written there.
            let (review, kept) = (self.review.clone(), listings.clone());
            tokio::task::spawn_blocking(move || review(listings)).await.unwrap_or(kept)
        })
    }
}

type Asked = (oneshot::Receiver<Option<Listing>>, Arc<AtomicBool>);

impl Source {
    /// Asks one server in the background. An answer after the deadline makes the Surface stale, so that the
    /// next caller sees the server; so does a sign-in to one that wants it.
    fn ask(&self, name: ServerName) -> Asked {
        let late = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = oneshot::channel();
        let (upstreams, surfaces, was_late) = (self.upstreams.clone(), self.surfaces.clone(), late.clone());
        tokio::spawn(async move {
            let listing = upstreams.listing(&name, false).await;
            match &listing {
                // Its failure was told when it happened.
                Err(error) if error.code == ErrorCode::UpstreamUnavailable => {
                    tracing::debug!(server = %name, %error, "not listed");
                }
                Err(error) => tracing::warn!(server = %name, %error, "not listed"),
                Ok(_) => {}
            }
            let found = listing.is_ok();
            let waits = listing.as_ref().is_err_and(|error| error.code == ErrorCode::SignInNeeded);
            let unheard = sender.send(listing.ok()).is_err();
            if found && (unheard || was_late.load(Ordering::Acquire)) {
                surfaces.get().and_then(Weak::upgrade).inspect(|surfaces| surfaces.invalidate());
            }
            if waits {
                upstreams.signed_in(&name).await;
                surfaces.get().and_then(Weak::upgrade).inspect(|surfaces| surfaces.invalidate());
            }
        });
        (receiver, late)
    }
}

/// A server that says its tools changed is listed again, and the next run sees the new Surface.
pub(super) fn follow_changes(upstreams: Arc<Upstreams>, surfaces: Arc<Surfaces>) {
    let mut changes = upstreams.changes();
    tokio::spawn(async move {
        while let Ok(name) = changes.recv().await {
            if upstreams.listing(&name, true).await.is_ok() {
                surfaces.invalidate();
            }
        }
    });
}

pub(super) fn transport(connection: Connection) -> TransportSpec {
    match connection {
        Connection::Stdio { command, args, env, cwd } => TransportSpec::Stdio { command, args, env, cwd },
        Connection::Http { url, headers } => TransportSpec::Http { url, headers },
        Connection::ListingOnly => TransportSpec::ListingOnly,
    }
}

pub(super) fn spec(server: &ServerSettings, ports: &Ports) -> UpstreamSpec {
    let keeper = accounts::keeper(ports, server, accounts::shared_account(server));
    let personal = Personally::is_possible(server)
        .then(|| Arc::new(Personally::new(server, ports, keeper.clone())) as Arc<dyn Personal>);
    UpstreamSpec {
        name: server.name.clone(),
        transport: transport(server.connection.clone()),
        timeout: server.timeout,
        start_timeout: server.start_timeout,
        listing: server.catalog_file.clone(),
        allow: server.allow.clone(),
        deny: server.deny.clone(),
        keeper,
        personal,
    }
}
