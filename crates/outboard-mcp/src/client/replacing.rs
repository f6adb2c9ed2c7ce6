//! Other servers in the place of those that were configured, while calls go on.

use super::handler::Change;
use super::personal::Channels;
use super::supervisor::Upstream;
use super::{UpstreamSpec, Upstreams};
use outboard_types::ServerName;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long calls of a server that was taken away may still take.
const LEAVE: Duration = Duration::from_secs(600);

/// How often it is looked whether they have ended.
const LOOK: Duration = Duration::from_millis(200);

/// What a replacement changed, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Servers that are new.
    pub added: Vec<ServerName>,
    /// Servers that are gone.
    pub removed: Vec<ServerName>,
    /// Servers that are reached or filtered in another way.
    pub changed: Vec<ServerName>,
}

impl Upstreams {
    /// Takes other specifications. Servers that are said to be the same stay as they are, running; calls under way at
    /// the others are finished, then these servers are ended, with the connections that principals have of their own.
    pub fn replace(&self, specs: Vec<UpstreamSpec>, same: &HashSet<ServerName>) -> Replaced {
        let channels =
            Channels { changes: &self.changes, news: &self.news, shared: &self.shared, cache_dir: &self.cache_dir };
        let mut replaced = Replaced::default();
        let mut next = BTreeMap::new();
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        for spec in specs {
            let name = spec.name.clone();
            let upstream = match all.remove(&name) {
                Some(old) if same.contains(&name) => old,
                Some(old) => {
                    replaced.changed.push(name.clone());
                    self.retire(old);
                    channels.upstream(spec)
                }
                None => {
                    replaced.added.push(name.clone());
                    channels.upstream(spec)
                }
            };
            next.insert(name, upstream);
        }
        for (name, old) in std::mem::replace(&mut *all, next) {
            replaced.removed.push(name);
            self.retire(old);
        }
        drop(all);
        let mut personal = self.personal.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: HashSet<&ServerName> = replaced.removed.iter().chain(&replaced.changed).collect();
        personal.extract_if(|(name, _), _| gone.contains(name)).for_each(|(_, old)| self.retire(old));
        drop(personal);
        let touched = replaced.added.iter().chain(&replaced.removed).chain(&replaced.changed);
        touched.for_each(|name| drop(self.news.send((name.clone(), Change::Tools))));
        replaced
    }

    /// Ends a server when nobody waits for it any more.
    fn retire(&self, old: Arc<Upstream>) {
        self.shared.tasks.spawn(async move {
            let idle = async {
                while !old.ear.under_way.is_empty() {
                    tokio::time::sleep(LOOK).await;
                }
            };
            tokio::select! {
                _ = tokio::time::timeout(LEAVE, idle) => {}
                () = old.stop.cancelled() => {}
            }
            old.stop.cancel();
        });
    }
}
