//! Slips that have one meaning: repaired, with a note.

use super::surface::{Surface, normal};
use crate::positions::place_of;
use crate::strip::parse_options;
use oxc::allocator::Allocator;
use oxc::ast::ast::{ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName, Program, Statement, Str};
use oxc::parser::Parser;
use oxc::span::{SourceType, Span};

/// What stands before a server in paths that lead nowhere.
const PREFIXES: &[&str] = &[
    "mcp",
    "mcp-servers",
    "mcp_servers",
    "servers",
    "server",
    "outboard",
    "tools",
    "src",
    "lib",
    "app",
    "api",
    "sdk",
    "generated",
];

/// Modules that the engine offers under a name without a path.
const BUILTINS: &[&str] =
    &["fs", "path", "util", "assert", "os", "url", "buffer", "events", "crypto", "process", "timers", "perf_hooks"];

/// The code between one pair of markdown fences, every line in its place.
pub(super) fn without_fences(source: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().collect();
    let mut fences =
        lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("```")).map(|(at, _)| at);
    let (first, last) = (fences.next()?, fences.next().unwrap_or(lines.len()));
    if fences.next().is_some() {
        return None;
    }
    let inside = &lines[first + 1..last];
    let kept = inside.iter().any(|line| !line.trim().is_empty());
    kept.then(|| format!("{}{}\n", "\n".repeat(first + 1), inside.join("\n")))
}

/// Whether the first fence stands in a comment, and so is no mistake.
pub(super) fn is_in_comment(source: &str) -> bool {
    let lines = source.split_inclusive('\n').take_while(|line| !line.trim_start().starts_with("```"));
    let at = lines.map(str::len).sum::<usize>();
    let allocator = Allocator::default();
    let parsed =
        Parser::new(&allocator, source, SourceType::ts().with_module(true)).with_options(parse_options()).parse();
    parsed.program.comments.iter().any(|comment| (comment.span.start as usize) < at && at < comment.span.end as usize)
}

/// Whether a text that is no TypeScript reads like Python.
pub(super) fn looks_like_python(source: &str) -> bool {
    let told = source.lines().map(str::trim).filter(|line| {
        let block = line.ends_with(':')
            && ["def ", "async def ", "class ", "if ", "elif ", "else:", "for ", "while ", "with ", "try:", "except"]
                .iter()
                .any(|start| line.starts_with(start));
        let import = (line.starts_with("from ") && line.contains(" import "))
            || (line.starts_with("import ") && !line.contains(['"', '\'']));
        block || import || line.starts_with("print(f")
    });
    told.count() > 0
}

/// What was repaired, each with the line, and the text that says so itself.
#[derive(Debug, Default)]
pub(crate) struct Repairs {
    pub(crate) notes: Vec<String>,
    /// Places of the source, first to last, and what stands there instead.
    edits: Vec<(Span, String)>,
}

impl Repairs {
    /// The source with its repairs; none where there are none.
    pub(crate) fn text(&self, source: &str) -> Option<String> {
        let (mut text, mut at) = (String::new(), 0);
        for (span, instead) in &self.edits {
            text.push_str(source.get(at..span.start as usize)?);
            text.push_str(instead);
            at = span.end as usize;
        }
        text.push_str(source.get(at..)?);
        (!self.edits.is_empty()).then_some(text)
    }
}

/// Leads imports of servers to where they were meant to, and functions to their names.
pub(crate) fn imports<'a>(
    program: &mut Program<'a>,
    allocator: &'a Allocator,
    source: &str,
    surface: &Surface<'_>,
) -> Repairs {
    let mut repairs = Repairs::default();
    for statement in &mut program.body {
        let Statement::ImportDeclaration(import) = statement else { continue };
        if surface.servers.is_empty() {
            continue;
        }
        let line = place_of(source, import.span.start as usize).line;
        if let Some(path) = meant(&import.source.value, surface) {
            repairs.notes.push(format!("line {line}: \"{}\" was read as \"{path}\"", import.source.value));
            repairs.edits.push((import.source.span, format!("{path:?}")));
            import.source.value = Str::from(allocator.alloc_str(&path) as &str);
            import.source.raw = None;
        }
        functions(import, allocator, line, surface, &mut repairs);
    }
    repairs.edits.sort_by_key(|(span, _)| span.start);
    repairs
}

/// The path that was meant by one that leads nowhere.
fn meant(spec: &str, surface: &Surface<'_>) -> Option<String> {
    let plain = spec.trim_start_matches('@').trim_end_matches(".ts").trim_end_matches(".js");
    let leads = spec.starts_with("servers/")
        || spec.starts_with("/servers")
        || spec == "servers"
        || BUILTINS.contains(&plain)
        || ["outboard", "client"].contains(&plain)
        || plain.ends_with("/client");
    let inside = spec.starts_with('.') && spec.split('/').any(|part| part == "servers");
    if leads || inside || spec.contains(':') || spec.starts_with("/") {
        return None;
    }
    let steps: Vec<&str> = plain.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "..").collect();
    if spec.starts_with('.') {
        let path = format!("/{}", steps.join("/"));
        if ["", ".ts", ".js", ".mjs", ".json"].iter().any(|end| surface.is_there(&format!("{path}{end}"))) {
            return None;
        }
    }
    let parts: Vec<&str> = match steps[..] {
        [one] if surface.server_like(one).is_none() => one.split('.').collect(),
        _ => steps,
    };
    let mut parts =
        parts.into_iter().skip_while(|part| PREFIXES.contains(&part.to_ascii_lowercase().as_str())).peekable();
    let Some(name) = parts.next() else { return (!spec.starts_with('.')).then(|| "/servers".into()) };
    let server = surface.server_like(name)?;
    let folder = &surface.servers[server].folder;
    match (parts.next(), parts.next()) {
        (None | Some("index"), None) => Some(format!("/servers/{folder}")),
        (Some(tool), None) => {
            let tool = surface.tool(server, tool)?;
            Some(format!("/servers/{folder}/{}", surface.entry(server, tool).ts))
        }
        _ => None,
    }
}

/// Named imports of a server's module under the names that it exports.
fn functions<'a>(
    import: &mut ImportDeclaration<'a>,
    allocator: &'a Allocator,
    line: u32,
    surface: &Surface<'_>,
    repairs: &mut Repairs,
) {
    let Some(server) = super::meaning::server_of(&import.source.value, surface) else { return };
    for one in import.specifiers.iter_mut().flatten() {
        let ImportDeclarationSpecifier::ImportSpecifier(one) = one else { continue };
        let local = one.local.span;
        let ModuleExportName::IdentifierName(name) = &mut one.imported else { continue };
        if let Some(tool) = surface.tool(server, &name.name).map(|at| surface.entry(server, at)) {
            if tool.ts == name.name.as_str() {
                continue;
            }
            if normal(&tool.ts) != normal(&name.name) && tool.tool != name.name.as_str() {
                continue;
            }
            repairs.notes.push(format!("line {line}: `{}` was read as `{}`", name.name, tool.ts));
            let alias = if local == name.span { format!(" as {}", name.name) } else { String::new() };
            repairs.edits.push((name.span, format!("{}{alias}", tool.ts)));
            name.name = allocator.alloc_str(&tool.ts).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_go_and_lines_stay() {
        let inner = without_fences("Sure:\n```ts\nconst a = 1;\na\n```\nDone.").unwrap();
        assert_eq!(inner, "\n\nconst a = 1;\na\n");
        assert_eq!(without_fences("```\na"), Some("\na\n".into()));
        assert!(without_fences("a").is_none() && without_fences("```\na\n```\n```\nb\n```").is_none());
    }

    #[test]
    fn python_is_recognised_by_its_lines() {
        assert!(looks_like_python("def run(a):\n    return a") && looks_like_python("from x import y"));
        assert!(!looks_like_python("import x from 'y';\nconst a = {b: 1}; if (a) {"));
    }
}
