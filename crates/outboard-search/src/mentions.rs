//! Tools that the parameters of other tools name: "the id comes from `list_projects`".
//!
//! Who needs the one needs the other first, though the request says nothing of it. Descriptions are not read
//! for this: as often as not they name a tool to say when to call that one instead.

use crate::corpus::Lists;
use crate::index::Index;

/// Most names kept of one tool's documentation.
const MAX_NAMES: usize = 64;

/// How many of the best tools speak for those that they name.
const NAMERS: usize = 10;

/// How near to the tool that names it a tool can be raised.
const BELOW: f32 = 0.95;

/// Digests of what looks like the name of a tool in each document.
#[derive(Default)]
pub(crate) struct Mentions {
    names: Lists,
}

impl Mentions {
    /// Reads the texts of the next document.
    pub(crate) fn read<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        let names = texts.flat_map(|text| {
            let pieces = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').filter(|it| is_name(it));
            pieces.chain(text.split(is_mark).filter(|span| is_title(span)))
        });
        self.names.push(names.map(digest).take(MAX_NAMES));
    }

    /// Takes over what was read of a document before.
    pub(crate) fn copy(&mut self, from: &Self, document: usize) {
        self.names.push(from.names.of(document).iter().copied());
    }

    /// For each document the documents of the same server that it names.
    pub(crate) fn resolve(&self, servers: &[Box<str>], tools: &[Box<str>]) -> Lists {
        let mut called: Vec<(u32, u32)> = tools.iter().zip(0..).map(|(tool, at)| (digest(tool), at)).collect();
        called.sort_unstable();
        // Most of what is set off by marks names no tool: a table of the digests' halves says so at once.
        let mut halves = vec![false; 1 << 16];
        called.iter().for_each(|(name, _)| halves[*name as usize & 0xFFFF] = true);
        let place = |server: &str, name: u32| {
            let from = halves[name as usize & 0xFFFF].then(|| called.partition_point(|(other, _)| *other < name))?;
            let same = called[from..].iter().take_while(|(other, _)| *other == name);
            same.map(|(_, at)| *at).find(|at| servers[*at as usize].as_ref() == server)
        };
        let mut resolved = Lists::default();
        for (document, server) in servers.iter().enumerate() {
            let named = self.names.of(document).iter().filter_map(|name| place(server, *name));
            resolved.push(named.filter(|other| *other != document as u32));
        }
        resolved
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.names.heap_bytes()
    }
}

/// Whether a piece of text has a joint, as names of tools have and words of prose have not.
fn is_name(piece: &str) -> bool {
    let inner = piece.trim_matches(['_', '-']);
    let camel = || inner.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    (5..=128).contains(&inner.len()) && (inner.contains(['_', '-']) || camel())
}

/// Marks with which documentation sets names off.
fn is_mark(c: char) -> bool {
    matches!(c, '*' | '`' | '(' | ')' | '[' | ']' | '"' | '\'' | '“' | '”')
}

/// Whether what stands between marks may be a name written as several words: `(Search Hotels)`.
fn is_title(span: &str) -> bool {
    (5..=64).contains(&span.len()) && (2..=6).contains(&span.split_whitespace().count())
}

/// `getUser` and `get_user` are the same; the same in every run (FNV-1a).
fn digest(name: &str) -> u32 {
    let letters = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    letters.fold(0x811C_9DC5, |digest, c| (digest ^ c as u32).wrapping_mul(0x0100_0193))
}

/// Gives the tools that the best ones name a share of the best such one's score.
pub(crate) fn raise(index: &Index, scores: &mut [f32]) {
    if index.tuning.mention == 0.0 {
        return;
    }
    let mut order: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
    let before = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    if order.len() > NAMERS {
        order.select_nth_unstable_by(NAMERS, before);
        order.truncate(NAMERS);
    }
    order.sort_by(before);
    let mut gains: Vec<(usize, f32)> = Vec::new();
    for document in order {
        for &other in index.mentions.of(document) {
            // The first that names a tool is the best one that does.
            if !gains.iter().any(|(named, _)| *named == other as usize) {
                gains.push((other as usize, scores[document]));
            }
        }
    }
    for (document, namer) in gains {
        // Never above the one that names it: that is what the request is about.
        let raised = (scores[document] + index.tuning.mention * namer).min(BELOW * namer);
        scores[document] = scores[document].max(raised);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_within_one_server() {
        let mut mentions = Mentions::default();
        mentions
            .read(["Ids come from `list_projects`, or from find_user; see **Get Task** or (Find User)."].into_iter());
        mentions.read(["The well-known list of projects; see listProjects."].into_iter());
        mentions.read([].into_iter());
        let names = |names: [&str; 3]| names.map(Box::from).to_vec();
        let resolved = mentions.resolve(&names(["a", "a", "b"]), &names(["get_task", "list_projects", "find_user"]));
        assert_eq!((resolved.of(0), resolved.of(1), resolved.of(2)), (&[1][..], &[][..], &[][..]));
    }
}
