//! One server and the tools it declares.

use crate::naming::{Taken, assign, camel, snake};
use crate::{Listing, Tool, ToolNames, text};
use outboard_types::{Digest, ServerName};
use std::collections::HashMap;

/// So many problems of one server are told apart; of more only the number is kept.
const MAX_PROBLEMS: usize = 100;

/// One server and its tools, sorted by name.
#[derive(Debug)]
pub struct Server {
    /// The configured name.
    pub name: ServerName,
    /// One line about it.
    pub description: String,
    /// What programs call it.
    pub names: ServerNames,
    /// Its usable tools.
    pub tools: Vec<Tool>,
    /// Digest of its tools' definitions.
    pub digest: Digest,
    /// What was wrong with definitions that are left out.
    pub problems: Vec<String>,
    by_name: HashMap<String, usize>,
}

/// Which tools are in a catalogue at all.
pub(crate) type Keep<'a> = &'a dyn Fn(&Tool) -> bool;

/// A server's names in programs; unique within the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerNames {
    /// The folder below `/servers`, such as `google-drive`.
    pub folder: String,
    /// The TypeScript namespace, such as `googleDrive`.
    pub namespace: String,
    /// The Python package, such as `google_drive`.
    pub package: String,
}

impl Server {
    pub(crate) fn build(listing: Listing, names: ServerNames, keep: Keep<'_>) -> Self {
        let Listing { server: name, title, instructions, tools } = listing;
        let (mut read, mut problems) = (Vec::with_capacity(tools.len()), Vec::new());
        for raw in tools {
            match Tool::read(&name, raw) {
                Ok(tool) => read.push(tool),
                Err(problem) => problems.push(problem),
            }
        }
        let mut tools = without_doubles(read, &mut problems);
        tools.retain(keep);
        give_names(&mut tools);
        let digests: Vec<String> = tools.iter().map(|tool| tool.fingerprint.to_string()).collect();
        let digest = Digest::of_all(digests.iter().map(|digest| digest.as_bytes()));
        let description = describe(title.as_deref(), instructions.as_deref(), &tools);
        let by_name = tool_names(&tools);
        Self { name, description, names, tools, digest, problems: shortened(problems), by_name }
    }

    /// A tool by its own name or by its name in either language.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.by_name.get(name).map(|&at| &self.tools[at])
    }
}

/// Sorted by name; of several definitions of one name the one with the lowest fingerprint stays, which
/// does not depend on their order.
fn without_doubles(mut tools: Vec<Tool>, problems: &mut Vec<String>) -> Vec<Tool> {
    tools.sort_by(|a, b| a.id.tool.cmp(&b.id.tool).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    tools.dedup_by(|later, first| {
        let same = later.id.tool == first.id.tool;
        if same {
            problems.push(format!("{}: declared twice", first.id.tool));
        }
        same
    });
    tools
}

fn shortened(mut problems: Vec<String>) -> Vec<String> {
    problems.sort();
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    problems.extend((more > 0).then(|| format!("and {more} more")));
    problems
}

fn give_names(tools: &mut [Tool]) {
    let raw: Vec<_> = tools.iter().map(|tool| tool.id.tool.clone()).collect();
    let raw: Vec<&str> = raw.iter().map(|name| name.as_str()).collect();
    let typescript = assign(&raw, camel, &mut Taken::default());
    let python = assign(&raw, snake, &mut Taken::default());
    for (tool, (typescript, python)) in tools.iter_mut().zip(typescript.into_iter().zip(python)) {
        tool.names = ToolNames { typescript, python };
    }
}

/// Own names win over what other tools are called in a language.
fn tool_names(tools: &[Tool]) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> =
        tools.iter().enumerate().map(|(at, tool)| (tool.id.tool.to_string(), at)).collect();
    for (at, tool) in tools.iter().enumerate() {
        for name in [&tool.names.typescript, &tool.names.python] {
            names.entry(name.clone()).or_insert(at);
        }
    }
    names
}

/// One line from the instructions or the title, else from the tools' names.
fn describe(title: Option<&str>, instructions: Option<&str>, tools: &[Tool]) -> String {
    let said = [instructions, title].into_iter().flatten().map(text::sentence).find(|line| !line.is_empty());
    said.unwrap_or_else(|| {
        let names: Vec<_> = tools.iter().take(4).map(|tool| tool.id.tool.as_str()).collect();
        let more = if tools.len() > 4 { ", …" } else { "" };
        text::sentence(&format!("{}{more}", names.join(", ")))
    })
}
