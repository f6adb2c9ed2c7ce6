//! A queue to a thread that works aside and is woken for many things at once, not for each: to wake a thread costs
//! whoever wakes it more than most of what is handed over.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread that has something to do waits for more.
const PAUSE: Duration = Duration::from_millis(20);

/// It waits no longer once there is so much.
const ENOUGH: usize = 1_024;

struct State<T> {
    items: Vec<T>,
    /// Whether the thread sleeps until something comes.
    idle: bool,
    /// Whether somebody waits for it.
    urgent: bool,
    closed: bool,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    most: usize,
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that gives; never waits.
pub struct Giver<T>(Arc<Shared<T>>);

/// The end that takes.
pub struct Taker<T>(Arc<Shared<T>>);

/// Makes a queue that holds at most so many things.
pub fn gather<T>(most: usize) -> (Giver<T>, Taker<T>) {
    let state = State { items: Vec::new(), idle: false, urgent: false, closed: false };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), most });
    (Giver(shared.clone()), Taker(shared))
}

impl<T> Giver<T> {
    /// Hands something over; `false` where there is no room, or nothing is taken any more.
    pub fn give(&self, item: T) -> bool {
        self.put(item, false)
    }

    /// Hands something over that somebody waits for.
    pub fn give_urgent(&self, item: T) -> bool {
        self.put(item, true)
    }

    fn put(&self, item: T, urgent: bool) -> bool {
        let mut state = self.0.state();
        if state.closed || state.items.len() >= self.0.most {
            return false;
        }
        state.items.push(item);
        state.urgent |= urgent;
        let wakes = urgent || std::mem::take(&mut state.idle) || state.items.len() == ENOUGH;
        drop(state);
        if wakes {
            self.0.changed.notify_one();
        }
        true
    }

    /// Lets nothing more in; what is there is still taken.
    pub fn close(&self) {
        self.0.state().closed = true;
        self.0.changed.notify_one();
    }

    /// Whether nothing is let in any more, whatever room there is.
    pub fn is_closed(&self) -> bool {
        self.0.state().closed
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> Taker<T> {
    /// All that there is, in order, as soon as there is something; nothing where nothing came within a time. `None`
    /// once the queue is closed and empty.
    pub fn take(&self, within: Option<Duration>) -> Option<Vec<T>> {
        let until = within.map(|within| Instant::now() + within);
        let mut state = self.0.state();
        while state.items.is_empty() && !state.closed {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                state.idle = false;
                return Some(Vec::new());
            }
            state.idle = true;
            state = self.sleep(state, left);
        }
        let until = Instant::now() + PAUSE;
        while !state.urgent && !state.closed && state.items.len() < ENOUGH {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.sleep(state, Some(left));
        }
        (state.idle, state.urgent) = (false, false);
        let items = std::mem::take(&mut state.items);
        (!items.is_empty() || !state.closed).then_some(items)
    }

    fn sleep<'a>(&'a self, state: MutexGuard<'a, State<T>>, left: Option<Duration>) -> MutexGuard<'a, State<T>> {
        match left {
            Some(left) => self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            None => self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_arrives_in_order_and_in_few_pieces() {
        let (giver, taker) = gather(100_000);
        let thread = std::thread::spawn(move || {
            let pieces: Vec<Vec<u32>> = std::iter::from_fn(|| taker.take(None)).collect();
            (pieces.len(), pieces.concat())
        });
        (0..50_000).for_each(|number| assert!(giver.give(number)));
        giver.close();
        assert!(giver.is_closed() && !giver.give(0));
        let (pieces, all) = thread.join().unwrap();
        assert!(pieces < 5_000 && all == (0..50_000).collect::<Vec<_>>(), "{pieces}");
    }

    #[test]
    fn what_is_urgent_and_what_is_over_wait_for_nothing_and_what_has_no_room_stays_out() {
        let (giver, taker) = gather(2);
        assert!(giver.give(1) && giver.give_urgent(2) && !giver.give(3));
        assert_eq!(taker.take(None), Some(vec![1, 2]));
        assert_eq!(taker.take(Some(Duration::ZERO)), Some(vec![]), "nothing came");
        giver.give(4);
        drop(giver);
        assert_eq!((taker.take(None), taker.take(None)), (Some(vec![4]), None));
    }
}
