//! Which server sent which value.

use super::search::search;
use super::tails::Tails;
use crate::encodings::folded;
use crate::entry::{is_bounded, is_telling};
use crate::needles::{Needle, Needles};
use crate::spell::squeezed;
use crate::token::Token;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// Shorter values are not looked for with other separators, or with none.
const SHORTEST_SQUEEZED: usize = 10;

/// Numbers are, from so many digits on.
const FEWEST_DIGITS: usize = 9;

/// A private value on its way to a server that did not send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// What stands for the value.
    pub token: Token,
    /// The value's kind.
    pub kind: String,
    /// The servers that sent it.
    pub from: Vec<String>,
    /// The server that it would go to.
    pub to: String,
    /// The JSON pointer to where it stands in the arguments; empty if it is spread over several places.
    pub path: String,
    /// How it stands there: `verbatim`, `case`, `unicode`, `reformatted`, `rot13`, `invisible`, `lookalike`, or the
    /// encodings that were undone, the outermost first, such as `base64` or `json+url`; `split` in front says that it is
    /// spread over several arguments, `earlier` over several calls.
    pub how: String,
}

/// What was found in some arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// The flows, each value once per place.
    pub flows: Vec<Flow>,
    /// False if the arguments were too much to be searched in all encodings; a careful caller asks then.
    pub complete: bool,
}

/// How many values are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OriginsSize {
    /// Values that are looked for.
    pub watched: usize,
    /// Values that were let go because there were too many; they are no longer looked for.
    pub let_go: u64,
}

/// Values and where they came from. When there are too many, the half that was recorded first is let go.
pub struct Origins {
    recent: Half,
    before: Half,
    capacity: usize,
    let_go: u64,
    tails: Mutex<Tails>,
}

#[derive(Default)]
pub(super) struct Half {
    pub(super) values: Vec<Origin>,
    by_token: HashMap<Token, usize>,
    /// How many values can be searched for: most sessions have no rules, and never search.
    indexed: usize,
    pub(super) plain: Needles,
    /// Without anything but letters and digits.
    pub(super) squeezed: Needles,
}

pub(super) struct Origin {
    pub(super) token: Token,
    pub(super) value: Zeroizing<String>,
    normal: Zeroizing<String>,
    pub(super) servers: BTreeSet<String>,
    /// It is in the recent half too, which knows more.
    pub(super) moved: bool,
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl Origins {
    /// Watches at most this many values.
    pub fn new(capacity: usize) -> Self {
        Self {
            recent: Half::default(),
            before: Half::default(),
            capacity: capacity.max(2),
            let_go: 0,
            tails: Mutex::default(),
        }
    }

    /// How many values are watched, and how many no longer are.
    pub fn size(&self) -> OriginsSize {
        let before = self.before.values.iter().filter(|origin| !origin.moved).count();
        OriginsSize { watched: self.recent.values.len() + before, let_go: self.let_go }
    }

    /// Notes that these servers sent a value.
    pub fn record<'a>(&mut self, token: &Token, value: &str, normal: &str, servers: impl Iterator<Item = &'a String>) {
        let mut servers: BTreeSet<String> = servers.cloned().collect();
        if let Some(&index) = self.recent.by_token.get(token) {
            self.recent.values[index].servers.append(&mut servers);
            return;
        }
        if let Some(&index) = self.before.by_token.get(token) {
            let old = &mut self.before.values[index];
            old.moved = true;
            servers.extend(old.servers.iter().cloned());
        }
        if self.recent.values.len() >= self.capacity / 2 {
            let gone = std::mem::replace(&mut self.before, std::mem::take(&mut self.recent));
            self.let_go += gone.values.iter().filter(|origin| !origin.moved).count() as u64;
        }
        self.recent.add(token, value, normal, servers);
    }

    /// Makes all values ready to be searched for.
    pub(crate) fn prepare(&mut self) {
        [&mut self.recent, &mut self.before].into_iter().for_each(Half::index);
    }

    /// Finds watched values in arguments for a server that did not send them itself.
    pub fn check(&self, to: &str, arguments: &Value) -> Checked {
        if self.recent.values.is_empty() && self.before.values.is_empty() {
            return Checked { flows: Vec::new(), complete: true };
        }
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        search([&self.recent, &self.before], &mut tails, to, arguments)
    }
}

impl Half {
    fn add(&mut self, token: &Token, value: &str, normal: &str, servers: BTreeSet<String>) {
        self.by_token.insert(token.clone(), self.values.len());
        let [value, normal] = [value.trim(), normal].map(|text| Zeroizing::new(text.to_owned()));
        self.values.push(Origin { token: token.clone(), value, normal, servers, moved: false });
    }

    fn index(&mut self) {
        let Self { values, indexed, plain, squeezed: bare, .. } = self;
        for (owner, origin) in values.iter().enumerate().skip(*indexed) {
            let owner = u32::try_from(owner).unwrap_or(u32::MAX);
            let mut forms = [folded(&origin.value), folded(&origin.normal)].map(Zeroizing::new);
            forms.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            for text in forms.iter().filter(|text| is_telling(text)) {
                plain.add(&Needle { text, owner, exact: false, bounded: is_bounded(text) });
                let text = Zeroizing::new(squeezed(text));
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                if text.len() >= SHORTEST_SQUEEZED || digits >= FEWEST_DIGITS {
                    bare.add(&Needle { text: &text, owner, exact: false, bounded: false });
                }
            }
        }
        *indexed = values.len();
    }
}
