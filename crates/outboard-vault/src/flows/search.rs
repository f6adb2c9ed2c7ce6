//! Whether arguments hold a value, in whatever spelling.

use super::decode::{How, each};
use super::leaves::{Leaf, leaves};
use super::origins::{Checked, Flow, Half, Origin};
use super::pieces::joined;
use super::tails::Tails;
use crate::encodings::folded;
use crate::entry::is_short_word;
use crate::needles::Hit;
use crate::spell;
use crate::token::Token;
use serde_json::Value;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// More flows of one call are not listed.
const MOST_FLOWS: usize = 1_000;

/// In texts beyond ASCII the spelling of so many hits is told.
const MOST_LOOKS: usize = 100;

/// Work per byte of arguments, and what every call may use in any case.
const WORK: usize = 60;
const LEAST_WORK: usize = 4 * 1024 * 1024;

/// Shorter hits are chance where a text was bent to give them.
const SHORTEST_BENT: usize = 8;

/// Finds the values of both halves in arguments for a server that did not send them itself.
pub(super) fn search(halves: [&Half; 2], tails: &mut Tails, to: &str, arguments: &Value) -> Checked {
    let mut search = Search { halves, to, seen: BTreeSet::new(), flows: Vec::new(), whole: Vec::new() };
    let leaves = leaves(arguments);
    let bytes: usize = leaves.iter().map(|leaf| leaf.text.len()).sum();
    let mut budget = bytes.saturating_mul(WORK).max(LEAST_WORK);
    let mut complete = true;
    for Leaf { path, text, .. } in &leaves {
        complete &= each(text, &mut budget, &mut |view, how| search.view(path, view, how, ""));
    }
    // What stands whole in one place is not told again as something that is spread over several.
    search.whole = search.flows.iter().map(|flow| flow.token.clone()).collect();
    for text in joined(&leaves) {
        complete &= each(&text, &mut budget, &mut |view, how| search.view("", view, how, "split"));
    }
    for Leaf { path, text, .. } in leaves.iter().filter(|leaf| !leaf.is_key) {
        let before = search.flows.len();
        if let Some(text) = tails.joined(to, path, text) {
            complete &= each(&text, &mut budget, &mut |view, how| search.view(path, view, how, "earlier"));
        }
        let held = search.flows.len() > before || search.flows.iter().any(|flow| flow.path == *path);
        tails.note(to, path, text, held);
    }
    complete &= search.flows.len() < MOST_FLOWS;
    Checked { flows: search.flows, complete }
}

struct Search<'o> {
    halves: [&'o Half; 2],
    to: &'o str,
    seen: BTreeSet<(Token, String)>,
    flows: Vec<Flow>,
    /// Values that stand whole in one place.
    whole: Vec<Token>,
}

/// Where a view comes from: the place, and what was done to get it.
struct At<'a> {
    path: &'a str,
    how: &'a How,
    spread: &'static str,
}

impl At<'_> {
    /// What was done, and what was seen then, as one text.
    fn told(&self, seen: &'static str) -> String {
        let spread = (!self.spread.is_empty()).then_some(self.spread);
        let done: Vec<&str> = spread.into_iter().chain(self.how.iter().copied()).collect();
        match (done.is_empty(), matches!(seen, "verbatim" | "case" | "unicode")) {
            (true, _) => seen.to_owned(),
            (false, true) => done.join("+"),
            (false, false) => format!("{}+{seen}", done.join("+")),
        }
    }
}

impl<'o> Search<'o> {
    fn view(&mut self, path: &str, text: &str, how: &How, spread: &'static str) {
        let at = At { path, how, spread };
        let folded = Zeroizing::new(folded(text));
        let bent = !spread.is_empty() || how.contains(&"reversed");
        self.plain(&at, text, &folded, if bent { SHORTEST_BENT } else { 0 });
        self.squeezed(&at, &folded, "reformatted");
        if how.contains(&"reversed") {
            return;
        }
        self.bent(&at, &Zeroizing::new(spell::turned(&folded)), "rot13");
        if folded.is_ascii() {
            return;
        }
        let visible = spell::visible(&folded).map(Zeroizing::new);
        if let Some(visible) = &visible {
            self.bent(&at, visible, "invisible");
        }
        if let Some(latin) = spell::latin(visible.as_ref().unwrap_or(&folded)).map(Zeroizing::new) {
            self.bent(&at, &latin, "lookalike");
            self.squeezed(&at, &latin, "lookalike+reformatted");
        }
    }

    fn plain(&mut self, at: &At<'_>, text: &str, folded: &str, shortest: usize) {
        // In ASCII a hit stands at the same place in both texts; else the whole text is looked at, not too often.
        let ascii = text.is_ascii();
        let mut looks = 0;
        for half in self.halves {
            for Hit { range, owner } in half.plain.search(folded.as_bytes()) {
                let origin = &half.values[owner as usize];
                if range.len() < shortest || !self.is_new(origin, at) {
                    continue;
                }
                looks += 1;
                let near = if ascii { &text[range] } else { text };
                let tell = ascii || looks <= MOST_LOOKS;
                if !tell || !is_short_word(&origin.value) || is_cased(near, text, &origin.value) {
                    self.found(origin, at, if tell { spelled(near, &origin.value) } else { "unicode" });
                }
            }
        }
    }

    fn squeezed(&mut self, at: &At<'_>, folded: &str, how: &'static str) {
        if self.halves.iter().all(|half| half.squeezed.is_empty()) {
            return;
        }
        let bare = Zeroizing::new(spell::squeezed(folded));
        for half in self.halves {
            for hit in half.squeezed.search(bare.as_bytes()) {
                self.found(&half.values[hit.owner as usize], at, how);
            }
        }
    }

    /// Hits in a text that was bent: short ones are chance.
    fn bent(&mut self, at: &At<'_>, folded: &str, how: &'static str) {
        for half in self.halves {
            for hit in half.plain.search(folded.as_bytes()) {
                if hit.range.len() >= SHORTEST_BENT {
                    self.found(&half.values[hit.owner as usize], at, how);
                }
            }
        }
    }

    /// Whether this would be a flow that is not listed yet.
    fn is_new(&self, origin: &Origin, at: &At<'_>) -> bool {
        let known_there = origin.servers.contains(self.to);
        let room = self.flows.len() < MOST_FLOWS;
        let told = || {
            (!at.spread.is_empty() && self.whole.contains(&origin.token))
                || self.seen.contains(&(origin.token.clone(), at.path.to_owned()))
        };
        room && !origin.moved && !known_there && !told()
    }

    fn found(&mut self, origin: &'o Origin, at: &At<'_>, how: &'static str) {
        if !self.is_new(origin, at) {
            return;
        }
        self.seen.insert((origin.token.clone(), at.path.to_owned()));
        self.flows.push(Flow {
            token: origin.token.clone(),
            kind: origin.token.kind.clone(),
            from: origin.servers.iter().cloned().collect(),
            to: self.to.to_owned(),
            path: at.path.to_owned(),
            how: at.told(how),
        });
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
