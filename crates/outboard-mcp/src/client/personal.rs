//! Connections of one principal alone: who has credentials of their own reaches a server over them.

use super::Upstreams;
use super::agents::UnderWay;
use super::cache;
use super::handler::{Change, Ear};
use super::shared::Shared;
use super::spec::UpstreamSpec;
use super::supervisor::Upstream;
use outboard_catalog::Listing;
use outboard_types::{ErrorCode, Principal, ServerName, ToolError};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use tokio::sync::broadcast;

/// Connections of principals at most; a stranger's names must not fill the memory.
const MOST: usize = 1_024;

/// What every upstream is joined to.
pub(super) struct Channels<'a> {
    pub(super) changes: &'a broadcast::Sender<ServerName>,
    pub(super) news: &'a broadcast::Sender<(ServerName, Change)>,
    pub(super) shared: &'a Arc<Shared>,
    pub(super) cache_dir: &'a Path,
}

impl Channels<'_> {
    pub(super) fn upstream(&self, spec: UpstreamSpec) -> Arc<Upstream> {
        let name = spec.name.clone();
        let ear = Ear {
            server: name.clone(),
            changes: self.changes.clone(),
            news: self.news.clone(),
            stale: AtomicBool::new(false),
            stale_offers: AtomicBool::new(false),
            under_way: UnderWay::new(name, self.shared.clone()),
        };
        let file = cache::path(self.cache_dir, &spec);
        Arc::new(Upstream::new(spec, ear, file, self.shared.clone()))
    }
}

impl Upstreams {
    /// The upstream over which calls of this principal go.
    pub(super) fn of(&self, name: &ServerName, principal: &Principal) -> Result<Arc<Upstream>, ToolError> {
        let shared = self.get(name)?;
        let Some(own) = shared.spec.personal.as_ref().and_then(|personal| personal.of(principal)) else {
            return Ok(shared.clone());
        };
        let mut personal = self.personal.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.clone(), principal.clone());
        if let Some(known) = personal.get(&key) {
            return Ok(known.clone());
        }
        if personal.len() >= MOST {
            return Err(shared.error(ErrorCode::LimitExceeded, format!("more than {MOST} principals have connections")));
        }
        let spec = UpstreamSpec { transport: own.transport, keeper: own.keeper, personal: None, ..shared.spec.clone() };
        let channels =
            Channels { changes: &self.changes, news: &self.news, shared: &self.shared, cache_dir: &self.cache_dir };
        let upstream = channels.upstream(spec);
        // What a server shows to all is known to each.
        upstream.inner().memory = shared.inner().memory.clone();
        personal.insert(key, upstream.clone());
        Ok(upstream)
    }

    /// The listing over the connection of somebody with credentials, for a server that has none of its own.
    pub(super) async fn listing_of_anybody(&self, shared: &Arc<Upstream>) -> Option<Listing> {
        let somebody = shared.spec.personal.as_ref()?.anybody()?;
        let own = self.of(&shared.spec.name, &somebody).ok().filter(|own| !Arc::ptr_eq(own, shared))?;
        let listing = own.fetch_listing().await.ok()?;
        let memory = own.inner().memory.clone();
        shared.inner().memory = memory;
        Some(listing)
    }
}
