//! The ends of what earlier calls sent, so that a value which is sent in pieces is noticed when its last piece comes.

use super::pieces::{first, last};
use std::collections::{HashMap, VecDeque};
use zeroize::Zeroizing;

/// Bytes of an argument that are remembered.
const KEPT: usize = 256;

/// Arguments that are remembered; the one that was heard of first is let go.
const MOST: usize = 512;

/// The end of what was sent under a name, by server and pointer.
#[derive(Default)]
pub(super) struct Tails {
    ends: HashMap<(String, String), Zeroizing<String>>,
    order: VecDeque<(String, String)>,
}

impl Tails {
    /// What was sent before and what is sent now, put together; `None` where nothing was.
    pub(super) fn joined(&self, to: &str, path: &str, text: &str) -> Option<Zeroizing<String>> {
        let end = self.ends.get(&(to.to_owned(), path.to_owned()))?;
        Some(Zeroizing::new(format!("{}{}", end.as_str(), first(text.trim(), KEPT))))
    }

    /// Remembers the end of what is sent. What held a value whole begins anew, as it was told already.
    pub(super) fn note(&mut self, to: &str, path: &str, text: &str, held: bool) {
        let key = (to.to_owned(), path.to_owned());
        if held {
            self.ends.remove(&key);
            self.order.retain(|one| *one != key);
            return;
        }
        if let Some(end) = self.ends.get_mut(&key) {
            let whole = Zeroizing::new(format!("{}{}", end.as_str(), text.trim()));
            *end = Zeroizing::new(last(&whole, KEPT).to_owned());
            return;
        }
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.ends.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.ends.insert(key, Zeroizing::new(last(text.trim(), KEPT).to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_together_and_memory_stays_small() {
        let mut tails = Tails::default();
        assert!(tails.joined("mail", "/t", "x").is_none());
        for piece in ["ann", ".lee", "@"] {
            tails.note("mail", "/t", piece, false);
        }
        assert_eq!(tails.joined("mail", "/t", "corp").unwrap().as_str(), "ann.lee@corp");
        tails.note("mail", "/t", "x", true);
        assert!(tails.joined("mail", "/t", "x").is_none());
        for number in 0..2_000 {
            tails.note("mail", &format!("/{number}"), &"x".repeat(10_000), false);
        }
        assert!(tails.ends.len() <= MOST && tails.ends.values().all(|end| end.len() <= KEPT));
    }
}
