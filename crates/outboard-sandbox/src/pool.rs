//! Idle workers, by engine, network and folders. A worker leaves the pool once and never comes back.
//!
//! The folders are part of the key, so that every layer of an idle worker is as tight as that of one which is started
//! for its run: its mounts are there, and Landlock knows them. Whoever ran lately is expected to run again: the
//! last grant of an engine has the operator's minimum of workers, a few before it have one each, and those that
//! are older have none.

use crate::demand::Demand;
use crate::message::Folder;
use crate::options::PoolSize;
use crate::worker::Worker;
use std::path::Path;
use std::time::Instant;

/// Everything that makes two idle workers interchangeable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) engine: String,
    pub(crate) network: bool,
    /// What it sees, with the identity of each folder.
    pub(crate) folders: Vec<Folder>,
}

impl Key {
    fn is_like(&self, other: &Self) -> bool {
        (&self.engine, self.network) == (&other.engine, other.network)
    }
}

/// Grants of an engine that are expected to come back.
const EXPECTED: usize = 4;

/// Idle workers of every kind, those that were asked for last first.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    shelves: Vec<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    key: Key,
    idle: Vec<Worker>,
    /// Workers on their way.
    coming: usize,
    demand: Demand,
}

impl Pool {
    /// Takes an idle worker of this key, and remembers that one was asked for.
    pub(crate) fn take(&mut self, key: &Key, now: Instant) -> Option<Worker> {
        if let Some(at) = self.shelves.iter().position(|shelf| shelf.key == *key) {
            self.shelves[..=at].rotate_right(1);
        }
        let shelf = self.shelf(key);
        shelf.demand.ask(now);
        while let Some(worker) = shelf.idle.pop() {
            if worker.control.lives() {
                return Some(worker);
            }
        }
        None
    }

    /// Wakes the worker that [`Self::take`] would give.
    pub(crate) fn wake(&mut self, key: &Key, now: Instant) {
        self.wake_where(|one| one == key, now);
    }

    /// Wakes an idle worker of an engine that has a folder.
    pub(crate) fn wake_with(&mut self, engine: &str, folder: &Path, now: Instant) {
        self.wake_where(|key| key.engine == engine && key.folders.iter().any(|one| one.source == folder), now);
    }

    fn wake_where(&mut self, fits: impl Fn(&Key) -> bool, now: Instant) {
        let shelf = self.shelves.iter_mut().find(|shelf| fits(&shelf.key) && !shelf.idle.is_empty());
        if let Some(worker) = shelf.and_then(|shelf| shelf.idle.last_mut()) {
            worker.wake(now);
        }
    }

    /// How many workers are to be started now; counts them as on their way. Kills those that are too many, of every
    /// grant of the engine: together they are never more than `size.max`.
    pub(crate) fn reserve(&mut self, key: &Key, now: Instant, size: PoolSize, room: usize) -> usize {
        self.shelf(key);
        let (mut left, mut missing) = (size.max, 0);
        for (rank, shelf) in self.shelves.iter_mut().filter(|shelf| shelf.key.is_like(key)).enumerate() {
            let min = if rank == 0 { size.min } else { size.min.min(usize::from(rank < EXPECTED)) };
            let target = shelf.trim(now, PoolSize { min: min.min(left), max: left }, room);
            left -= target.min(left);
            if shelf.key == *key {
                missing = target.saturating_sub(shelf.idle.len() + shelf.coming);
                shelf.coming += missing;
            }
        }
        self.shelves.retain(|shelf| shelf.key == *key || !shelf.idle.is_empty() || shelf.coming > 0);
        missing
    }

    /// One worker that was on its way has come, or has failed to.
    pub(crate) fn arrive(&mut self, key: &Key, idle: Option<Worker>) {
        let Some(shelf) = self.shelves.iter_mut().find(|shelf| shelf.key == *key) else { return };
        shelf.coming = shelf.coming.saturating_sub(1);
        shelf.idle.extend(idle);
    }

    /// Number of idle workers of a key.
    pub(crate) fn idle(&self, key: &Key) -> usize {
        self.shelves.iter().find(|shelf| shelf.key == *key).map_or(0, |shelf| shelf.idle.len())
    }

    /// Number of idle workers of all keys.
    pub(crate) fn idle_in_all(&self) -> usize {
        self.shelves.iter().map(|shelf| shelf.idle.len()).sum()
    }

    fn shelf(&mut self, key: &Key) -> &mut Shelf {
        if let Some(at) = self.shelves.iter().position(|shelf| shelf.key == *key) {
            return &mut self.shelves[at];
        }
        self.shelves.insert(0, Shelf { key: key.clone(), idle: Vec::new(), coming: 0, demand: Demand::default() });
        &mut self.shelves[0]
    }
}

impl Shelf {
    /// How many workers of this grant there should be now; kills those that are more.
    fn trim(&mut self, now: Instant, size: PoolSize, room: usize) -> usize {
        self.idle.retain(|worker| worker.control.lives());
        let present = self.idle.len() + self.coming;
        let target = self.demand.target(now, size, present.saturating_add(room));
        self.idle.truncate(target.saturating_sub(self.coming));
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(network: bool) -> Key {
        Key { engine: "python".to_owned(), network, folders: Vec::new() }
    }

    fn session(inode: u64) -> Key {
        let (source, target) = (format!("/s/{inode}").into(), "/workspace".to_owned());
        Key { folders: vec![Folder { source, target, writable: true, device: 1, inode }], ..key(false) }
    }

    #[test]
    fn the_last_sessions_are_expected_back_and_share_the_bound() {
        let (mut pool, now, size) = (Pool::default(), Instant::now(), PoolSize { min: 2, max: 3 });
        assert!(pool.take(&session(1), now).is_none());
        assert_eq!(pool.reserve(&session(1), now, size, 9), 2);
        assert!(pool.take(&session(2), now).is_none());
        assert_eq!(pool.reserve(&session(2), now, size, 9), 2, "the last one has the minimum");
        assert_eq!(pool.reserve(&session(1), now, size, 9), 0, "the one before keeps what is left of the bound");
        for key in [session(1), session(1), session(2), session(2)] {
            pool.arrive(&key, None);
        }
        assert_eq!(pool.reserve(&session(1), now, size, 9), 1);
        (10..100).for_each(|inode| assert!(pool.take(&session(inode), now).is_none()));
        assert_eq!(pool.reserve(&session(99), now, size, 9), 2);
        assert!(pool.shelves.len() <= 3, "what nobody has or awaits is forgotten");
    }

    #[test]
    fn workers_on_their_way_are_counted_once() {
        let (mut pool, now, size) = (Pool::default(), Instant::now(), PoolSize { min: 2, max: 4 });
        assert_eq!(pool.reserve(&key(false), now, size, 9), 2);
        assert_eq!(pool.reserve(&key(false), now, size, 9), 0);
        pool.arrive(&key(false), None);
        assert_eq!(pool.reserve(&key(false), now, size, 9), 1);
        assert_eq!(pool.reserve(&key(true), now, size, 9), 2, "a networked worker is another kind");
    }

    #[test]
    fn a_busy_pool_grows_to_its_bound() {
        let (mut pool, now, size) = (Pool::default(), Instant::now(), PoolSize { min: 1, max: 4 });
        (0..50).for_each(|_| assert!(pool.take(&key(false), now).is_none()));
        assert_eq!(pool.reserve(&key(false), now, size, 9), 4);
        assert_eq!(pool.reserve(&key(true), now, size, 0), 0, "no room, no idle worker");
    }
}
