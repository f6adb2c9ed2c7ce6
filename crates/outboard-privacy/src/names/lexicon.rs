//! Which words are first and last names, and which are rather something else.
//!
//! The two lists were put together from those of the `fake` crate (MIT or Apache-2.0) and from our own.

use std::collections::HashMap;
use std::sync::LazyLock;

const FIRST: u8 = 1;
const LAST: u8 = 2;
const PLAIN: u8 = 4;
const STOP: u8 = 8;
const PLACE: u8 = 16;

/// What is known of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Known(u8);

impl Known {
    /// A first name.
    pub(super) fn first(self) -> bool {
        self.0 & FIRST != 0
    }

    /// A last name, by the list.
    pub(super) fn last(self) -> bool {
        self.0 & LAST != 0
    }

    /// Also, or only, an ordinary word: no name without more evidence.
    pub(super) fn plain(self) -> bool {
        self.0 & PLAIN != 0
    }

    /// Never a part of a name.
    pub(super) fn stop(self) -> bool {
        self.0 & STOP != 0
    }

    /// Says that the name beside it is one of a street, a company or an institution.
    pub(super) fn place(self) -> bool {
        self.0 & PLACE != 0
    }
}

static WORDS: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let lists = [
        (include_str!("first.txt"), FIRST),
        (include_str!("last.txt"), LAST),
        (include_str!("plain.txt"), PLAIN),
        (include_str!("stop.txt"), STOP),
        (include_str!("place.txt"), PLACE),
    ];
    let mut words = HashMap::with_capacity(8192);
    for (list, flag) in lists {
        list.split_whitespace().for_each(|word| *words.entry(word).or_insert(0) |= flag);
    }
    words
});

/// The longest word that is looked up.
const LONGEST: usize = 40;

/// Looks a word up in any case of letters; both sides of a dash count.
pub(super) fn known(word: &str) -> Known {
    if word.len() > LONGEST {
        return Known::default();
    }
    let lower = word.to_lowercase();
    let get = |word: &str| WORDS.get(word).copied();
    let found = get(&lower).or_else(|| {
        let (head, tail) = lower.split_once('-')?;
        let (head, tail) = (get(head), get(tail));
        let short = lower.len() <= 9;
        if short && [head, tail].iter().any(|half| half.is_some_and(|half| half & FIRST != 0)) && !stops(tail) {
            return Some(FIRST);
        }
        let (head, tail) = (head?, tail?);
        Some((head & tail & (FIRST | LAST | PLAIN)) | ((head | tail) & (STOP | PLACE)))
    });
    Known(found.unwrap_or(0))
}

fn stops(half: Option<u8>) -> bool {
    half.is_some_and(|half| half & (STOP | PLACE) != 0)
}

/// Endings of last names that are seldom those of other words.
const ENDINGS: &[&str] = &[
    "sson", "dóttir", "dottir", "ović", "ević", "ić", "vić", "ovic", "evic", "owski", "ewski", "ński", "cki", "wski",
    "wska", "ńska", "cka", "enko", "chuk", "czyk", "owicz", "ewicz", "ová", "ský", "ská", "yan", "escu", "eanu",
    "ssen", "nsen", "rsen", "lsen", "tsen", "ksen", "inen", "onen", "änen", "önen", "oğlu", "oglu", "shvili", "adze",
    "iyev", "hanov", "akov", "ikov", "nikov", "anov", "inov", "enov", "imov", "irov", "arov", "urov", "ykov", "dov",
    "ayev", "eyev", "eyeva", "ayeva", "kova", "nova", "rova", "mova", "lova", "dova", "yeva", "ieva", "geva", "yrov",
    "gren", "qvist", "kvist", "ström", "strom", "strøm", "berg", "lund", "mann", "meier", "maier", "stein", "baum",
    "bauer", "huber", "ucci", "elli", "etti", "otti", "acci", "opoulos", "akis", "idis", "ides", "ández", "ínez",
    "ález", "érez", "ndez", "nkov", "ashi", "moto", "mura", "yama", "awa", "jima", "shita", "zaki", "saki", "eev",
    "šek", "ček", "áček", "ník", "čnik", "ecký", "dze", "uk", "mark", "vold", "gaard", "gård", "stad", "ers", "ault",
    "eau", "ière", "oux", "ska", "ski", "sky", "skaya", "ov", "ev", "lev", "pova", "tova", "zova", "ina",
];
/// Endings that occur in places and words as well: they only tell a last name behind a first one.
const WEAK: &[&str] =
    &["berg", "lund", "mark", "vold", "stad", "ers", "uk", "ina", "awa", "yan", "ov", "ev", "elli", "ault"];

/// Says whether a word ends as last names do; `alone` asks for an ending that needs no first name.
pub(super) fn ending(word: &str, alone: bool) -> bool {
    if word.len() < 5 || word.len() > LONGEST {
        return false;
    }
    let lower = word.to_lowercase();
    let ends =
        |endings: &[&str]| endings.iter().any(|ending| lower.len() > ending.len() + 1 && lower.ends_with(ending));
    let strong = || {
        ENDINGS.iter().any(|ending| !WEAK.contains(ending) && lower.len() > ending.len() + 1 && lower.ends_with(ending))
    };
    if alone { strong() } else { ends(ENDINGS) }
}
