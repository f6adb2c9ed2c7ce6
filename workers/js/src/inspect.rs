//! What a program holds, read from its syntax: imports, tools it names in calls, evaluation of text.
//!
//! These are hints for rules and records. They decide nothing here, and a program can hide from them.

use outboard_worker_protocol::Inspection;
use oxc::ast::ast::{
    CallExpression, Expression, ImportDeclaration, ImportDeclarationSpecifier, ImportExpression, NewExpression,
    Program, Statement, VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use std::collections::HashMap;

/// Most findings of one kind, and the longest of them in bytes.
const MOST: usize = 256;
const LONGEST: usize = 200;

/// Lists what a parsed program holds.
pub(crate) fn inspect(program: &Program<'_>, source: &str) -> Inspection {
    let mut reader = Reader { source, found: Inspection::default(), meant: HashMap::new() };
    for statement in &program.body {
        if let Statement::ImportDeclaration(import) = statement {
            reader.import(import);
        }
    }
    reader.visit_program(program);
    reader.found
}

struct Reader<'s> {
    source: &'s str,
    found: Inspection,
    /// What a local name stands for: a server's folder, or a function of one as `server.tool`.
    meant: HashMap<String, String>,
}

impl Reader<'_> {
    fn import(&mut self, import: &ImportDeclaration<'_>) {
        let module = import.source.value.as_str();
        note(&mut self.found.imports, module.to_owned());
        let Some(server) = server_of(module) else { return };
        for one in import.specifiers.iter().flatten() {
            let (local, meant) = match one {
                ImportDeclarationSpecifier::ImportSpecifier(named) => {
                    (&named.local, format!("{}.{}", server.0, named.imported.name()))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(whole) => (&whole.local, server.1.clone()),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(whole) => (&whole.local, server.0.clone()),
            };
            self.meant.insert(local.name.to_string(), meant);
        }
    }

    /// What an expression stands for, where that is plain: `gd`, `servers["google-drive"]`, `gd.getDocument`.
    fn meaning(&self, expression: &Expression<'_>) -> Option<String> {
        let (object, name) = match expression {
            Expression::Identifier(id) => {
                let name = id.name.as_str();
                return Some(self.meant.get(name).cloned().unwrap_or_else(|| name.to_owned()));
            }
            Expression::StaticMemberExpression(member) => (&member.object, member.property.name.to_string()),
            Expression::ComputedMemberExpression(member) => (&member.object, literal(&member.expression)?),
            _ => return None,
        };
        match self.meaning(object)?.as_str() {
            "servers" | "globalThis" => Some(name),
            object => Some(format!("{object}.{name}")),
        }
    }

    fn line(&self, what: &str, offset: u32) -> String {
        let before = self.source.get(..offset as usize).unwrap_or_default();
        format!("{what}, line {}", before.matches('\n').count() + 1)
    }

    fn dynamic(&mut self, what: &str, offset: u32) {
        let line = self.line(what, offset);
        note(&mut self.found.dynamic, line);
    }

    fn primitive(&mut self, call: &CallExpression<'_>) {
        let texts: Vec<_> = call.arguments.iter().map(|one| one.as_expression().and_then(literal)).collect();
        match &texts[..] {
            [Some(server), Some(tool), ..] => note(&mut self.found.tools, format!("{server}.{tool}")),
            [Some(name), ..] => note(&mut self.found.tools, name.clone()),
            _ => self.dynamic("a tool named at run time", call.span.start),
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        match self.meaning(&call.callee).as_deref() {
            Some("eval" | "Function") => self.dynamic("text run as code", call.span.start),
            Some("callMCPTool" | "callTool" | "call_tool" | "call_mcp_tool") => self.primitive(call),
            Some("require") => {
                if let Some(module) = call.arguments.first().and_then(|one| one.as_expression()).and_then(literal) {
                    note(&mut self.found.imports, module);
                }
            }
            Some(name) if name.contains('.') => note(&mut self.found.tools, name.to_owned()),
            _ => {}
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_new_expression(&mut self, made: &NewExpression<'a>) {
        if self.meaning(&made.callee).as_deref() == Some("Function") {
            self.dynamic("text run as code", made.span.start);
        }
        walk::walk_new_expression(self, made);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match literal(&import.source) {
            Some(module) => note(&mut self.found.imports, module),
            None => self.dynamic("a module named at run time", import.span.start),
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_variable_declarator(&mut self, variable: &VariableDeclarator<'a>) {
        let id = variable.id.get_binding_identifier();
        if let (Some(id), Some(Expression::StaticMemberExpression(_) | Expression::ComputedMemberExpression(_))) =
            (id, &variable.init)
            && let Some(meant) = variable.init.as_ref().and_then(|init| self.meaning(init))
        {
            self.meant.insert(id.name.to_string(), meant);
        }
        walk::walk_variable_declarator(self, variable);
    }
}

/// The text of a literal.
fn literal(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(text) => text.single_quasi().map(|text| text.to_string()),
        _ => None,
    }
}

/// The server that a module belongs to, and what its default export is: the server, or one function.
fn server_of(module: &str) -> Option<(String, String)> {
    let mut parts = module.split('/').skip_while(|part| *part != "servers").skip(1);
    let server = parts.next()?.to_owned();
    let function = parts.next().and_then(|file| file.split('.').next()).filter(|name| *name != "index");
    let whole = function.map_or_else(|| server.clone(), |name| format!("{server}.{name}"));
    Some((server, whole))
}

fn note(list: &mut Vec<String>, what: String) {
    if list.len() < MOST && what.len() <= LONGEST && !list.contains(&what) {
        list.push(what);
    }
}

#[cfg(test)]
mod tests {
    use crate::strip::strip;

    #[test]
    fn a_program_shows_what_it_holds() {
        let source = r#"
            import { getDocument as get } from "./servers/google-drive";
            import * as sf from "../servers/salesforce/index.ts";
            import one from "./servers/slack/sendMessage";
            const crm = servers["crm"];
            const text = (await get({ documentId: "a" })).content;
            await sf.updateRecord({ data: text });
            await one("general", "x"); await crm.getCustomers();
            callMCPTool("a__b", {}); callMCPTool("a", "c", {}); callMCPTool(input.tool, {});
            eval("1"); new Function("x"); await import(input.m); require("node:fs"); [1].map(x => x);
        "#;
        let found = strip(source, false, &[]).ok().unwrap().inspection;
        assert_eq!(
            found.imports,
            ["./servers/google-drive", "../servers/salesforce/index.ts", "./servers/slack/sendMessage", "node:fs"]
        );
        let tools = [
            "google-drive.getDocument",
            "salesforce.updateRecord",
            "slack.sendMessage",
            "crm.getCustomers",
            "a__b",
            "a.c",
        ];
        assert!(tools.iter().all(|tool| found.tools.iter().any(|one| one == tool)), "{found:?}");
        assert_eq!(
            found.dynamic,
            ["a tool named at run time, line 9", "text run as code, line 10", "a module named at run time, line 10"]
        );
    }
}
