//! The names of the code API, read from `/servers/.api` as far as a program asks.

use crate::files::Files;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use strsim::levenshtein;

/// A server's names.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) server: String,
    pub(crate) folder: String,
    pub(crate) namespace: String,
    pub(crate) package: String,
}

/// A tool's names and its parameters in calling order.
#[derive(Debug, Deserialize)]
pub(crate) struct ToolEntry {
    pub(crate) tool: String,
    pub(crate) ts: String,
    pub(crate) py: String,
    #[serde(default)]
    pub(crate) params: Vec<String>,
}

#[derive(Deserialize)]
struct Listing {
    tools: Vec<ToolEntry>,
}

/// All servers, and the tools of those that were asked about.
pub(crate) struct Surface<'f> {
    files: &'f Files,
    pub(crate) servers: Vec<Entry>,
    tools: RefCell<HashMap<usize, Rc<Vec<ToolEntry>>>>,
}

/// A name without case and signs, for names that mean the same.
pub(super) fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The one place that fits, if just one does.
fn sole(mut places: impl Iterator<Item = usize>) -> Option<usize> {
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

impl<'f> Surface<'f> {
    /// Reads the names of the servers; none if there is no listing.
    pub(crate) fn new(files: &'f Files) -> Self {
        let servers = files.read("/servers/.api/index.json").ok();
        let servers = servers.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { files, servers, tools: RefCell::default() }
    }

    /// The tools of a server.
    pub(super) fn tools(&self, server: usize) -> Rc<Vec<ToolEntry>> {
        let mut known = self.tools.borrow_mut();
        let listing = || {
            let path = format!("/servers/.api/{}.json", self.servers[server].folder);
            let listing: Option<Listing> =
                self.files.read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
            Rc::new(listing.map(|listing| listing.tools).unwrap_or_default())
        };
        known.entry(server).or_insert_with(listing).clone()
    }

    /// A server by one of its names, as they are.
    pub(super) fn server(&self, name: &str) -> Option<usize> {
        let at = |fits: &dyn Fn(&Entry) -> bool| self.servers.iter().position(fits);
        at(&|entry| entry.server == name || entry.folder == name)
            .or_else(|| at(&|entry| entry.namespace == name || entry.package == name))
    }

    /// A server by any spelling of its name, if only one can be meant.
    pub(super) fn server_like(&self, name: &str) -> Option<usize> {
        let wanted = normal(name);
        let fits = |entry: &Entry| !wanted.is_empty() && normal(&entry.server) == wanted;
        let like = || sole(self.servers.iter().enumerate().filter(|(_, entry)| fits(entry)).map(|(at, _)| at));
        self.server(name).or_else(like)
    }

    /// A tool of a server by any spelling of its name, if only one can be meant.
    pub(super) fn tool(&self, server: usize, name: &str) -> Option<usize> {
        let tools = self.tools(server);
        let exact = |form: fn(&ToolEntry) -> &str| tools.iter().position(|tool| form(tool) == name);
        let found = exact(|tool| &tool.ts).or_else(|| exact(|tool| &tool.tool)).or_else(|| exact(|tool| &tool.py));
        found.or_else(|| {
            let wanted = normal(name);
            let like = tools.iter().enumerate().filter(|(_, tool)| !wanted.is_empty() && normal(&tool.ts) == wanted);
            sole(like.map(|(at, _)| at))
        })
    }

    /// The only function of that name on all servers.
    pub(super) fn only(&self, name: &str) -> Option<(usize, usize)> {
        let exact =
            |server: usize| self.tools(server).iter().position(|tool| tool.ts == name).map(|tool| (server, tool));
        let mut found = (0..self.servers.len()).filter_map(exact);
        let first = found.next();
        match (first, found.next()) {
            (first, None) => first,
            _ => None,
        }
    }

    /// Whether there is a file or folder.
    pub(super) fn is_there(&self, path: &str) -> bool {
        self.files.kind(path) != "none"
    }

    /// The nearest of the functions of a server.
    pub(super) fn near(&self, server: usize, name: &str) -> Option<String> {
        let (tools, wanted) = (self.tools(server), normal(name));
        let allowed = (wanted.len() / 3).max(2);
        let score = |text: &str| {
            let other = normal(text);
            let far = levenshtein(&wanted, &other);
            let inside =
                !wanted.is_empty() && (other.contains(&wanted) || (other.len() > 3 && wanted.contains(&other)));
            (far <= allowed || inside).then_some(far)
        };
        tools.iter().filter_map(|tool| Some((score(&tool.ts)?, &tool.ts))).min().map(|(_, name)| name.clone())
    }

    /// The nearest server.
    pub(super) fn near_server(&self, name: &str) -> Option<&str> {
        let wanted = normal(name);
        let allowed = (wanted.len() / 3).max(2);
        let scored = self.servers.iter().map(|entry| (levenshtein(&wanted, &normal(&entry.server)), entry));
        scored.filter(|(far, _)| *far <= allowed).min_by_key(|(far, _)| *far).map(|(_, entry)| entry.namespace.as_str())
    }
}
