//! Idle workers, by what they were granted. A worker leaves the pool once and never comes back.

use crate::message::Folder;
use crate::worker::Worker;
use std::collections::VecDeque;

/// Most different grants that idle workers are kept for.
const MOST_KEYS: usize = 8;

/// Everything that makes two workers interchangeable: language and folders, down to the inode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) language: &'static str,
    pub(crate) folders: Vec<Folder>,
}

/// Idle workers; keys in the order of their last use.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    shelves: VecDeque<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    key: Key,
    idle: Vec<Worker>,
    /// Workers on their way.
    coming: usize,
}

impl Pool {
    /// Takes an idle worker of exactly this key.
    pub(crate) fn take(&mut self, key: &Key) -> Option<Worker> {
        let idle = &mut self.shelf(key).idle;
        while let Some(worker) = idle.pop() {
            if worker.control.lives() {
                return Some(worker);
            }
        }
        None
    }

    /// How many workers are to be started so that `size` are idle; counts them as on their way.
    pub(crate) fn reserve(&mut self, key: &Key, size: usize) -> usize {
        let shelf = self.shelf(key);
        shelf.idle.retain(|worker| worker.control.lives());
        let missing = size.saturating_sub(shelf.idle.len() + shelf.coming);
        shelf.coming += missing;
        missing
    }

    /// One worker that was on its way has come, or has failed to. It is killed if its key is not kept any more.
    pub(crate) fn arrive(&mut self, key: &Key, worker: Option<Worker>) {
        if let Some(shelf) = self.shelves.iter_mut().find(|shelf| shelf.key == *key) {
            shelf.coming = shelf.coming.saturating_sub(1);
            shelf.idle.extend(worker);
        }
    }

    /// Number of idle workers of a key.
    pub(crate) fn idle(&self, key: &Key) -> usize {
        self.shelves.iter().find(|shelf| shelf.key == *key).map_or(0, |shelf| shelf.idle.len())
    }

    /// The shelf of a key, now the most recently used; the oldest makes room and its workers are killed.
    fn shelf(&mut self, key: &Key) -> &mut Shelf {
        let found = self.shelves.iter().position(|shelf| shelf.key == *key).and_then(|at| self.shelves.remove(at));
        let shelf = found.unwrap_or_else(|| Shelf { key: key.clone(), idle: Vec::new(), coming: 0 });
        if self.shelves.len() >= MOST_KEYS {
            self.shelves.pop_back();
        }
        self.shelves.push_front(shelf);
        &mut self.shelves[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(inode: u64) -> Key {
        let folder = Folder { source: "/a".into(), target: "/b".into(), writable: false, device: 1, inode };
        Key { language: "python", folders: vec![folder] }
    }

    #[test]
    fn workers_on_their_way_are_counted_once() {
        let mut pool = Pool::default();
        assert_eq!(pool.reserve(&key(1), 2), 2);
        assert_eq!(pool.reserve(&key(1), 2), 0);
        pool.arrive(&key(1), None);
        assert_eq!(pool.reserve(&key(1), 2), 1);
        assert_eq!(pool.reserve(&key(2), 2), 2, "another inode is another key");
    }

    #[test]
    fn the_oldest_key_makes_room() {
        let mut pool = Pool::default();
        for inode in 0..=MOST_KEYS as u64 {
            pool.reserve(&key(inode), 1);
        }
        assert_eq!(pool.shelves.len(), MOST_KEYS);
        assert_eq!(pool.reserve(&key(0), 1), 1, "it was forgotten");
        assert_eq!(pool.reserve(&key(MOST_KEYS as u64), 1), 0, "it was kept");
    }
}
