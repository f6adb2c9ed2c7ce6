//! Names that only their place in a letter or a sentence tells: behind a greeting, under a closing, beside a word for a
//! relation. They need not be on any list.

use super::Reader;
use crate::names::cues::VERBS;
use crate::names::token::{Gap, Shape, Token};

const GREETINGS: &[&str] = &[
    "hi", "hello", "hey", "dear", "you", "thanks", "hola", "bonjour", "hallo", "liebe", "lieber", "estimada",
    "estimado", "querida", "querido", "gentile", "cara", "caro", "beste", "olá", "prezada", "prezado", "ciao", "hej",
    "kära", "ahoj", "chère", "cher", "cześć", "drahá", "salut",
];
const CLOSINGS: &[&str] = &[
    "regards",
    "best",
    "thanks",
    "cheers",
    "sincerely",
    "love",
    "yours",
    "wishes",
    "grüße",
    "grüßen",
    "gruß",
    "saluti",
    "saludo",
    "saludos",
    "cordialement",
    "groet",
    "groeten",
    "pozdrawiam",
    "hälsningar",
    "hilsen",
    "terveisin",
    "abraços",
    "atenciosamente",
    "cumprimentos",
    "pozdravem",
    "dank",
    "merci",
    "gracias",
    "grazie",
    "obrigado",
    "obrigada",
];
const RELATIONS: &[&str] = &[
    "colleague",
    "neighbour",
    "neighbor",
    "manager",
    "boss",
    "father",
    "mother",
    "daughter",
    "son",
    "wife",
    "husband",
    "brother",
    "sister",
    "uncle",
    "aunt",
    "cousin",
    "nurse",
    "patient",
    "caller",
    "driver",
    "tenant",
    "witness",
    "physician",
    "carer",
    "guardian",
    "kollegin",
    "kollege",
    "nachbarin",
    "nachbar",
    "patientin",
    "hire",
];
/// Done by persons, before `by`.
const DONE: &[&str] =
    &["reported", "signed", "written", "reviewed", "approved", "assigned", "prepared", "noted", "called"];
/// Who is greeted without a name.
const NOBODY: &[&str] =
    &["hiring", "sales", "valued", "santa", "lord", "god", "world", "neighbours", "colleagues", "parents", "editor"];

impl Reader<'_> {
    /// The name that begins here, where its place tells.
    pub(super) fn placed_in_letter(&self, at: usize) -> Option<(usize, usize, f32)> {
        let end = self.run(at)?;
        let before = |back: usize| at.checked_sub(back).map(|at| &self.tokens[at]);
        let last = before(1)?;
        let gap = self.tokens[at].gap;
        let closed = self.tokens.get(end).is_none_or(|next| !matches!(next.gap, Gap::Blank | Gap::Joined));
        let several = end > at + 1;
        let done_by = || last.is(&["by"]) && before(2).is_some_and(|verb| verb.is(DONE));
        let acts = || self.tokens.get(end).is_some_and(|next| next.is(VERBS) && next.gap == Gap::Blank);
        let sure = match gap {
            Gap::Line if last.is(CLOSINGS) && closed => 0.7,
            Gap::Blank if last.is(GREETINGS) && closed => 0.6,
            Gap::Comma if last.is(CLOSINGS) && closed && several => 0.6,
            Gap::Blank | Gap::Comma | Gap::Colon if last.is(RELATIONS) && several => 0.6,
            Gap::Blank if several && done_by() => 0.6,
            _ if several && acts() => 0.55,
            _ => return None,
        };
        (!self.elsewhere(at, end)).then_some((at, end, sure))
    }

    /// The end of up to four words that are written as a name is.
    fn run(&self, at: usize) -> Option<usize> {
        let fits = |token: &Token| {
            let known = token.known;
            let ordinary = known.plain() && !known.first() && !known.last();
            token.shape == Shape::Capital && !known.stop() && !known.place() && !ordinary && !token.is(NOBODY)
        };
        let more = |token: &Token| token.gap == Gap::Blank && (fits(token) || token.shape == Shape::Initial);
        fits(self.tokens.get(at)?).then_some(())?;
        let behind = self.tokens[at + 1..].iter().take(3).take_while(|token| more(token)).count();
        Some(at + 1 + behind)
    }
}
