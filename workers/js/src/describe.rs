//! What a text is as a module: its exports with their signatures, and a program's statements as a function's.
//!
//! Texts are cut out of the source as written, so types and comments stay. Never here: running any of it.

use crate::strip::{ModuleStatement as _, parse_options};
use outboard_worker_protocol::{Exported, Module, Taken};
use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Declaration, ExportDefaultDeclarationKind, Expression, FormalParameters, Program, Statement, TSTypeAnnotation,
    VariableDeclarator,
};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};

/// Most exports, and the longest of their texts in bytes.
const MOST: usize = 64;
const LONGEST: usize = 2_000;

/// Describes a text; `None` where it is no program of its language.
pub(crate) fn describe(source: &str) -> Option<Module> {
    let allocator = Allocator::default();
    let parsed =
        Parser::new(&allocator, source, SourceType::ts().with_module(true)).with_options(parse_options()).parse();
    let program = &parsed.program;
    if !parsed.diagnostics.is_empty() && program.body.is_empty() {
        return None;
    }
    let reader = Reader { source, program };
    let declares = program.body.iter().all(is_declaration);
    let mut module = Module { exports: reader.exports(), doc: reader.doc_of_text(), declares, ..Module::default() };
    if !declares {
        module.imports = reader.imports();
        module.body = reader.body();
        module.waits = true;
    }
    Some(module)
}

struct Reader<'s, 'a> {
    source: &'s str,
    program: &'s Program<'a>,
}

/// Whether a statement does nothing when its module is imported.
fn is_declaration(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ImportDeclaration(_)
        | Statement::ExportAllDeclaration(_)
        | Statement::ExportFromDeclaration(_)
        | Statement::ExportNamedDeclaration(_)
        | Statement::EmptyStatement(_) => true,
        Statement::ExportDeclaration(export) => is_plain(&export.declaration),
        Statement::ExportDefaultDeclaration(export) => match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
            | ExportDefaultDeclarationKind::ClassDeclaration(_)
            | ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => true,
            other => other.as_expression().is_some_and(is_still),
        },
        other => other.as_declaration().is_some_and(is_plain),
    }
}

fn is_plain(declaration: &Declaration<'_>) -> bool {
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            variables.declarations.iter().all(|one| one.init.as_ref().is_none_or(is_still))
        }
        _ => true,
    }
}

/// Whether an expression has its value without anything being done.
fn is_still(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::ArrowFunctionExpression(_)
        | Expression::FunctionExpression(_)
        | Expression::StringLiteral(_)
        | Expression::NumericLiteral(_)
        | Expression::BooleanLiteral(_)
        | Expression::NullLiteral(_)
        | Expression::RegExpLiteral(_)
        | Expression::BigIntLiteral(_) => true,
        Expression::TemplateLiteral(text) => text.expressions.is_empty(),
        Expression::UnaryExpression(one) => is_still(&one.argument),
        Expression::TSAsExpression(one) => is_still(&one.expression),
        Expression::ArrayExpression(list) => {
            list.elements.iter().all(|item| item.as_expression().is_some_and(is_still))
        }
        Expression::ObjectExpression(object) => object
            .properties
            .iter()
            .all(|property| property.as_property().is_some_and(|one| !one.computed && is_still(&one.value))),
        _ => false,
    }
}

impl Reader<'_, '_> {
    fn text(&self, span: Span) -> &str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// A text on one line, bounded.
    fn flat(&self, span: Span) -> String {
        flat(self.text(span))
    }

    /// Everything that can be imported. A module without exports offers all that it declares.
    fn exports(&self) -> Vec<Exported> {
        let explicit = self.program.body.iter().any(Statement::is_module_export);
        let mut found = Vec::new();
        for statement in &self.program.body {
            let doc = || self.doc_before(statement.span().start);
            match statement {
                Statement::ExportDeclaration(export) => self.declared(&export.declaration, &doc(), &mut found),
                Statement::ExportNamedDeclaration(export) => {
                    for one in &export.specifiers {
                        self.named(one.local.name().as_str(), one.exported.name().as_str(), &mut found);
                    }
                }
                Statement::ExportDefaultDeclaration(export) => {
                    if let ExportDefaultDeclarationKind::FunctionDeclaration(function) = &export.declaration {
                        let made = self.function("default", &function.params, function.return_type.as_deref());
                        found.push(Exported { doc: doc(), ..made });
                    }
                }
                other if !explicit => {
                    if let Some(declaration) = other.as_declaration() {
                        self.declared(declaration, &doc(), &mut found);
                    }
                }
                _ => {}
            }
        }
        found.truncate(MOST);
        found
    }

    /// `export { local as exported }`: what the local name was declared as.
    fn named(&self, local: &str, exported: &str, found: &mut Vec<Exported>) {
        let mut all = Vec::new();
        for statement in &self.program.body {
            if let Some(declaration) = statement.as_declaration() {
                self.declared(declaration, &self.doc_before(statement.span().start), &mut all);
            }
        }
        if let Some(one) = all.into_iter().find(|one| one.name == local) {
            let signature = one.signature.replacen(local, exported, 1);
            found.push(Exported { name: exported.to_owned(), signature, ..one });
        }
    }

    fn declared(&self, declaration: &Declaration<'_>, doc: &str, found: &mut Vec<Exported>) {
        let value = |name: &str, kind: &str| Exported {
            name: name.to_owned(),
            kind: kind.to_owned(),
            signature: name.to_owned(),
            ..Exported::default()
        };
        let made: Vec<Exported> = match declaration {
            Declaration::FunctionDeclaration(one) => {
                let name = one.id.as_ref().map(|id| id.name.as_str()).unwrap_or_default();
                vec![self.function(name, &one.params, one.return_type.as_deref())]
            }
            Declaration::ClassDeclaration(one) => one.id.iter().map(|id| value(id.name.as_str(), "class")).collect(),
            Declaration::VariableDeclaration(all) => {
                all.declarations.iter().filter_map(|one| self.variable(one)).collect()
            }
            _ => Vec::new(),
        };
        found.extend(made.into_iter().map(|one| Exported { doc: doc.to_owned(), ..one }));
    }

    fn variable(&self, one: &VariableDeclarator<'_>) -> Option<Exported> {
        let name = one.id.get_binding_identifier()?.name.as_str();
        Some(match &one.init {
            Some(Expression::ArrowFunctionExpression(made)) => {
                self.function(name, &made.params, made.return_type.as_deref())
            }
            Some(Expression::FunctionExpression(made)) => {
                self.function(name, &made.params, made.return_type.as_deref())
            }
            _ => {
                let kind = one.type_annotation.as_ref().map(|kind| self.flat(kind.span)).unwrap_or_default();
                let signature = format!("{name}{kind}");
                Exported { name: name.to_owned(), kind: "value".into(), signature, ..Exported::default() }
            }
        })
    }

    fn function(&self, name: &str, params: &FormalParameters<'_>, returns: Option<&TSTypeAnnotation<'_>>) -> Exported {
        let mut takes: Vec<Taken> = params
            .items
            .iter()
            .take(MOST)
            .map(|one| Taken {
                name: self.flat(one.pattern.span()),
                kind: one.type_annotation.as_ref().map(|kind| self.bare(kind)).unwrap_or_default(),
                optional: one.optional || one.initializer.is_some(),
            })
            .collect();
        takes.extend(params.rest.iter().map(|rest| Taken {
            name: self.flat(rest.span),
            optional: true,
            kind: String::new(),
        }));
        let one = |taken: &Taken| {
            let mark = if taken.optional && !taken.name.starts_with("...") { "?" } else { "" };
            let kind = if taken.kind.is_empty() { String::new() } else { format!(": {}", taken.kind) };
            format!("{}{mark}{kind}", taken.name)
        };
        let listed: Vec<String> = takes.iter().map(one).collect();
        let returns = returns.map(|kind| format!(": {}", self.bare(kind))).unwrap_or_default();
        let signature = bounded(&format!("{name}({}){returns}", listed.join(", ")));
        Exported { name: name.to_owned(), kind: "function".into(), signature, takes, doc: String::new() }
    }

    /// A type without its colon.
    fn bare(&self, kind: &TSTypeAnnotation<'_>) -> String {
        self.flat(kind.type_annotation.span())
    }

    /// The text of the comments right before a place.
    fn doc_before(&self, at: u32) -> String {
        let mut before = self.program.comments.iter().filter(|comment| comment.span.end <= at);
        let near = |end: u32| self.source.get(end as usize..at as usize).is_some_and(|gap| gap.trim().is_empty());
        before
            .next_back()
            .filter(|comment| near(comment.span.end))
            .map(|one| prose(self.text(one.span)))
            .unwrap_or_default()
    }

    /// The comment that the text begins with.
    fn doc_of_text(&self) -> String {
        let first = self.program.comments.first();
        let leads = |end: u32| self.source.get(..end as usize).is_some_and(|head| !head.trim_start().is_empty());
        let opens = first.filter(|one| self.source[..one.span.start as usize].trim().is_empty() && leads(one.span.end));
        opens.map(|one| prose(self.text(one.span))).unwrap_or_default()
    }

    fn imports(&self) -> String {
        let imports = self.program.body.iter().filter(|one| matches!(one, Statement::ImportDeclaration(_)));
        imports.map(|one| format!("{}\n", self.text(one.span()))).collect()
    }

    /// The statements that are no imports, without `export`, with the last value returned.
    fn body(&self) -> String {
        let mut cuts: Vec<(u32, u32, &str)> = Vec::new();
        for statement in &self.program.body {
            let span = statement.span();
            match statement {
                Statement::ImportDeclaration(_)
                | Statement::ExportAllDeclaration(_)
                | Statement::ExportFromDeclaration(_)
                | Statement::ExportNamedDeclaration(_) => cuts.push((span.start, span.end, "")),
                Statement::ExportDeclaration(export) => {
                    cuts.push((span.start, export.declaration.span().start, ""));
                }
                Statement::ExportDefaultDeclaration(export) => {
                    let with = if export.declaration.as_expression().is_some() { "return " } else { "" };
                    cuts.push((span.start, export.declaration.span().start, with));
                }
                _ => {}
            }
        }
        let (text, last) = (self.source, self.program.body.last());
        let mut tail = "";
        match last {
            Some(Statement::ExpressionStatement(one)) => cuts.push((one.span.start, one.span.start, "return ")),
            _ if self.has_run() => tail = "\nreturn await run(input);",
            _ => {}
        }
        let (mut body, mut at) = (String::with_capacity(text.len()), 0);
        for (from, to, with) in cuts {
            body.push_str(text.get(at..from as usize).unwrap_or_default());
            body.push_str(with);
            at = to as usize;
        }
        body.push_str(text.get(at..).unwrap_or_default());
        format!("{}{tail}", body.trim())
    }

    fn has_run(&self) -> bool {
        self.program.body.iter().any(|statement| {
            let declaration = match statement {
                Statement::ExportDeclaration(export) => Some(&export.declaration),
                other => other.as_declaration(),
            };
            matches!(declaration, Some(Declaration::FunctionDeclaration(one)) if one.id.as_ref().is_some_and(|id| id.name == "run"))
        })
    }
}

/// A comment without its marks.
fn prose(comment: &str) -> String {
    let inner = comment.trim_start_matches("/**").trim_start_matches("/*").trim_end_matches("*/");
    let lines = inner.lines().map(|line| line.trim().trim_start_matches("//").trim_start_matches('*').trim());
    bounded(lines.collect::<Vec<_>>().join("\n").trim())
}

fn flat(text: &str) -> String {
    bounded(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn exports_are_told_as_they_are_written() {
        let module = describe(
            "import * as gd from '../servers/google-drive';\n/**\n * Saves a sheet.\n * @param id which\n */\n\
             export async function save(id: string, { a, b }: { a: number; b: number }, deep = 2): Promise<string> {}\n\
             export const LIMIT: number = 5;\nconst own = () => 1;\nexport const pick = (x?: string) => x;\n\
             function hidden() {}\nexport { hidden as shown };\nexport class Sheet {}\n",
        );
        let module = module.unwrap();
        let told: Vec<&str> = module.exports.iter().map(|one| one.signature.as_str()).collect();
        let save = "save(id: string, { a, b }: { a: number; b: number }, deep?): Promise<string>";
        assert_eq!(told, [save, "LIMIT: number", "pick(x?: string)", "shown()", "Sheet"]);
        assert_eq!(module.exports[0].doc, "Saves a sheet.\n@param id which");
        assert!(module.declares && module.body.is_empty());
        assert!(module.exports[0].takes[2].optional && !module.exports[0].takes[0].optional);
    }

    #[test]
    fn a_module_without_exports_offers_what_it_declares() {
        let module = describe("// Counts.\nfunction count(a) { return a.length }").unwrap();
        assert_eq!(module.exports[0].signature, "count(a)");
        assert_eq!((module.doc.as_str(), module.exports[0].doc.as_str()), ("Counts.", "Counts."));
    }

    #[test]
    fn a_program_becomes_the_body_of_a_function() {
        let module = describe(
            "import { a } from './servers/x';\nimport b from 'fs';\nconst n: number = await a(1); // one\n\
             export const twice = (x) => 2 * x;\ntwice(n)\n",
        );
        let module = module.unwrap();
        assert!(!module.declares);
        assert_eq!(module.imports, "import { a } from './servers/x';\nimport b from 'fs';\n");
        let body = "const n: number = await a(1); // one\nconst twice = (x) => 2 * x;\nreturn twice(n)";
        assert_eq!(module.body, body);
        let run = describe("const a = await f();\nexport async function run(input) { return a }").unwrap();
        assert_eq!(run.body, "const a = await f();\nasync function run(input) { return a }\nreturn await run(input);");
    }

    #[test]
    fn what_does_nothing_declares() {
        for (text, declares) in [
            ("const a = { b: [1, 'c'], d: -1 };", true),
            ("let a;", true),
            ("const a = f();", false),
            ("export default () => 1", true),
            ("export default f()", false),
            ("type A = string; interface B {}", true),
            ("console.log(1)", false),
        ] {
            assert_eq!(describe(text).unwrap().declares, declares, "{text}");
        }
    }
}
