//! Makes a program of a stripped text: an async function, so that `return` and `await` work anywhere,
//! behind its imports, with its exports and its last expression kept where the prelude finds them.

use crate::positions::Segment;
use crate::strip::{ModuleStatement as _, Problem, Script, declared, parse_options};
use oxc::allocator::Allocator;
use oxc::ast::ast::{
    ExportDeclaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportNamedDeclaration,
    ImportDeclaration, ImportDeclarationSpecifier, Program, Statement,
};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};

/// A program ready to run.
pub(crate) struct Wrapped {
    pub(crate) script: Script,
    /// Whether the text itself calls its function `run`.
    pub(crate) run_called: bool,
}

const BEFORE: &str = "await __outboard_main(async()=>{";
const AFTER: &str = "\n});\n";

/// Replacements of pieces of the printed text, in any order.
#[derive(Default)]
struct Edits {
    changes: Vec<(u32, u32, String)>,
    hoisted: Vec<(Span, Option<String>)>,
    names: Vec<(String, String)>,
    run: Option<Span>,
}

/// Wraps a stripped program.
pub(crate) fn wrap(script: Script) -> Result<Wrapped, Problem> {
    let allocator = Allocator::default();
    let printed = &script.origin.printed;
    let parsed = Parser::new(&allocator, printed, SourceType::mjs()).with_options(parse_options()).parse();
    if let Some(error) = parsed.diagnostics.iter().next() {
        return Err(Problem { offset: None, ..error.into() });
    }
    let mut edits = Edits::default();
    collect(&parsed.program, printed, &mut edits);
    let run_called = calls_run(printed, edits.run);
    let (text, segments) = assemble(printed, edits);
    let mut script = script;
    script.code.clone_from(&text);
    script.origin.text = text;
    script.origin.segments = segments;
    Ok(Wrapped { script, run_called })
}

fn collect(program: &Program<'_>, printed: &str, edits: &mut Edits) {
    if let Some(line) = &program.hashbang {
        edits.replace(line.span.start, line.span.end, "");
    }
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => edits.hoist(import.span, of_server(import, printed)),
            Statement::ExportAllDeclaration(export) => edits.hoist(export.span, None),
            Statement::ExportFromDeclaration(export) => edits.hoist(export.span, None),
            Statement::ExportDeclaration(export) => edits.declaration(export),
            Statement::ExportNamedDeclaration(export) => edits.named(export),
            Statement::ExportDefaultDeclaration(export) => edits.export_default(export),
            Statement::FunctionDeclaration(function) if function.id.as_ref().is_some_and(|id| id.name == "run") => {
                edits.run = Some(function.span);
                edits.names.push(("plainRun".into(), "run".into()));
            }
            _ => {}
        }
    }
    let plain = |statement: &&Statement<'_>| {
        use Statement as S;
        let value_less = matches!(statement, S::FunctionDeclaration(_) | S::ClassDeclaration(_) | S::EmptyStatement(_));
        !value_less && !matches!(statement, S::ImportDeclaration(_)) && !statement.is_module_export()
    };
    match program.body.iter().rfind(plain) {
        Some(last) => edits.keep_last(last),
        None => {
            if let Some(last) = program.directives.last() {
                edits.keep(last.expression.span);
            }
        }
    }
}

impl Edits {
    fn replace(&mut self, from: u32, to: u32, with: impl Into<String>) {
        self.changes.push((from, to, with.into()));
    }

    fn hoist(&mut self, span: Span, instead: Option<String>) {
        self.replace(span.start, span.end, "");
        self.hoisted.push((span, instead));
    }

    fn declaration(&mut self, export: &ExportDeclaration<'_>) {
        let declaration = &export.declaration;
        self.replace(export.span.start, declaration.span().start, "");
        for name in declared(declaration) {
            self.export(name, name, declaration.span());
        }
    }

    fn named(&mut self, export: &ExportNamedDeclaration<'_>) {
        for one in &export.specifiers {
            let (exported, local) = (one.exported.name(), one.local.name());
            self.export(exported.as_str(), local.as_str(), export.span);
        }
        self.replace(export.span.start, export.span.end, "");
    }

    fn export(&mut self, exported: &str, local: &str, span: Span) {
        match exported {
            "run" => self.run = Some(span),
            "default" => {}
            _ => return,
        }
        self.names.retain(|(name, _)| name != "plainRun");
        self.names.push((exported.to_owned(), local.to_owned()));
    }

    fn export_default(&mut self, export: &ExportDefaultDeclaration<'_>) {
        let span = export.declaration.span();
        let id = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.id.as_ref(),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref(),
            _ => None,
        };
        if let Some(id) = id {
            self.replace(export.span.start, span.start, "");
            self.names.push(("default".into(), id.name.to_string()));
            if id.name == "run" {
                self.run = Some(span);
            }
        } else {
            self.replace(export.span.start, span.start, "__outboard_program.default=(");
            self.replace(span.end, export.span.end.max(span.end), ");");
        }
    }

    /// Keeps the value of the last expression, also inside the blocks that can come last.
    fn keep_last(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::ExpressionStatement(one) => self.keep(one.expression.span()),
            Statement::BlockStatement(block) => block.body.last().into_iter().for_each(|s| self.keep_last(s)),
            Statement::IfStatement(choice) => {
                self.keep_last(&choice.consequent);
                choice.alternate.iter().for_each(|s| self.keep_last(s));
            }
            Statement::TryStatement(attempt) => {
                attempt.block.body.last().into_iter().for_each(|s| self.keep_last(s));
                let handler = attempt.handler.iter().filter_map(|h| h.body.body.last());
                handler.for_each(|s| self.keep_last(s));
            }
            _ => {}
        }
    }

    fn keep(&mut self, span: Span) {
        self.replace(span.start, span.start, "__outboard_program.last=(");
        self.replace(span.end, span.end, ")");
    }
}

/// `import * as drive from "./servers/google-drive"` takes the module's default instead: the object that
/// names the nearest tool when asked for one that does not exist.
fn namespace_of_server(import: &ImportDeclaration<'_>, printed: &str) -> Option<String> {
    let [ImportDeclarationSpecifier::ImportNamespaceSpecifier(space)] = import.specifiers.as_ref()?.as_slice() else {
        return None;
    };
    let source = import.source.value.as_str();
    let mut parts = source.split('/').skip_while(|part| *part != "servers");
    parts.next()?;
    let rest = parts.filter(|part| !part.is_empty() && !part.starts_with("index")).count();
    let quoted = &printed[import.source.span.start as usize..import.source.span.end as usize];
    let whole = match server_folder(source) {
        Some((folder, server)) => format!("\"{folder}servers/{server}?namespace\""),
        None => quoted.to_owned(),
    };
    (rest <= 1).then(|| format!("import {} from {whole};", space.local.name))
}

/// What an import from a server's module is instead.
fn of_server(import: &ImportDeclaration<'_>, printed: &str) -> Option<String> {
    namespace_of_server(import, printed).or_else(|| functions_of_server(import))
}

/// `import { getDocument as get } from "./servers/google-drive"` takes each function from its own module: the one that has
/// all of them may have ten thousand.
fn functions_of_server(import: &ImportDeclaration<'_>) -> Option<String> {
    let (folder, server) = server_folder(import.source.value.as_str())?;
    let one = |specifier: &ImportDeclarationSpecifier<'_>| match specifier {
        ImportDeclarationSpecifier::ImportSpecifier(one)
            if one.imported.is_identifier() && one.imported.name() != "default" =>
        {
            Some(format!("import {} from \"{folder}servers/{server}/{}\";", one.local.name, one.imported.name()))
        }
        _ => None,
    };
    import.specifiers.as_ref()?.iter().map(one).collect()
}

/// The folder of `servers` and the server, where a path leads to the module that has all of its functions.
fn server_folder(source: &str) -> Option<(&str, &str)> {
    let (folder, rest) = source.split_once("servers/")?;
    let server = rest.split('/').next()?;
    let is_index = matches!(&rest[server.len()..], "" | "/" | "/index" | "/index.ts" | "/index.js");
    let plain = !server.is_empty() && server != "index" && !server.contains(['.', '"', '\\', '?', '#']);
    (is_index && plain && folder.bytes().all(|c| matches!(c, b'.' | b'/'))).then_some((folder, server))
}

fn calls_run(printed: &str, declaration: Option<Span>) -> bool {
    let Some(own) = declaration else { return false };
    printed.match_indices("run(").any(|(at, _)| {
        let before = printed[..at].chars().next_back();
        let inside = (own.start as usize..own.end as usize).contains(&at);
        !inside && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$'))
    })
}

fn assemble(printed: &str, mut edits: Edits) -> (String, Vec<Segment>) {
    let mut text = String::with_capacity(printed.len() + 256);
    let mut segments = Vec::new();
    for (span, instead) in &edits.hoisted {
        let piece = &printed[span.start as usize..span.end as usize];
        segments.push(Segment { start: text.len(), printed: span.start as usize, len: piece.len() });
        text.push_str(instead.as_deref().unwrap_or(piece));
        text.push('\n');
    }
    text.push_str(BEFORE);
    let names: Vec<String> = edits.names.iter().map(|(name, local)| format!("{name}:()=>{local}")).collect();
    text.push_str(&format!("__outboard_program.names={{{}}};\n", names.join(",")));
    edits.changes.sort_by_key(|(from, to, _)| (*from, *to));
    let mut at = 0;
    for (from, to, with) in edits.changes {
        copy(printed, at, from as usize, &mut text, &mut segments);
        text.push_str(&with);
        at = to as usize;
    }
    copy(printed, at, printed.len(), &mut text, &mut segments);
    text.push_str(AFTER);
    (text, segments)
}

fn copy(printed: &str, from: usize, to: usize, text: &mut String, segments: &mut Vec<Segment>) {
    if to > from {
        segments.push(Segment { start: text.len(), printed: from, len: to - from });
        text.push_str(&printed[from..to]);
    }
}
