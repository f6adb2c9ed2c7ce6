//! Names in running text.

mod letters;
mod places;

use super::cues::{CUES, HINTS, PARTICLES, SPEECH, TITLES, VERBS, WHERE};
use super::lexicon::ending;
use super::token::{Gap, Shape, Token, tokens};
use crate::{Finding, Kind};

/// Finds names of persons in a text.
pub fn prose(text: &str, out: &mut Vec<Finding>) {
    let reader = Reader { tokens: tokens(text), small: !text.chars().any(char::is_uppercase) };
    let mut at = 0;
    while at < reader.tokens.len() {
        let next = reader.name(at);
        if let Some((from, to, sure)) = next {
            let range = reader.tokens[from].start..reader.tokens[to - 1].end();
            out.push(Finding::new(range, Kind::Name, sure, "name"));
            at = to;
        } else {
            at += 1;
        }
    }
}

/// The words of a text, and whether none of them has a capital letter.
struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    small: bool,
}

impl Reader<'_> {
    /// The name that begins at a word: its first word, the one behind its last, and how sure it is.
    fn name(&self, at: usize) -> Option<(usize, usize, f32)> {
        let token = self.tokens[at];
        if token.is(TITLES) && token.gap != Gap::Joined {
            return self.titled(at);
        }
        if token.known.stop() && !token.known.first() || token.shape == Shape::Number || token.gap == Gap::Joined {
            return None;
        }
        let told = self.cued(at).or_else(|| self.full(at));
        // A longer name counts more than its first word.
        let placed = self.placed_in_letter(at).filter(|(_, end, _)| told.is_none_or(|(_, known, _)| known < *end));
        placed.or(told).or_else(|| self.alone(at))
    }

    fn titled(&self, at: usize) -> Option<(usize, usize, f32)> {
        let next = self.tokens.get(at + 1)?;
        let near = matches!(next.gap, Gap::Blank | Gap::Stop);
        let fits = near && !next.known.stop() && !next.known.place() && next.shape != Shape::Number;
        let written = next.capital() || next.shape == Shape::Initial || next.known.first() || next.known.last();
        let end = if fits && (written || self.small) { self.extend(at + 1, true) } else { return None };
        (!self.elsewhere(at + 1, end)).then_some((at + 1, end, 0.93))
    }

    /// Behind words that announce a name.
    fn cued(&self, at: usize) -> Option<(usize, usize, f32)> {
        let token = self.tokens[at];
        let cue = CUES.iter().find(|cue| {
            at >= cue.len() && cue.iter().zip(&self.tokens[at - cue.len()..at]).all(|(word, token)| token.is(&[word]))
        })?;
        // A key needs its colon, a sentence must go on.
        let lone = cue.len() == 1 && !matches!(cue[0], "name's" | "called" | "named" | "heiße");
        let gap = if lone { matches!(token.gap, Gap::Colon) } else { matches!(token.gap, Gap::Blank | Gap::Colon) };
        let written = token.capital() || (token.known.first() && !token.known.plain());
        if !gap || token.known.stop() || token.known.place() || !(written || self.small) {
            return None;
        }
        let certain = token.known.first() || cue.len() > 1 || cue[0] == "name";
        let end = self.extend(at, true);
        (!self.elsewhere(at, end)).then_some((at, end, if certain { 0.9 } else { 0.6 }))
    }

    /// A first name with what belongs to it.
    fn full(&self, at: usize) -> Option<(usize, usize, f32)> {
        let token = self.tokens[at];
        if self.before_is_number(at) || token.known.stop() {
            return None;
        }
        let end = self.extend(at, token.known.first());
        if end < at + 2 || self.elsewhere(at, end) {
            return None;
        }
        let last = self.tokens[end - 1];
        let family = last.known.last() || ending(last.text, false);
        let clear = token.known.first() && !token.known.plain();
        let written = token.capital() && last.capital();
        let sure = match (clear, family, written) {
            (true, true, true) => 0.92,
            (true, true, false) if !last.known.plain() => 0.75,
            (true, false, true) if token.shape == Shape::Capital => 0.75,
            (true, false, false) if self.small && !last.known.plain() && !last.known.stop() => 0.6,
            (false, true, true) if token.known.first() && token.shape == Shape::Capital => 0.8,
            (false, true, true)
                if token.shape == Shape::Capital && !token.known.plain() && !last.known.plain() && !self.opens(at) =>
            {
                0.55
            }
            (false, false, true) if token.known.first() && self.hinted(at) => 0.55,
            _ => return None,
        };
        Some((at, end, sure))
    }

    /// One word that is a name.
    fn alone(&self, at: usize) -> Option<(usize, usize, f32)> {
        let token = self.tokens[at];
        let from = if self.particle(at) { self.family(at)? - 1 } else { at };
        let last = self.tokens[from];
        let family = last.known.last() || ending(last.text, true);
        let first = token.known.first() && from == at;
        if !(first || family) || self.elsewhere(at, from + 1) || self.before_is_number(at) || self.placed(at) {
            return None;
        }
        if last.known.stop() {
            return None;
        }
        let plain = last.known.plain();
        let acts = self.tokens.get(from + 1).is_some_and(|token| token.is(VERBS) && token.gap == Gap::Blank);
        let lone = token.shape == Shape::Lower && from == at;
        let spoken = self.spoken(from + 1);
        let sure = match () {
            () if lone => (self.small && first && !plain && token.text.len() > 3).then_some(0.55),
            () if token.shape == Shape::Upper => None,
            () if first && !plain => Some(if self.opens(at) && !spoken { 0.6 } else { 0.75 }),
            () if plain && !(self.listed(at) || self.hinted(at) || acts && !self.opens(at)) => None,
            () if plain => (!self.opens(at)).then_some(0.52),
            () => (!self.opens(at) || spoken).then_some(0.6),
        };
        sure.map(|sure| (at, from + 1, sure))
    }

    /// Where the name that begins here ends: initials, particles, last names.
    fn extend(&self, at: usize, first: bool) -> usize {
        let mut end = at + 1;
        let lower = self.tokens[at].shape == Shape::Lower;
        while first || end == at + 1 {
            let Some(next) = self.tokens.get(end) else { break };
            let initial = next.shape == Shape::Initial && end == at + 1 && next.gap == Gap::Blank;
            let near =
                next.gap == Gap::Blank || (next.gap == Gap::Stop && self.tokens[end - 1].shape == Shape::Initial);
            if !near || end - at >= 5 {
                break;
            }
            if self.particle(end) && self.family(end).is_some() {
                end = self.family(end).unwrap_or(end);
                break;
            }
            let name = if lower {
                next.shape == Shape::Lower
                    && (next.known.last()
                        || next.known.first()
                        || ending(next.text, false)
                        || (self.small && end == at + 1))
                    && !next.known.plain()
            } else {
                next.capital()
                    && (next.shape == self.tokens[at].shape || next.shape == Shape::Capital || next.text.len() <= 3)
            };
            // `Park` is a park behind most words, and a family behind a name of two syllables.
            let place = next.known.place() && !(next.known.last() && self.tokens[at].text.contains('-'));
            if next.known.stop() || place || !(name || initial) {
                break;
            }
            end += 1;
        }
        while end > at + 1 && self.tokens[end - 1].shape == Shape::Initial {
            end -= 1;
        }
        end
    }

    fn particle(&self, at: usize) -> bool {
        self.tokens[at].is(PARTICLES)
    }

    /// The end of particles that a name follows.
    fn family(&self, at: usize) -> Option<usize> {
        let mut end = at;
        while end < at + 3 && end < self.tokens.len() && self.particle(end) {
            end += 1;
        }
        let name = self.tokens.get(end)?;
        let chained = self.tokens[at + 1..=end].iter().all(|token| token.gap == Gap::Blank);
        let written = if self.small { !name.known.stop() } else { name.capital() };
        (end > at && chained && written && !name.known.place()).then_some(end + 1)
    }

    /// Rather a street, a company, a place or a product.
    fn elsewhere(&self, from: usize, to: usize) -> bool {
        let near = |at: usize| self.tokens.get(at).filter(|token| matches!(token.gap, Gap::Blank));
        let behind = near(to);
        let flat = |token: &Token| token.is(&["apt", "apartment", "suite", "unit"]);
        let behind = behind.filter(|token| !(flat(token) && to > from + 1));
        let behind_place = behind.is_some_and(|token| {
            // `as` is a company behind its name, and else a word.
            let company = !token.is(&["as"]) || token.shape == Shape::Upper;
            (token.known.place() && company && (token.capital() || self.small))
                || token.shape == Shape::Number && token.text.len() < 5
        });
        let joined = self.tokens.get(to).is_some_and(|token| token.gap == Gap::Joined);
        let inside = self.tokens[from..to].iter().any(|token| token.known.place() && !token.known.last());
        let ahead = from.checked_sub(1).map(|at| self.tokens[at]).is_some_and(|token| {
            self.tokens[from].gap == Gap::Blank
                && token.known.place()
                && (token.capital() || self.small)
                && !token.known.first()
        });
        let lone_pair = to == from + 1 && self.tokens[from].text.contains('-') && self.tokens[from].known.last();
        let longer = || self.in_longer_name(from, to) || self.before_longer_name(to) || self.in_firm(from);
        behind_place || inside || joined || ahead || lone_pair || longer()
    }

    /// A number on the same line, right before: most likely an address.
    fn before_is_number(&self, at: usize) -> bool {
        let number = |at: usize| {
            at.checked_sub(1).map(|before| self.tokens[before]).is_some_and(|token| token.shape == Shape::Number)
        };
        let here = self.tokens[at].gap == Gap::Blank && number(at);
        let further = at > 0
            && self.tokens[at].gap == Gap::Blank
            && self.tokens[at - 1].gap == Gap::Blank
            && self.tokens[at - 1].capital()
            && number(at - 1);
        here || further
    }

    /// Words before that speak of a place; a capital word beside makes a longer name of something else.
    fn placed(&self, at: usize) -> bool {
        let token = self.tokens[at];
        let before = at.checked_sub(1).map(|at| self.tokens[at]);
        let beside = |token: Option<&Token>| {
            token.is_some_and(|token| token.gap == Gap::Blank && token.capital() && !token.known.stop())
        };
        let preposition = token.gap == Gap::Blank && before.is_some_and(|before| before.is(WHERE));
        let family = self.tokens[at].known.first()
            && !self.tokens[at].known.plain()
            && before.is_some_and(|before| before.is(&["to", "from"]));
        let the = before.is_some_and(|before| before.is(&["the"])) && !token.known.first();
        let tail = token.gap == Gap::Blank
            && before.is_some_and(|before| before.capital() && !before.known.stop() && !before.is(TITLES));
        (preposition && !family && !the) || tail || beside(self.tokens.get(at + 1))
    }

    /// A word that begins a sentence, and so has its capital letter.
    fn opens(&self, at: usize) -> bool {
        matches!(self.tokens[at].gap, Gap::Line | Gap::Stop | Gap::Other)
    }

    /// Behind a clear first name and a comma or an `and`.
    fn listed(&self, at: usize) -> bool {
        let clear = |back: usize| {
            at.checked_sub(back).map(|at| self.tokens[at].known).is_some_and(|known| known.first() && !known.plain())
        };
        let token = self.tokens[at];
        let linked = at > 1 && self.tokens[at - 1].is(&["and", "und", "et", "y"]) && token.gap == Gap::Blank;
        token.known.first() && (token.gap == Gap::Comma && clear(1) || linked && clear(2))
    }

    fn hinted(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| self.tokens[before].is(HINTS) && self.tokens[at].gap == Gap::Blank)
    }

    fn spoken(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| (token.is(SPEECH) || token.is(VERBS)) && token.gap == Gap::Blank)
    }
}

#[cfg(test)]
mod tests {
    fn found(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        super::prose(text, &mut out);
        out.into_iter().map(|finding| &text[finding.range]).collect()
    }

    #[test]
    fn persons_are_found() {
        for (text, wanted) in [
            ("My name is Ada Lovelace.", vec!["Ada Lovelace"]),
            ("Dear Frau Müller, thank you", vec!["Müller"]),
            ("ask Jean-Pierre O'Neill or Donald van der Voet", vec!["Jean-Pierre O'Neill", "Donald van der Voet"]),
            ("The report of Maria J. Kowalska's team", vec!["Maria J. Kowalska"]),
            ("Name: Björn Sigursteinsson\nPhone: 1", vec!["Björn Sigursteinsson"]),
            ("my name is ada lovelace", vec!["ada lovelace"]),
            ("please add julie novák as a beneficiary", vec!["julie novák"]),
            ("we met Davis, Reynolds and Williamson there", vec!["Davis", "Reynolds", "Williamson"]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }

    #[test]
    fn streets_companies_months_and_programs_are_left_alone() {
        for text in [
            "Meet at 82 Thomas Avenue in April",
            "Smith Ltd. and the Wilson Group and Jordan",
            "Paris is larger than Vienna, May is warm",
            "The Princess Royal arrived at Oamaru Central",
            "let will = mark(rose, art); // Will it run?",
            "San Francisco, New York, Victoria Station",
            "Read the Alexander Street map",
            "come to 7 rue Charles Corbeau or 72 Avenue Mohamed Salah",
            "I live in San Giuseppe Vesuviano",
            "we met on Erzsébet tér 92 then",
            "The Davis, Reynolds and Williamson office",
            "Ask Wilson & Company, or Wilson and Associates",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
