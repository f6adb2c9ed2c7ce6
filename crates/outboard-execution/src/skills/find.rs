//! Skills among the functions that a search finds.

use super::Shelf;
use crate::indexing::Indexed;
use crate::search::{Detail, SearchHit, SearchRequest};
use outboard_search::{Described, Document, Search, Usage};
use outboard_skills::{Skill, one_line};
use outboard_types::{Digest, Language};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what was found in the folders counts.
const FRESH: Duration = Duration::from_millis(300);

/// How long counts of their uses hold: ranks do not change from one search to the next.
const COUNTED: Duration = Duration::from_secs(60);

/// What skills are listed under; no server can have a name with a space in it.
const UNDER: &str = " skills";

/// Longest one-line description, and longest manual.
const LINE: usize = 120;
const MANUAL: usize = 4_000;

/// Finds skills beside the functions of one Surface.
pub(crate) struct Finder {
    shelf: Arc<Shelf>,
    state: Mutex<Option<Arc<State>>>,
}

#[derive(Clone)]
struct State {
    looked: Instant,
    digest: Digest,
    /// Functions and skills together, so that scores can be compared.
    indexed: Indexed,
    skills: Vec<Arc<Skill>>,
    /// How each of them fared when that was last looked at.
    usage: Vec<Usage>,
    /// How many of them workers had read when they were indexed.
    read: usize,
    counted: Instant,
}

impl Finder {
    pub(crate) fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf, state: Mutex::default() }
    }

    /// The hits with skills among them, best first.
    pub(crate) fn among(&self, hits: Vec<SearchHit>, functions: &Indexed, request: &SearchRequest) -> Vec<SearchHit> {
        let wanted = request.server.as_deref().is_none_or(|server| server.eq_ignore_ascii_case("skills"));
        if !wanted {
            return hits;
        }
        let limit = request.limit.unwrap_or(10).clamp(1, 100);
        let mut all = hits;
        all.extend(self.find(functions, request, limit));
        all.sort_by(|one, other| other.score.total_cmp(&one.score));
        all.truncate(limit);
        all
    }

    fn find(&self, functions: &Indexed, request: &SearchRequest, limit: usize) -> Vec<SearchHit> {
        let Some(state) = self.state(functions) else { return Vec::new() };
        let language = request.language.as_deref().and_then(Language::parse);
        let first = functions.index.len();
        let fits = |document: usize| {
            let skill = document.checked_sub(first).and_then(|at| state.skills.get(at));
            skill.is_some_and(|skill| {
                let languages = skill.languages();
                languages.is_empty() || language.is_none_or(|language| languages.contains(&language))
            })
        };
        let fared = |document: usize| document.checked_sub(first).and_then(|at| state.usage.get(at));
        let usage = |document: usize| fared(document).copied().unwrap_or_default();
        let search = Search { text: &request.query, filter: Some(&fits), usage: Some(&usage), limit };
        let found = state.indexed.index.search(&search);
        let hit = |hit: &outboard_search::Hit| {
            let skill = state.skills.get(hit.document - first)?;
            if self.shelf.refused(skill).is_some() {
                return None;
            }
            Some(self.hit(skill, hit.score, request.detail, language))
        };
        found.iter().filter_map(hit).collect()
    }

    /// The index with the skills of now.
    fn state(&self, functions: &Indexed) -> Option<Arc<State>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = state.as_ref().filter(|known| known.looked.elapsed() < FRESH) {
            return Some(known.clone());
        }
        let view = match self.shelf.collection().view(None) {
            Ok(view) => view,
            Err(error) => {
                tracing::warn!(%error, "skills can not be listed");
                return None;
            }
        };
        let looked = Instant::now();
        // What workers read since then is worth another index, but not after each program.
        let is_same = |known: &State| {
            known.digest == view.digest()
                && (known.counted.elapsed() < COUNTED || known.read == self.read(&known.skills))
        };
        let made = match state.take() {
            Some(known) if is_same(&known) => State { looked, ..Arc::unwrap_or_clone(known) },
            before => {
                let skills: Vec<Arc<Skill>> = view.active().map(|(_, skill)| skill.clone()).collect();
                let (read, usage) = (self.read(&skills), self.usage(&skills));
                let indexed = self.indexed(functions, &skills, before.as_ref().map(|known| &known.indexed));
                State { looked, digest: view.digest(), indexed, skills, usage, read, counted: looked }
            }
        };
        let made = match made.counted.elapsed() < COUNTED {
            true => made,
            false => State { usage: self.usage(&made.skills), counted: looked, ..made },
        };
        let made = Arc::new(made);
        *state = Some(made.clone());
        (!made.skills.is_empty()).then_some(made)
    }

    fn read(&self, skills: &[Arc<Skill>]) -> usize {
        skills.iter().filter(|skill| self.shelf.collection().is_checked(&skill.version)).count()
    }

    fn usage(&self, skills: &[Arc<Skill>]) -> Vec<Usage> {
        let uses = self.shelf.collection().uses();
        let one = |skill: &Arc<Skill>| {
            let uses = uses.get(&skill.name).copied().unwrap_or_default();
            Usage { count: uses.programs, success: uses.succeeded }
        };
        skills.iter().map(one).collect()
    }

    fn indexed(&self, functions: &Indexed, skills: &[Arc<Skill>], before: Option<&Indexed>) -> Indexed {
        let library = self.shelf.collection();
        let known: Vec<_> = skills.iter().map(|skill| library.checked(&skill.version).unwrap_or_default()).collect();
        let texts: Vec<String> = skills.iter().map(|skill| self.shelf.description(skill)).collect();
        let describe = |at: usize| {
            let (skill, checked) = (&skills[at], &known[at]);
            let named = checked.exports.iter().flat_map(|one| &one.parameters).map(|one| (one.name.as_str(), ""));
            let written = skill.front.parameters.iter().map(|(name, doc)| (name.as_str(), doc.as_str()));
            let exports = checked.exports.iter().flat_map(|one| [one.name.as_str(), one.doc.as_str()]);
            Described {
                document: Document {
                    server: UNDER,
                    name: skill.name.as_str(),
                    title: "",
                    description: &texts[at],
                    parameters: written.chain(named).collect(),
                },
                results: Vec::new(),
                texts: exports.chain([skill.front.body.as_str()]).filter(|text| !text.is_empty()).collect(),
            }
        };
        functions.with((0..skills.len()).map(describe), before)
    }

    fn hit(&self, skill: &Skill, score: f32, detail: Detail, language: Option<Language>) -> SearchHit {
        let signature = match detail {
            Detail::Name => format!("skills/{}", skill.name),
            _ => self.shelf.import_line(skill, language),
        };
        let description = self.shelf.description(skill);
        let description = match detail {
            Detail::Name => String::new(),
            Detail::Summary => one_line(&description, LINE),
            Detail::Full => {
                let body: String = skill.front.body.chars().take(MANUAL).collect();
                format!("{signature}\n{description}\n{body}").trim_end().to_owned()
            }
        };
        SearchHit {
            server: "skills".into(),
            tool: skill.name.to_string(),
            kind: "skill",
            score,
            signature,
            description,
        }
    }
}

impl Shelf {
    /// How a program uses a skill: its import, and its function with parameters.
    pub fn import_line(&self, skill: &Skill, language: Option<Language>) -> String {
        let languages = skill.languages();
        let language = language.filter(|one| languages.contains(one)).or(languages.first().copied());
        let checked = self.collection().checked(&skill.version).unwrap_or_default();
        let names = [skill.name.camel(), skill.name.snake()];
        let main = language.and_then(|language| checked.main(language, [&names[0], &names[1]]));
        let path = language.and_then(|language| skill.import_path(language));
        match (language, path, main) {
            (Some(Language::Python), Some(path), Some(main)) => {
                format!("from {path} import {}; {}", main.name, main.signature)
            }
            (Some(Language::Python), Some(path), None) => format!("import {path}"),
            (Some(_), Some(path), Some(main)) if main.name == "default" => {
                let name = skill.name.camel();
                format!("import {name} from \"{path}\"; {}", main.signature.replacen("default", &name, 1))
            }
            (Some(_), Some(path), Some(main)) => {
                format!("import {{ {} }} from \"{path}\"; {}", main.name, main.signature)
            }
            (Some(_), Some(path), None) => format!("import * as {} from \"{path}\"", skill.name.camel()),
            _ => format!("read /skills/{}/SKILL.md", skill.name),
        }
    }
}
