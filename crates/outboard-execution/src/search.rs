//! Finding functions: the same answer for the model, for programs and on the command line.

use crate::Surface;
use outboard_codegen::{details, signature};
use outboard_search::Search;
use outboard_types::{ErrorCode, Language, ToolError};
use serde::{Deserialize, Serialize};

/// How much is said about each hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Names only.
    Name,
    /// A signature and one line of description.
    #[default]
    Summary,
    /// Full types and documentation.
    Full,
}

/// The arguments of `search_tools`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// What is looked for, in words or as a name; empty lists everything.
    #[serde(default)]
    pub query: String,
    /// How much to say about each.
    #[serde(default)]
    pub detail: Detail,
    /// Only this server, by any of its names.
    #[serde(default)]
    pub server: Option<String>,
    /// The language of signatures; default TypeScript.
    #[serde(default)]
    pub language: Option<String>,
    /// At most so many hits; default 10, at most 100.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// One function that was found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchHit {
    /// The server's configured name.
    pub server: String,
    /// The tool's own name.
    pub tool: String,
    /// What it is; `tool` for a function of a server.
    pub kind: &'static str,
    /// Its rank's score; larger is better, comparable within one answer only.
    pub score: f32,
    /// How a program calls it.
    pub signature: String,
    /// One line, or everything with [`Detail::Full`]; empty with [`Detail::Name`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Longest one-line description.
const LINE: usize = 120;

impl SearchRequest {
    /// The language asked for; refuses an unknown one.
    pub fn language(&self) -> Result<Language, ToolError> {
        let Some(name) = &self.language else { return Ok(Language::default()) };
        Language::parse(name).ok_or_else(|| {
            ToolError::new(ErrorCode::InvalidRequest, format!("unknown language {name:?}"))
                .hint("use \"typescript\", \"python\" or \"bash\"")
        })
    }
}

impl Surface {
    /// Ranks the functions of this Surface.
    pub fn search(&self, request: &SearchRequest) -> Result<Vec<SearchHit>, ToolError> {
        let language = request.language()?;
        let limit = request.limit.unwrap_or(10).clamp(1, 100);
        let skills = request.server.as_deref().is_some_and(|name| self.is_of_skills(name));
        if skills {
            return Ok(self.with_skills(Vec::new(), request));
        }
        let only = request.server.as_deref().map(|name| self.server_position(name)).transpose()?;
        let of_server = |document: usize| only.is_none_or(|name| self.entry(document).0.name.as_str() == name);
        let usage = |document: usize| self.usage(document);
        let search = Search { text: &request.query, filter: Some(&of_server), usage: Some(&usage), limit };
        let hits = self.index().search(&search);
        let hits = hits.iter().map(|hit| self.hit(hit.document, hit.score, request.detail, language)).collect();
        Ok(self.with_skills(hits, request))
    }

    fn server_position(&self, name: &str) -> Result<&str, ToolError> {
        match self.catalogue.server(name) {
            Some(server) => Ok(server.name.as_str()),
            None => {
                let names = self.catalogue.servers.iter().map(|server| server.name.as_str());
                let close = outboard_catalog::nearest(name, names.clone(), 3);
                let shown: Vec<&str> = if close.is_empty() { names.take(20).collect() } else { close };
                Err(ToolError::new(ErrorCode::UnknownServer, format!("no server is named {name:?}"))
                    .hint(format!("servers: {}", shown.join(", "))))
            }
        }
    }

    fn hit(&self, document: usize, score: f32, detail: Detail, language: Language) -> SearchHit {
        let (server, tool) = self.entry(document);
        let signature = match detail {
            Detail::Name => match language {
                Language::TypeScript => format!("{}.{}", server.names.namespace, tool.names.typescript),
                Language::Python => format!("{}.{}", server.names.package, tool.names.python),
                Language::Bash => format!("{} {}", server.names.folder, tool.names.python),
            },
            _ => signature(server, tool, language),
        };
        let description = match detail {
            Detail::Name => String::new(),
            Detail::Summary => one_line(&tool.description),
            Detail::Full => details(server, tool, language),
        };
        let (server, tool) = (server.name.to_string(), tool.id.tool.to_string());
        SearchHit { server, tool, kind: "tool", score, signature, description }
    }

    /// Hits as the text that a model reads, with advice where there are none.
    pub fn search_text(&self, request: &SearchRequest) -> Result<String, ToolError> {
        let hits = self.search(request)?;
        if hits.is_empty() {
            let close = self.index().suggest(&request.query, 3);
            let meant = if close.is_empty() { String::new() } else { format!(" Did you mean: {}?", close.join(", ")) };
            return Ok(format!("Nothing found for {:?}.{meant}", request.query));
        }
        let line = |hit: &SearchHit| match (request.detail, hit.description.is_empty()) {
            (Detail::Full, false) => hit.description.clone(),
            (_, true) => hit.signature.clone(),
            (_, false) => format!("{}  // {}", hit.signature, hit.description),
        };
        Ok(hits.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// The first line of a description, cut at a word.
fn one_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(LINE) {
        None => line.to_owned(),
        Some((at, _)) => {
            let head = &line[..at];
            format!("{}…", head.rsplit_once(' ').map_or(head, |(head, _)| head))
        }
    }
}
