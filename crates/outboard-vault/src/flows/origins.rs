//! Which server sent which value, and whether arguments hold one, in whatever encoding.

use super::decode::{How, each};
use super::leaves::leaves;
use crate::encodings::folded;
use crate::entry::{is_bounded, is_short_word, is_telling};
use crate::needles::{Needle, Needles};
use crate::token::Token;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use zeroize::Zeroizing;

/// More flows of one call are not listed.
const MOST_FLOWS: usize = 1_000;

/// In texts beyond ASCII the spelling of so many hits is told.
const MOST_LOOKS: usize = 100;

/// Work per byte of arguments, and what every call may use in any case.
const WORK: usize = 40;
const LEAST_WORK: usize = 4 * 1024 * 1024;

/// Values of fewer digits are not looked for with other separators.
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
    /// How it stands there: `verbatim`, `case`, `unicode`, `reformatted`, `split`, or the encodings that were
    /// undone, the outermost first, such as `base64` or `json+url`.
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
}

#[derive(Default)]
struct Half {
    values: Vec<Origin>,
    by_token: HashMap<Token, usize>,
    plain: Needles,
    digits: Needles,
}

struct Origin {
    token: Token,
    value: Zeroizing<String>,
    servers: BTreeSet<String>,
    /// It is in the recent half too, which knows more.
    moved: bool,
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl Origins {
    /// Watches at most this many values.
    pub fn new(capacity: usize) -> Self {
        Self { recent: Half::default(), before: Half::default(), capacity: capacity.max(2), let_go: 0 }
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

    /// Finds watched values in arguments for a server that did not send them itself.
    pub fn check(&self, to: &str, arguments: &Value) -> Checked {
        let mut search = Search { origins: self, to, seen: BTreeSet::new(), flows: Vec::new() };
        if self.recent.values.is_empty() && self.before.values.is_empty() {
            return Checked { flows: Vec::new(), complete: true };
        }
        let leaves = leaves(arguments);
        let bytes: usize = leaves.iter().map(|(_, text)| text.len()).sum();
        let mut budget = bytes.saturating_mul(WORK).max(LEAST_WORK);
        let mut complete = true;
        for (path, text) in &leaves {
            complete &= each(text, &mut budget, &mut |view, how| search.view(path, view, how));
        }
        if leaves.len() > 1 {
            search.split(&leaves);
        }
        complete &= search.flows.len() < MOST_FLOWS;
        Checked { flows: search.flows, complete }
    }
}

impl Half {
    fn add(&mut self, token: &Token, value: &str, normal: &str, servers: BTreeSet<String>) {
        let owner = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let value = value.trim();
        let mut forms = [folded(value), folded(normal)].map(Zeroizing::new);
        forms.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        for text in forms.iter().filter(|text| is_telling(text)) {
            self.plain.add(&Needle { text, owner, exact: false, bounded: is_bounded(text) });
            let digits = Zeroizing::new(squeezed(text));
            if digits.bytes().filter(u8::is_ascii_digit).count() >= FEWEST_DIGITS {
                self.digits.add(&Needle { text: &digits, owner, exact: false, bounded: false });
            }
        }
        self.by_token.insert(token.clone(), self.values.len());
        let value = Zeroizing::new(value.to_owned());
        self.values.push(Origin { token: token.clone(), value, servers, moved: false });
    }
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

struct Search<'o> {
    origins: &'o Origins,
    to: &'o str,
    seen: BTreeSet<(Token, String)>,
    flows: Vec<Flow>,
}

impl<'o> Search<'o> {
    fn view(&mut self, path: &str, text: &str, how: &How) {
        let folded = Zeroizing::new(folded(text));
        // In ASCII a hit stands at the same place in both texts; else the whole text is looked at, not too often.
        let ascii = text.is_ascii();
        let mut looks = 0;
        for half in [&self.origins.recent, &self.origins.before] {
            for hit in half.plain.search(folded.as_bytes()) {
                let origin = &half.values[hit.owner as usize];
                if !self.is_new(origin, path) {
                    continue;
                }
                looks += 1;
                let near = if ascii { &text[hit.range] } else { text };
                let tell = ascii || looks <= MOST_LOOKS;
                if !tell || !is_short_word(&origin.value) || is_cased(near, text, &origin.value) {
                    let spelled = if tell { spelled(near, &origin.value) } else { "unicode" };
                    let how = if how.is_empty() { spelled } else { &how.join("+") };
                    self.found(origin, path, how);
                }
            }
            if !half.digits.is_empty() {
                for hit in half.digits.search(squeezed(&folded).as_bytes()) {
                    let how = if how.is_empty() { "reformatted" } else { &format!("{}+reformatted", how.join("+")) };
                    self.found(&half.values[hit.owner as usize], path, how);
                }
            }
        }
    }

    /// Values whose parts stand in several places, one behind the other.
    fn split(&mut self, leaves: &[(String, String)]) {
        let texts: Vec<String> = leaves.iter().map(|(_, text)| folded(text.trim())).collect();
        let borders: BTreeSet<usize> = texts
            .iter()
            .scan(0, |at, text| {
                *at += text.len();
                Some(*at)
            })
            .collect();
        let joined = Zeroizing::new(texts.concat());
        for half in [&self.origins.recent, &self.origins.before] {
            for hit in half.plain.search(joined.as_bytes()) {
                let origin = &half.values[hit.owner as usize];
                let across = borders.range(hit.range.start + 1..).next().is_some_and(|border| *border < hit.range.end);
                if across && !is_short_word(&origin.value) {
                    self.found(origin, "", "split");
                }
            }
        }
    }

    /// Whether this would be a flow that is not listed yet.
    fn is_new(&self, origin: &Origin, path: &str) -> bool {
        let known_there = origin.servers.contains(self.to);
        let room = self.flows.len() < MOST_FLOWS;
        room && !origin.moved && !known_there && !self.seen.contains(&(origin.token.clone(), path.to_owned()))
    }

    fn found(&mut self, origin: &'o Origin, path: &str, how: &str) {
        if !self.is_new(origin, path) {
            return;
        }
        if self.seen.insert((origin.token.clone(), path.to_owned())) {
            self.flows.push(Flow {
                token: origin.token.clone(),
                kind: origin.token.kind.clone(),
                from: origin.servers.iter().cloned().collect(),
                to: self.to.to_owned(),
                path: path.to_owned(),
                how: how.to_owned(),
            });
        }
    }
}

fn spelled(text: &str, value: &str) -> &'static str {
    if text.contains(value) {
        "verbatim"
    } else if text.to_lowercase().contains(&value.to_lowercase()) {
        "case"
    } else {
        "unicode"
    }
}

/// Whether a name that is also a word stands in the text as a name is written.
fn is_cased(near: &str, text: &str, value: &str) -> bool {
    near.contains(value) || near.contains(&value.to_ascii_uppercase()) || text.trim().eq_ignore_ascii_case(value)
}
