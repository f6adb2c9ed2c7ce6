//! What imports, names and members stand for.

use super::Walk;
use crate::preflight::meaning::{Meaning, OF_THE_LANGUAGE};
use crate::preflight::values::text;
use crate::preflight::walk::Promised;
use outboard_worker_protocol::Known;
use oxc::ast::ast::{
    Argument, BindingIdentifier, BindingPattern, CallExpression, Expression, IdentifierReference, ImportDeclaration,
    ImportDeclarationSpecifier,
};
use oxc::semantic::SymbolId;

impl Walk<'_> {
    pub(super) fn import(&mut self, import: &ImportDeclaration<'_>) {
        if import.import_kind.is_type() {
            return;
        }
        let module = Meaning::module(&import.source.value, self.surface);
        let (mut used, mut any) = (Vec::new(), import.specifiers.as_ref().is_none_or(|list| list.is_empty()));
        for one in import.specifiers.iter().flatten() {
            let (local, meant) = match one {
                ImportDeclarationSpecifier::ImportSpecifier(named) => {
                    let name = named.imported.name();
                    if !named.import_kind.is_type() && self.is_used(&named.local) {
                        used.push(name.to_string());
                    }
                    let member = module.and_then(|module| module.member(&name, self.surface));
                    // A function's own module has that function under its name and as its default.
                    (&named.local, member.or(module.filter(|module| matches!(module, Meaning::Tool(..)))))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(whole) => (&whole.local, module),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(whole) => {
                    (&whole.local, module.filter(|module| !matches!(module, Meaning::Tool(..))))
                }
            };
            any |= self.is_used(local);
            if let (Some(symbol), Some(meant)) = (local.symbol_id.get(), meant) {
                self.meant.insert(symbol, meant);
            }
        }
        if any {
            self.found.questions.imports.push((import.source.value.to_string(), used));
            self.found.questions.import_places.push(import.span.start);
        }
    }

    /// Whether an imported name is used as a value: others are left out with the types.
    pub(super) fn is_used(&self, local: &BindingIdentifier<'_>) -> bool {
        local
            .symbol_id
            .get()
            .is_some_and(|symbol| self.scoping.get_resolved_references(symbol).any(|reference| reference.is_value()))
    }

    pub(super) fn symbol(&self, name: &IdentifierReference<'_>) -> Option<SymbolId> {
        name.reference_id.get().and_then(|id| self.scoping.get_reference(id).symbol_id())
    }

    pub(super) fn meaning(&self, expression: &Expression<'_>, called: bool) -> Option<Meaning> {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => match self.symbol(name) {
                Some(symbol) => self.meant.get(&symbol).copied().filter(|_| !self.scoping.symbol_is_mutated(symbol)),
                None => Meaning::free(&name.name, called, self.surface),
            },
            Expression::StaticMemberExpression(member) => {
                self.meaning(&member.object, false)?.member(&member.property.name, self.surface)
            }
            Expression::ComputedMemberExpression(member) => {
                self.meaning(&member.object, false)?.member(&text(&member.expression)?, self.surface)
            }
            Expression::AwaitExpression(awaited) => match awaited.argument.get_inner_expression() {
                Expression::ImportExpression(import) => Meaning::module(&text(&import.source)?, self.surface),
                _ => None,
            },
            Expression::CallExpression(call) => match call.callee.get_identifier_reference() {
                Some(name) if name.name == "require" && self.symbol(name).is_none() => {
                    let path = call.arguments.first().and_then(Argument::as_expression).and_then(text)?;
                    Meaning::module(&path, self.surface)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The tool that a call calls.
    pub(super) fn tool_of(&self, call: &CallExpression<'_>) -> Option<(usize, usize)> {
        match self.meaning(&call.callee, true) {
            Some(Meaning::Tool(server, tool)) => Some((server, tool)),
            _ => None,
        }
    }

    /// Looks at `owner.name` where the owner is the servers or one of them.
    pub(super) fn part(&mut self, owner: Meaning, name: &str, offset: u32) {
        if owner.member(name, self.surface).is_some() || OF_THE_LANGUAGE.contains(&name) {
            return;
        }
        let here = self.at.here();
        match owner {
            Meaning::Servers => {
                let meant = self.surface.near_server(name).map(|near| format!("did you mean servers.{near}?"));
                let listed = || self.surface.servers.iter().take(12).map(|entry| entry.namespace.as_str());
                let meant = meant.unwrap_or_else(|| format!("servers: {}", listed().collect::<Vec<_>>().join(", ")));
                self.doubt("unknown_server", offset, format!("there is no server {name:?}; {meant}"), None, here);
            }
            Meaning::Server(server) => {
                let space = &self.surface.servers[server].namespace;
                let near = self.surface.near(server, name);
                let tool = near.as_ref().and_then(|near| self.surface.tool(server, near)).map(|tool| (server, tool));
                let meant = near.map(|near| format!("did you mean {space}.{near}?"));
                let meant = meant.unwrap_or_else(|| format!("functions: {}", self.surface.first(server).join(", ")));
                let message = format!("{space} has no function {name:?}, or policy hides it; {meant}");
                self.doubt("unknown_function", offset, message, tool, here);
            }
            Meaning::Tool(..) | Meaning::Primitive => {}
        }
    }

    /// Takes over what a declaration says about a name.
    pub(super) fn declared(&mut self, id: &BindingPattern<'_>, init: &Expression<'_>) {
        if let BindingPattern::ObjectPattern(pattern) = id
            && let Some(owner) = self.meaning(init, false)
        {
            for property in &pattern.properties {
                let Some(name) = property.key.static_name().filter(|_| !property.computed) else { continue };
                let plain = property.value.get_binding_identifier().and_then(|local| local.symbol_id.get());
                match (plain, owner.member(&name, self.surface)) {
                    (Some(symbol), Some(meant)) => drop(self.meant.insert(symbol, meant)),
                    (_, None) => self.part(owner, &name, property.span.start),
                    _ => {}
                }
            }
            return;
        }
        let Some(symbol) = id.get_binding_identifier().and_then(|local| local.symbol_id.get()) else {
            return self.consumed(init, "take it apart");
        };
        if self.scoping.symbol_is_mutated(symbol) {
            return;
        }
        if let Some(meant) = self.meaning(init, false) {
            self.meant.insert(symbol, meant);
        } else if let Expression::CallExpression(call) = init.get_inner_expression()
            && let Some(tool) = self.tool_of(call)
        {
            self.promised.insert(symbol, Promised { tool, uses: Vec::new() });
        } else if let value @ Known::Literal(_) = self.known(init) {
            self.constants.insert(symbol, value);
        }
    }
}
