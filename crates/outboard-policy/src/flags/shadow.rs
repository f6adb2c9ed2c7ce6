//! Tools that can be taken for another server's, and tools that tell the model how to use one.

use super::{Flag, FlagKind, Weight, fold};
use crate::shown::excerpt;
use outboard_catalog::Tool;
use regex::Regex;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// Words that turn a mention into an order.
static ORDER: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"\b(?:instead of|rather than|do not use|don't use|never use|stop using|must|always|deprecated|broken|unsafe|replaces|before|whenever|when using|modify|change)\b";
    Regex::new(words).expect("invariant: a tested pattern")
});
/// How far from a mention an order is looked for, in bytes.
const NEAR: usize = 90;
/// Shorter names are words of any text.
const MIN_NAME: usize = 6;

pub(super) fn inspect(tools: &[&Tool]) -> Vec<Flag> {
    lookalikes(tools).into_iter().chain(mentions(tools)).collect()
}

/// One flag on each tool whose name another server has too, or nearly.
fn lookalikes(tools: &[&Tool]) -> Vec<Flag> {
    let mut groups: BTreeMap<String, Vec<&Tool>> = BTreeMap::new();
    for tool in tools {
        groups.entry(skeleton(tool.id.tool.as_str())).or_default().push(tool);
    }
    let mut flags = Vec::new();
    for group in groups.values() {
        for tool in group {
            // A twin in letters of another script is no coincidence; it counts before an honest one.
            let twins = || group.iter().filter(|other| other.id.server != tool.id.server);
            let foreign = twins().find(|other| disguised(tool, other));
            let Some(twin) = foreign.or_else(|| twins().next()) else { continue };
            let (weight, how) = match foreign {
                Some(_) => (Weight::Warning, "looks like"),
                None => (Weight::Note, "is named like"),
            };
            flags.push(flag(tool, "name", weight, tool.id.tool.as_str(), format!("{how} {}", shown_id(twin))));
        }
    }
    flags
}

/// Whether two names look the same and are not spelled in the same letters.
fn disguised(a: &Tool, b: &Tool) -> bool {
    let (a, b) = (a.id.tool.as_str(), b.id.tool.as_str());
    a.is_ascii() != b.is_ascii() && fold::plain(a) == fold::plain(b)
}

/// What a name looks like: no case, no separators, no foreign letters, `l`, `1` and `0` as read.
fn skeleton(name: &str) -> String {
    let letters = fold::plain(name).replace('0', "o").replace(['1', 'l'], "i").replace("rn", "m");
    letters.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Tools whose description gives orders about another server's tool.
fn mentions(tools: &[&Tool]) -> Vec<Flag> {
    let mut owners: HashMap<String, Vec<&Tool>> = HashMap::new();
    let mut own: HashSet<(&str, String)> = HashSet::new();
    for tool in tools {
        let name = tool.id.tool.as_str().to_lowercase();
        own.insert((tool.id.server.as_str(), name.clone()));
        let telling = name.len() >= MIN_NAME && (name.contains(['_', '-']) || name.len() >= 14);
        if telling {
            owners.entry(name).or_default().push(tool);
        }
    }
    let mention = |tool: &&Tool| {
        let plain = fold::plain(super::walk::cut(&tool.description));
        words(&plain).find_map(|(at, word)| {
            let other = owners.get(word)?.iter().find(|other| other.id.server != tool.id.server)?;
            let mine = own.contains(&(tool.id.server.as_str(), word.to_owned()));
            let near = &plain[plain.floor_char_boundary(at.saturating_sub(NEAR))
                ..plain.ceil_char_boundary((at + word.len() + NEAR).min(plain.len()))];
            let why = format!("gives orders about {}", shown_id(other));
            (!mine && ORDER.is_match(near)).then(|| flag(tool, "description", Weight::Warning, near, why))
        })
    };
    tools.iter().filter_map(mention).collect()
}

/// Words that could be names, and where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.split(move |c: char| !part(c))
        .filter(|word| word.len() >= MIN_NAME)
        .map(move |word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

fn shown_id(tool: &Tool) -> String {
    excerpt(&tool.id.to_string(), 100)
}

fn flag(tool: &Tool, field: &str, weight: Weight, text: &str, why: String) -> Flag {
    let (tool, field) = (tool.id.clone(), field.to_owned());
    Flag { kind: FlagKind::Shadow, weight, tool, field, excerpt: excerpt(text, super::EXCERPT), why }
}
