//! Which places of a text become tokens.

use crate::encoded::encoded;
use crate::entry::Entry;
use crate::spell::bent;
use crate::state::State;
use crate::token::{Kinds, LITERAL, PRIVATE, Token, marks};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Longer values are hidden without a token.
const LONGEST_VALUE: usize = 64 * 1024;

/// A private value in a text, as detection found it.
#[derive(Clone)]
pub struct Found<'a> {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// The label of its kind; an undeclared one becomes [`PRIVATE`](crate::PRIVATE).
    pub kind: &'a str,
    /// The form that all its spellings share.
    pub normal: Cow<'a, str>,
}

/// Whether a text may hold tokens of this session already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensHere {
    /// It comes from outside: what looks like a token there is text, and becomes a `[LITERAL_n]`.
    Foreign,
    /// It was made from protected text: tokens of this session stay as they are.
    Own,
}

/// A text that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// The text with tokens.
    pub text: String,
    /// The tokens in it, in order, repetitions included.
    pub tokens: Vec<Token>,
    /// Values that got no token, because the session is full or they are too long; they became `[KIND]`.
    pub hidden: usize,
}

/// What a place becomes.
pub(crate) enum Becomes {
    /// A value that may be new.
    Value { kind: String, value: String, normal: String },
    /// A value that the session knows, perhaps percent-encoded here.
    Known { entry: Arc<Entry>, encoded: bool },
    /// A token that stays.
    Stays,
}

/// One place of a text.
pub(crate) struct Region {
    pub(crate) range: Range<usize>,
    pub(crate) becomes: Becomes,
}

/// All places of a text that are not shown as they are: sorted, none overlapping another.
pub(crate) fn regions(text: &str, found: &[Found<'_>], here: TokensHere, state: &State, kinds: &Kinds) -> Vec<Region> {
    let all = detected(text, found, kinds);
    let hits = state.known.search(text.as_bytes());
    let hits = hits.into_iter().map(|hit| {
        let (entry, encoded) = state.owner(hit.owner);
        Region { range: hit.range, becomes: Becomes::Known { entry: Arc::clone(entry), encoded } }
    });
    let all = merged(text, all, hits.collect());
    let mut before = 0;
    let hidden = |run: &Range<usize>| {
        before += all[before..].iter().take_while(|region| region.range.end <= run.start).count();
        all.get(before).is_some_and(|region| region.range.start <= run.start && run.end <= region.range.end)
    };
    let needles = [&state.known, state.expected.needles()];
    let encoded = encoded(text.as_bytes(), &needles, hidden)
        .into_iter()
        .map(|range| Region { becomes: whole(&text[range.clone()], PRIVATE), range });
    let all = merged(text, encoded.collect(), all);
    let bent = bent(text, &needles).into_iter();
    let bent = bent.map(|range| Region { becomes: whole(&text[range.clone()], PRIVATE), range });
    let all = merged(text, all, bent.collect());
    let all = merged(text, all, state.expected.regions(text));
    let marks = marks(text, kinds).map(|mark| {
        let lives = mark.number().is_some_and(|number| state.token(mark.kind, number).is_some());
        let becomes =
            if here == TokensHere::Own && lives { Becomes::Stays } else { literal(&text[mark.range.clone()]) };
        Region { range: mark.range, becomes }
    });
    with_marks(all, marks.collect())
}

fn literal(text: &str) -> Becomes {
    whole(text, LITERAL)
}

fn whole(text: &str, kind: &str) -> Becomes {
    Becomes::Value { kind: kind.to_owned(), value: text.to_owned(), normal: text.to_owned() }
}

fn detected(text: &str, found: &[Found<'_>], kinds: &Kinds) -> Vec<Region> {
    let found = found.iter().filter(|one| one.range.start < one.range.end);
    let mut found: Vec<_> = found.map(|one| (whole_chars(text, &one.range), one)).collect();
    found.retain(|(range, _)| !range.is_empty());
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let json = is_json_with_escapes(text);
    let mut regions: Vec<Region> = Vec::with_capacity(found.len());
    for (range, one) in found {
        match regions.last_mut() {
            Some(last) if last.range.end >= range.end => {}
            Some(last) if last.range.end > range.start => *last = union(text, last, &range),
            _ => regions.push(Region { becomes: value(&text[range.clone()], one, json, kinds), range }),
        }
    }
    regions
}

fn value(text: &str, found: &Found<'_>, json: bool, kinds: &Kinds) -> Becomes {
    // In JSON text the value is what the escapes stand for.
    let value = if json && text.contains('\\') { crate::encodings::from_json(text) } else { text.to_owned() };
    Becomes::Value { kind: kinds.declared(found.kind).to_owned(), value, normal: found.normal.clone().into_owned() }
}

fn is_json_with_escapes(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && text.contains('\\') && crate::restore::is_json(text)
}

/// Both places as one value of the first one's kind: better too much hidden than a rest shown.
fn union(text: &str, region: &Region, other: &Range<usize>) -> Region {
    let range = region.range.start.min(other.start)..region.range.end.max(other.end);
    let kind = match &region.becomes {
        Becomes::Value { kind, .. } => kind.clone(),
        Becomes::Known { entry, .. } => entry.kind.clone(),
        Becomes::Stays => crate::token::PRIVATE.to_owned(),
    };
    let whole = text[range.clone()].to_owned();
    Region { range, becomes: Becomes::Value { kind, value: whole.clone(), normal: whole } }
}

/// The range within the text, widened to whole characters.
fn whole_chars(text: &str, range: &Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(range.end.min(text.len()));
    text.floor_char_boundary(range.start.min(text.len())).min(end)..end
}

/// Detected and known places; of two that overlap the wider one counts, and their union if neither is.
fn merged(text: &str, detected: Vec<Region>, known: Vec<Region>) -> Vec<Region> {
    if detected.is_empty() || known.is_empty() {
        // Each is in order and without overlaps by itself.
        return if detected.is_empty() { known } else { detected };
    }
    let mut all: Vec<Region> = detected.into_iter().chain(known).collect();
    // A detected place stands before a known one of the same extent: the sort is stable.
    all.sort_by_key(|region| (region.range.start, std::cmp::Reverse(region.range.end)));
    let mut out: Vec<Region> = Vec::with_capacity(all.len());
    for region in all {
        match out.last_mut() {
            Some(last) if last.range.end >= region.range.end => {}
            Some(last) if last.range.end > region.range.start => *last = union(text, last, &region.range),
            _ => out.push(region),
        }
    }
    out
}

/// Adds what looks like a token, where nothing else is replaced: a part that goes breaks its form.
fn with_marks(regions: Vec<Region>, marks: Vec<Region>) -> Vec<Region> {
    if marks.is_empty() {
        return regions;
    }
    let mut marks = marks.into_iter().peekable();
    let mut out = Vec::with_capacity(regions.len());
    for region in regions {
        let stays_within = |mark: &Region| {
            matches!(mark.becomes, Becomes::Stays)
                && mark.range.start <= region.range.start
                && region.range.end <= mark.range.end
        };
        let mut covered = false;
        while let Some(mark) = marks.next_if(|mark| mark.range.start < region.range.end) {
            if mark.range.end <= region.range.start {
                out.push(mark);
            } else if stays_within(&mark) {
                // Part of a token's own text, such as its last four digits.
                covered = true;
                out.push(mark);
            }
        }
        let within_last = out.last().is_some_and(|last: &Region| last.range.end > region.range.start);
        if !covered && !within_last {
            out.push(region);
        }
    }
    out.extend(marks);
    out
}

impl Region {
    /// Whether the value is one that can have a token.
    pub(crate) fn fits(&self) -> bool {
        self.range.len() <= LONGEST_VALUE
    }
}
