//! Names that are parts of longer names of something else: of a street, a town, a firm.

use super::Reader;
use crate::names::token::{Gap, Shape, Token};

/// Words that begin names of towns and quarters.
const HEADS: &[&str] =
    &["san", "santa", "santo", "são", "sankt", "cite", "cité", "ciudad", "puntas", "puerto", "fuerte", "vila", "sri"];
/// The same, but before a first name an article.
const ARTICLES: &[&str] = &["den", "der", "los", "las"];
/// Streets that stand before their name, behind a number.
const STREETS: &[&str] = &[
    "rue",
    "avenue",
    "boulevard",
    "chemin",
    "place",
    "cours",
    "quai",
    "allée",
    "impasse",
    "via",
    "viale",
    "calle",
    "avenida",
    "avda",
    "paseo",
    "rua",
    "carrer",
];
/// Streets that stand behind their name, before a number.
const STREETS_BEHIND: &[&str] = &["u", "út", "utca", "tér", "tere", "vei", "veien", "ulica", "katu"];
/// What a firm calls those who are not named.
const OTHERS: &[&str] = &["company", "co", "associates", "partners", "sons", "brothers", "cie", "söhne", "hijos"];
/// One does this, or has it; three would otherwise.
const ONE: &[&str] = &["is", "was", "has", "office", "offices", "inc", "llp", "law", "firm"];

impl Reader<'_> {
    /// Whether the words before make this a part of a street's or a town's name.
    pub(super) fn in_longer_name(&self, from: usize, to: usize) -> bool {
        if self.tokens[from].is(HEADS) && to > from + 1 {
            return true;
        }
        for at in (from.saturating_sub(3)..from).rev() {
            let token = &self.tokens[at];
            if self.tokens[at + 1].gap != Gap::Blank {
                return false;
            }
            let article = at + 1 == from && token.is(ARTICLES) && !self.tokens[from].known.first();
            if token.capital() && (token.is(HEADS) || article) || self.is_street(at) {
                return true;
            }
            let name = self.small && (token.known.first() || token.known.last());
            if !(token.capital() || name || self.particle(at)) {
                return false;
            }
        }
        false
    }

    /// A street's word with its number before it: `7 rue`, `72 Avenue`.
    fn is_street(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let number = at.checked_sub(1).is_some_and(|before| self.tokens[before].shape == Shape::Number);
        number && token.gap == Gap::Blank && token.is(STREETS)
    }

    /// Whether the words behind make this a part of a street's or a firm's name.
    pub(super) fn before_longer_name(&self, to: usize) -> bool {
        let near = |at: usize, fits: &dyn Fn(&Token) -> bool| self.tokens.get(at).is_some_and(fits);
        let street = near(to, &|token| token.gap == Gap::Blank && token.is(STREETS_BEHIND))
            && near(to + 1, &|token| token.shape == Shape::Number);
        let others = |at: usize| near(at, &|token| token.is(OTHERS) && token.capital());
        let and = near(to, &|token| token.gap == Gap::Blank && token.is(&["and", "und", "et", "y"])) && others(to + 1);
        let sign = near(to, &|token| token.gap == Gap::Other) && others(to);
        street || and || sign
    }

    /// One of three family names that are a firm's: `The Jones, Mitchell and Williams office`.
    pub(super) fn in_firm(&self, at: usize) -> bool {
        [at.checked_sub(3), at.checked_sub(1), Some(at)].into_iter().flatten().any(|first| self.is_firm(first))
    }

    fn is_firm(&self, first: usize) -> bool {
        let family = |at: usize, gap: &[Gap]| {
            let fits = |token: &Token| {
                token.known.last() && (token.capital() || self.small) && (gap.is_empty() || gap.contains(&token.gap))
            };
            self.tokens.get(at).is_some_and(fits)
        };
        let and = self.tokens.get(first + 2).is_some_and(|token| token.is(&["and"]) && token.gap == Gap::Blank);
        if !and || !family(first, &[]) || !family(first + 1, &[Gap::Comma]) || !family(first + 3, &[Gap::Blank]) {
            return false;
        }
        let (begins, behind) = (self.tokens[first].gap, self.tokens.get(first + 4));
        let the = begins == Gap::Blank && first > 0 && self.tokens[first - 1].is(&["the"]);
        let one = behind.is_some_and(|token| token.gap == Gap::Blank && token.is(ONE));
        let line = begins == Gap::Line && first > 0 && behind.is_some_and(|token| token.gap == Gap::Line);
        the || one || line
    }
}
