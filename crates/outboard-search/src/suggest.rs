//! "Did you mean": names near to what was typed.

use crate::fuzzy::distance;

/// Longest text compared, in characters.
const MAX_CHARACTERS: usize = 64;

/// The nearest names, each once.
pub(crate) fn suggest(servers: &[Box<str>], tools: &[Box<str>], query: &str, max: usize) -> Vec<String> {
    let wanted = folded(query);
    if wanted.is_empty() {
        return Vec::new();
    }
    let whole = query.contains(['.', '/']) || query.contains("__");
    let mut found: Vec<(usize, String)> = Vec::new();
    for (server, tool) in servers.iter().zip(tools) {
        if whole {
            consider(&wanted, &format!("{server}.{tool}"), &mut found);
        }
        consider(&wanted, tool, &mut found);
    }
    // Documents of one server stand together, so each is compared about once.
    for same in servers.chunk_by(|a, b| a == b) {
        consider(&wanted, &same[0], &mut found);
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, name)| name).take(max).collect()
}

fn consider(wanted: &[char], name: &str, found: &mut Vec<(usize, String)>) {
    let candidate = folded(name);
    if let Some(edits) = near(wanted, &candidate) {
        found.push((edits, name.to_owned()));
    }
}

/// The distance, if small for the length; a name that contains the text whole is near as well.
fn near(wanted: &[char], candidate: &[char]) -> Option<usize> {
    let allowed = (wanted.len() / 3).clamp(1, 4);
    distance(wanted, candidate, allowed).or_else(|| {
        let inside = wanted.len() >= 3 && candidate.windows(wanted.len()).any(|window| window == wanted);
        inside.then_some(allowed + 1)
    })
}

/// Lower-cased letters and digits only: `getDocument`, `get_document` and `Get Document` are the same.
fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(MAX_CHARACTERS).collect()
}
