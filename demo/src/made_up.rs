//! Deterministic data: a small generator with a fixed seed, and lists of words.

/// A linear congruential generator (the constants are Knuth's MMIX ones).
pub(crate) struct MadeUp(u64);

impl MadeUp {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }

    pub(crate) fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    pub(crate) fn person(&mut self) -> String {
        format!("{} {}", self.one_of(FIRST), self.one_of(LAST))
    }
}

pub(crate) const FIRST: &[&str] = &[
    "Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Leila", "Mateo",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tala", "Umar", "Vera", "Wanda", "Yusuf", "Zoe",
];
pub(crate) const LAST: &[&str] = &[
    "Abbott",
    "Bauer",
    "Castillo",
    "Dahl",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Sato",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weber",
];
pub(crate) const COMPANIES: &[&str] = &[
    "Northwind",
    "Acme Tools",
    "Blue Harbour",
    "Cobalt Labs",
    "Delta Freight",
    "Evergreen Foods",
    "Fjord Energy",
    "Granite Bank",
    "Halo Health",
    "Iris Optics",
];
pub(crate) const CITIES: &[&str] = &["Berlin", "Lisbon", "Osaka", "Toronto", "Nairobi", "Oslo", "Lyon", "Austin"];

/// An address from a name: `amara.bauer7@example.com`.
pub(crate) fn email(name: &str, number: usize) -> String {
    format!("{}{number}@example.com", name.to_lowercase().replace(' ', "."))
}

/// A day of 2026, as `2026-03-09`.
pub(crate) fn day(number: u64) -> String {
    format!("2026-{:02}-{:02}", 1 + number / 28 % 12, 1 + number % 28)
}
