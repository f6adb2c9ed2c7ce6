//! Names of persons.

use crate::Finding;

/// Words that make a name one of a company or of a thing.
const NO_PERSON: &[&str] = &[
    "gmbh",
    "inc",
    "inc.",
    "ltd",
    "ltd.",
    "llc",
    "corp",
    "corp.",
    "company",
    "co.",
    "ag",
    "kg",
    "sa",
    "plc",
    "team",
    "group",
    "department",
    "support",
    "sales",
    "service",
    "services",
    "system",
    "systems",
    "university",
    "school",
    "hospital",
    "bank",
    "hotel",
    "street",
    "road",
    "project",
    "office",
    "store",
    "shop",
    "server",
    "default",
    "unknown",
    "admin",
    "anonymous",
];

/// Finds names in running text.
pub(crate) fn prose(_text: &str, _out: &mut [Finding]) {}

/// How sure it is that a whole value is the name of a person.
pub(crate) fn is_name(value: &str) -> f32 {
    let words: Vec<&str> = value.split_whitespace().collect();
    let letters = |word: &&str| word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '\'' | '’' | '-' | ','));
    let begins = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    let known_not = words.iter().any(|word| NO_PERSON.contains(&word.to_lowercase().as_str()));
    if words.is_empty() || words.len() > 5 || value.len() > 80 || known_not || !words.iter().all(letters) {
        return 0.0;
    }
    match words.iter().filter(|word| begins(word)).count() {
        0 => 0.3,
        1 => 0.6,
        _ => 0.8,
    }
}
