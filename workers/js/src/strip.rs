//! TypeScript to JavaScript: parse, check, transform, print with a source map.
//!
//! Never here: what a program's value is (see `wrap`), or files.

use crate::inspect::inspect;
use crate::positions::{Origin, Segment};
use crate::preflight::{self, Found, Surface};
use crate::restore::restore;
use outboard_worker_protocol::Inspection;
use oxc::allocator::Allocator;
use oxc::ast::ast::{Declaration, Program, Statement};
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::{OxcDiagnostic, Severity};
use oxc::parser::{ParseOptions, Parser};
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::transformer::{DecoratorOptions, HelperLoaderMode, TransformOptions, Transformer};
use std::path::Path;

/// A stripped text and the way back to what was written.
pub(crate) struct Script {
    pub(crate) code: String,
    pub(crate) origin: Origin,
    /// Names that the text uses and does not define.
    pub(crate) free: Vec<String>,
    /// What the text holds; empty for a library.
    pub(crate) inspection: Inspection,
    /// What it would fail at; empty for a library.
    pub(crate) found: Found,
}

/// Why a text cannot be run.
pub(crate) struct Problem {
    pub(crate) message: String,
    /// Byte offset in the text as written.
    pub(crate) offset: Option<usize>,
    pub(crate) hint: Option<String>,
}

impl From<&OxcDiagnostic> for Problem {
    fn from(diagnostic: &OxcDiagnostic) -> Self {
        let offset = diagnostic.labels.first().map(|label| label.offset() as usize);
        let hint = diagnostic.help.as_ref().map(ToString::to_string);
        Self { message: diagnostic.message.to_string(), offset, hint }
    }
}

fn first_error<'a>(diagnostics: impl IntoIterator<Item = &'a OxcDiagnostic>) -> Result<(), Problem> {
    let error = diagnostics.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    error.map_or(Ok(()), |error| Err(error.into()))
}

/// Options of every parse: `return` outside functions is part of the code API.
pub(crate) fn parse_options() -> ParseOptions {
    ParseOptions { allow_return_outside_function: true, parse_regular_expression: false, ..ParseOptions::default() }
}

/// Strips a text. `library` adds exports to a module that has none, so that a saved function can be imported;
/// `tokens` and what they stand for are replaced in its literals.
pub(crate) fn strip(source: &str, library: bool, tokens: &[(String, String)]) -> Result<Script, Problem> {
    strip_for(source, library, tokens, None)
}

/// As [`strip`], for a program that is held against the names of a code API.
pub(crate) fn strip_for(
    source: &str,
    library: bool,
    tokens: &[(String, String)],
    surface: Option<&Surface<'_>>,
) -> Result<Script, Problem> {
    let allocator = Allocator::default();
    let parsed =
        Parser::new(&allocator, source, SourceType::ts().with_module(true)).with_options(parse_options()).parse();
    first_error(parsed.diagnostics.iter())?;
    let mut program = parsed.program;
    let repaired = surface.map(|surface| preflight::repair_imports(&mut program, &allocator, source, surface));
    let inspection = if library { Inspection::default() } else { inspect(&program, source) };
    restore(&mut program, &allocator, tokens);
    let semantic = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .with_enum_eval(true)
        .with_excess_capacity(2.0)
        .build(&program);
    first_error(semantic.diagnostics.iter())?;
    let scoping = semantic.semantic.into_scoping();
    let mut found = surface.map(|surface| preflight::read(&program, &scoping, source, surface)).unwrap_or_default();
    if let Some(repaired) = repaired {
        found.preflight.text = repaired.text(source);
        found.preflight.notes.splice(0..0, repaired.notes);
    }
    let free = scoping.root_unresolved_references().keys().map(ToString::to_string).collect();
    let transformed = Transformer::new(&allocator, Path::new("program.ts"), &transform_options())
        .build_with_scoping(scoping, &mut program);
    first_error(transformed.diagnostics.iter())?;
    let added = if library { missing_exports(&program) } else { String::new() };
    Ok(Script { free, inspection, found, ..print(source, &program, &added) })
}

fn transform_options() -> TransformOptions {
    let mut options = TransformOptions {
        decorator: DecoratorOptions { legacy: true, ..DecoratorOptions::default() },
        ..TransformOptions::default()
    };
    options.helper_loader.mode = HelperLoaderMode::External;
    options
}

fn print(source: &str, program: &Program<'_>, added: &str) -> Script {
    let options = CodegenOptions {
        source_map_path: Some("program.ts".into()),
        comments: CommentOptions::disabled(),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).with_source_text(source).build(program);
    let whole = vec![Segment { start: 0, printed: 0, len: printed.code.len() }];
    let tokens = printed.map.iter().flat_map(|map| map.get_tokens());
    let tokens = tokens.map(|t| [t.get_dst_line(), t.get_dst_col(), t.get_src_line(), t.get_src_col()]).collect();
    let code = format!("{}{added}", printed.code);
    let origin =
        Origin { source: source.to_owned(), printed: printed.code, text: code.clone(), segments: whole, tokens };
    Script { code, origin, free: Vec::new(), inspection: Inspection::default(), found: Found::default() }
}

/// Export clauses for a module of plain declarations.
fn missing_exports(program: &Program<'_>) -> String {
    if program.body.iter().any(Statement::is_module_export) {
        return String::new();
    }
    let names: Vec<&str> = program.body.iter().filter_map(Statement::as_declaration).flat_map(declared).collect();
    if names.is_empty() { String::new() } else { format!("export {{{}}};\n", names.join(",")) }
}

/// What a statement is to a module.
pub(crate) trait ModuleStatement {
    /// Whether it exports something.
    fn is_module_export(&self) -> bool;
}

impl ModuleStatement for Statement<'_> {
    fn is_module_export(&self) -> bool {
        use Statement as S;
        matches!(
            self,
            S::ExportAllDeclaration(_)
                | S::ExportDefaultDeclaration(_)
                | S::ExportDeclaration(_)
                | S::ExportNamedDeclaration(_)
                | S::ExportFromDeclaration(_)
        )
    }
}

/// The plain names that a declaration makes; names inside patterns are left out.
pub(crate) fn declared<'a>(declaration: &'a Declaration<'a>) -> Vec<&'a str> {
    match declaration {
        Declaration::FunctionDeclaration(function) => function.id.iter().map(|id| id.name.as_str()).collect(),
        Declaration::ClassDeclaration(class) => class.id.iter().map(|id| id.name.as_str()).collect(),
        Declaration::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .filter_map(|one| one.id.get_binding_identifier())
            .map(|id| id.name.as_str())
            .collect(),
        _ => Vec::new(),
    }
}
