//! Values whose type hangs on nothing but the language: no data, no annotation and no other code decides it.
//!
//! A type checker believes annotations, and takes a variable for what it first held. Where it says that a value lacks a
//! method, only such values make that certain.

use super::Walk;
use crate::positions::place_of;
use crate::preflight::MOST;
use crate::preflight::reach::Here;
use outboard_worker_protocol::Spot;
use oxc::ast::ast::{BindingPattern, CallExpression, Expression, VariableDeclarator};

/// Globals whose members every engine agrees on.
const GLOBALS: &[&str] = &["Math", "JSON", "Object", "Array", "Number", "String", "Date"];

/// What changes members of the language's own values; where a program holds one, nothing is certain.
const CHANGES: &[&str] = &["prototype", "__proto__", "defineProperty", "defineProperties", "assign(", "Reflect"];

/// Chains and names are followed so deep.
const DEEPEST: usize = 12;

impl Walk<'_> {
    /// Notes that a member of such a value is called, and so has to be there.
    pub(super) fn member_called(&mut self, call: &CallExpression<'_>, here: Here) {
        let Expression::StaticMemberExpression(member) = call.callee.get_inner_expression() else { return };
        let sure = !call.optional && !member.optional;
        if self.members.len() < MOST && self.is_closed(&member.object, 0) {
            self.members.push((member.property.span.end, here.and(sure)));
        }
    }

    /// Takes over that a name, which never gets another value, holds such a one.
    pub(super) fn holds(&mut self, variable: &VariableDeclarator<'_>, init: &Expression<'_>) {
        let BindingPattern::BindingIdentifier(name) = &variable.id else { return };
        let Some(symbol) = name.symbol_id.get().filter(|symbol| !self.scoping.symbol_is_mutated(*symbol)) else {
            return;
        };
        if variable.type_annotation.is_none() && self.is_closed(init, 0) {
            self.closed.insert(symbol);
        }
    }

    /// The places of the certain ones.
    pub(super) fn certain_members(&mut self) -> Vec<Spot> {
        let certain: Vec<u32> = std::mem::take(&mut self.members)
            .into_iter()
            .filter(|(_, here)| self.reach.is_certain(*here))
            .map(|(end, _)| end)
            .collect();
        if self.tricks || self.changed || CHANGES.iter().any(|word| self.source.contains(word)) {
            return Vec::new();
        }
        let spot = |end: &u32| place_of(self.source, *end as usize);
        certain.iter().map(spot).map(|place| Spot { line: place.line, column: place.column }).collect()
    }

    pub(super) fn is_closed(&self, expression: &Expression<'_>, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        match expression {
            Expression::ParenthesizedExpression(inner) => self.is_closed(&inner.expression, depth + 1),
            Expression::StringLiteral(_)
            | Expression::TemplateLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::ArrayExpression(_)
            | Expression::RegExpLiteral(_) => true,
            Expression::Identifier(name) => match self.symbol(name) {
                Some(symbol) => self.closed.contains(&symbol),
                None => GLOBALS.contains(&name.name.as_str()),
            },
            Expression::NewExpression(made) => match made.callee.get_identifier_reference() {
                Some(name) => self.symbol(name).is_none() && ["Date", "Map", "Set"].contains(&name.name.as_str()),
                None => false,
            },
            Expression::CallExpression(call) => self.gives_closed(call, depth),
            _ => false,
        }
    }

    /// Whether what a call gives is of a type that its arguments do not decide.
    fn gives_closed(&self, call: &CallExpression<'_>, depth: usize) -> bool {
        const BY_ARGUMENTS: &[&str] = &[
            "parse",
            "assign",
            "freeze",
            "seal",
            "create",
            "reduce",
            "reduceRight",
            "find",
            "findLast",
            "at",
            "pop",
            "shift",
            "get",
            "fromEntries",
            "groupBy",
            "flat",
            "concat",
            "from",
            "of",
            "stringify",
            "match",
            "exec",
        ];
        let Expression::StaticMemberExpression(member) = &call.callee else { return false };
        !call.optional
            && !member.optional
            && call.type_arguments.is_none()
            && !BY_ARGUMENTS.contains(&member.property.name.as_str())
            && self.is_closed(&member.object, depth + 1)
    }
}
