//! Idle workers, by engine and network. A worker leaves the pool once and never comes back.
//!
//! What a session may see is not part of the key: its folders are attached when a worker is handed out, so every
//! session finds the same idle workers, and none has seen another session's files.

use crate::demand::Demand;
use crate::options::PoolSize;
use crate::worker::Worker;
use std::time::Instant;

/// Everything that makes two idle workers interchangeable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) engine: String,
    pub(crate) network: bool,
}

/// A worker and what it takes to give it its folders.
#[derive(Debug)]
pub(crate) struct Idle {
    pub(crate) worker: Worker,
    pub(crate) handle: Handle,
}

/// The spawner's name for a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(pub(crate) u64);

/// Idle workers of every kind. There are as many kinds as engines, at most twice.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    shelves: Vec<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    key: Key,
    idle: Vec<Idle>,
    /// Workers on their way.
    coming: usize,
    demand: Demand,
}

impl Pool {
    /// Takes an idle worker of this key, and remembers that one was asked for.
    pub(crate) fn take(&mut self, key: &Key, now: Instant) -> Option<Idle> {
        let shelf = self.shelf(key);
        shelf.demand.ask(now);
        while let Some(idle) = shelf.idle.pop() {
            if idle.worker.control.lives() {
                return Some(idle);
            }
        }
        None
    }

    /// How many workers are to be started now; counts them as on their way. Kills those that are too many.
    pub(crate) fn reserve(&mut self, key: &Key, now: Instant, size: PoolSize, room: usize) -> usize {
        let shelf = self.shelf(key);
        shelf.idle.retain(|idle| idle.worker.control.lives());
        let present = shelf.idle.len() + shelf.coming;
        let target = shelf.demand.target(now, size, present.saturating_add(room));
        shelf.idle.truncate(target.saturating_sub(shelf.coming));
        let missing = target.saturating_sub(present);
        shelf.coming += missing;
        missing
    }

    /// One worker that was on its way has come, or has failed to.
    pub(crate) fn arrive(&mut self, key: &Key, idle: Option<Idle>) {
        let shelf = self.shelf(key);
        shelf.coming = shelf.coming.saturating_sub(1);
        shelf.idle.extend(idle);
    }

    /// Number of idle workers of a key.
    pub(crate) fn idle(&self, key: &Key) -> usize {
        self.shelves.iter().find(|shelf| shelf.key == *key).map_or(0, |shelf| shelf.idle.len())
    }

    fn shelf(&mut self, key: &Key) -> &mut Shelf {
        let at = self.shelves.iter().position(|shelf| shelf.key == *key).unwrap_or_else(|| {
            self.shelves.push(Shelf { key: key.clone(), idle: Vec::new(), coming: 0, demand: Demand::default() });
            self.shelves.len() - 1
        });
        &mut self.shelves[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(network: bool) -> Key {
        Key { engine: "python".to_owned(), network }
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
