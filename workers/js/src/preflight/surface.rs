//! The names of the code API, read from `/servers/.api` as far as a program asks.

use super::listing::{Listing, ToolEntry};
use crate::files::{Files, lossy};
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

/// All servers, and the tools of those that were asked about.
pub(crate) struct Surface<'f> {
    files: &'f Files,
    pub(crate) servers: Vec<Entry>,
    tools: RefCell<HashMap<usize, Rc<Listing>>>,
}

/// A name without case and signs, for names that mean the same.
pub(super) fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The one that fits, if just one does.
pub(super) fn sole<T>(mut fitting: impl Iterator<Item = T>) -> Option<T> {
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

impl<'f> Surface<'f> {
    /// Reads the names of the servers; none if there is no listing.
    pub(crate) fn new(files: &'f Files) -> Self {
        let servers = files.read("/servers/.api/index.json").ok();
        let servers = servers.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { files, servers, tools: RefCell::default() }
    }

    /// The functions of a server.
    fn listing(&self, server: usize) -> Rc<Listing> {
        let read = || {
            let path = format!("/servers/.api/{}.json", self.servers[server].folder);
            Rc::new(Listing::new(self.files.read(&path).map(lossy).unwrap_or_default()))
        };
        self.tools.borrow_mut().entry(server).or_insert_with(read).clone()
    }

    /// What is known of a function that was found.
    pub(super) fn entry(&self, server: usize, tool: usize) -> Rc<ToolEntry> {
        self.listing(server).get(tool)
    }

    /// The first functions of a server, to be told of.
    pub(super) fn first(&self, server: usize) -> Vec<String> {
        self.listing(server).all().iter().take(12).map(|tool| tool.ts.clone()).collect()
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
        self.listing(server).find(name)
    }

    /// The only function of that name on all servers.
    pub(super) fn only(&self, name: &str) -> Option<(usize, usize)> {
        sole((0..self.servers.len()).filter_map(|server| Some((server, self.listing(server).called(name)?))))
    }

    /// Whether there is a file or folder.
    pub(super) fn is_there(&self, path: &str) -> bool {
        self.files.kind(path) != "none"
    }

    /// The nearest of the functions of a server.
    pub(super) fn near(&self, server: usize, name: &str) -> Option<String> {
        let (listing, wanted) = (self.listing(server), normal(name));
        let allowed = (wanted.len() / 3).max(2);
        let score = |text: &str| {
            let other = normal(text);
            let far = levenshtein(&wanted, &other);
            let inside =
                !wanted.is_empty() && (other.contains(&wanted) || (other.len() > 3 && wanted.contains(&other)));
            (far <= allowed || inside).then_some(far)
        };
        listing.all().iter().filter_map(|tool| Some((score(&tool.ts)?, &tool.ts))).min().map(|(_, name)| name.clone())
    }

    /// The nearest server.
    pub(super) fn near_server(&self, name: &str) -> Option<&str> {
        let wanted = normal(name);
        let allowed = (wanted.len() / 3).max(2);
        let scored = self.servers.iter().map(|entry| (levenshtein(&wanted, &normal(&entry.server)), entry));
        scored.filter(|(far, _)| *far <= allowed).min_by_key(|(far, _)| *far).map(|(_, entry)| entry.namespace.as_str())
    }
}
