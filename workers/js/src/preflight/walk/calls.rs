//! Calls: which functions they run, and what tools are given.

use super::Walk;
use super::endless::Endless;
use crate::positions::place_of;
use crate::preflight::MOST;
use crate::preflight::meaning::Meaning;
use crate::preflight::reach::Here;
use crate::preflight::values::{is_undefined, known, text};
use crate::preflight::walk::visit::is_empty;
use outboard_worker_protocol::{Known, PlannedCall};
use oxc::ast::ast::{Argument, CallExpression, Expression, IdentifierReference, Statement};
use oxc::ast_visit::Visit as _;

/// Methods that run their callback at once.
const RUN_CALLBACKS: &[&str] =
    &["map", "forEach", "flatMap", "filter", "find", "some", "every", "reduce", "sort", "toSorted", "findIndex"];

impl Walk<'_> {
    pub(super) fn call(&mut self, call: &CallExpression<'_>, awaited: bool) {
        let here = self.at.here();
        let sure = !call.optional;
        self.member_called(call, here);
        match self.meaning(&call.callee, true) {
            Some(Meaning::Tool(server, tool)) => self.plan(call, (server, tool), here.and(awaited && sure)),
            Some(Meaning::Primitive) => self.plan_by_name(call, here.and(awaited && sure)),
            _ => {}
        }
        if let Some(symbol) = call.callee.get_identifier_reference().and_then(|name| self.symbol(name)) {
            self.reach.calls(symbol, here.and(sure), awaited);
        }
        let (method, owner) = match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => {
                let owner = member.object.get_identifier_reference().map(|name| name.name.as_str());
                (member.property.name.as_str(), owner)
            }
            _ => ("", None),
        };
        let promise = owner == Some("Promise");
        let catches = method == "catch" || (method == "then" && call.arguments.len() > 1);
        let chained = matches!(method, "then" | "finally") && !catches;
        // What the call is made on.
        match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) if catches || chained => self.maybe(!catches, |walk| {
                walk.at.awaited = awaited;
                walk.visit_expression(&member.object);
            }),
            callee => match self.function(callee, awaited) {
                Some(body) => self.reach.runs(body, here, awaited),
                None => self.visit_expression(&call.callee),
            },
        }
        let empty = match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => is_empty(&member.object),
            _ => false,
        };
        let runs = (!promise && RUN_CALLBACKS.contains(&method) && !empty) || (chained && awaited);
        let handed = awaited && matches!(method, "map" | "flatMap" | "then") || method == "forEach";
        let settles = promise && matches!(method, "allSettled" | "any" | "race");
        let passes = promise && matches!(method, "all" | "resolve") && awaited;
        self.maybe(sure && !settles && !catches, |walk| {
            for argument in &call.arguments {
                let function = argument.as_expression().and_then(|one| walk.function(one, handed || passes));
                match function {
                    Some(body) if runs => {
                        let here = walk.at.here();
                        walk.reach.runs(body, here, handed);
                    }
                    Some(_) => {}
                    None => {
                        walk.at.awaited = passes;
                        walk.visit_argument(argument);
                        walk.at.awaited = false;
                    }
                }
            }
        });
        if owner == Some("process") && method == "exit" {
            self.at.gone = true;
        }
    }

    pub(super) fn add_plan(&mut self, server: String, tool: String, offset: u32, arguments: Known, here: Here) {
        if self.calls.len() < MOST {
            let place = place_of(self.source, offset as usize);
            let (line, column) = (place.line, place.column);
            self.calls.push((PlannedCall { server, tool, line, column, certain: false, arguments }, here));
        }
    }

    pub(super) fn known(&self, expression: &Expression<'_>) -> Known {
        let named = |name: &IdentifierReference<'_>| {
            self.symbol(name).and_then(|symbol| self.constants.get(&symbol).cloned()).unwrap_or_default()
        };
        known(expression, &named, 0)
    }

    pub(super) fn plan(&mut self, call: &CallExpression<'_>, tool: (usize, usize), here: Here) {
        let params = self.surface.entry(tool.0, tool.1).params.clone();
        let mut given: Vec<&Expression<'_>> = call.arguments.iter().filter_map(Argument::as_expression).collect();
        let spread = given.len() < call.arguments.len();
        while given.last().is_some_and(|last| is_undefined(last)) {
            given.pop();
        }
        let one = if given.len() == 1 { Some(self.known(given[0])) } else { None };
        let arguments = match one {
            _ if spread => Known::Unknown,
            Some(whole @ (Known::Object { .. } | Known::Unknown)) => whole,
            _ if given.len() > params.len() => {
                let (label, most, count) = (self.label(tool), params.len(), given.len());
                let message =
                    format!("{label} takes at most {most} arguments, not {count}; better one object with keys");
                self.doubt("too_many_arguments", call.span.start, message, Some(tool), here);
                return;
            }
            _ => {
                let values = given.iter().map(|value| (is_undefined(value), self.known(value)));
                let fields = params.into_iter().zip(values).filter(|(_, (absent, _))| !absent);
                Known::Object { fields: fields.map(|(name, (_, value))| (name, value)).collect(), open: false }
            }
        };
        let (server, name) = self.names_of(tool.0, tool.1);
        self.add_plan(server, name, call.span.start, arguments, here);
    }

    pub(super) fn plan_by_name(&mut self, call: &CallExpression<'_>, here: Here) {
        let given: Vec<&Expression<'_>> = call.arguments.iter().filter_map(Argument::as_expression).collect();
        if given.len() < call.arguments.len() {
            return;
        }
        let (server, tool, rest) =
            match (given.first().and_then(|one| text(one)), given.get(1).and_then(|two| text(two))) {
                (Some(server), Some(tool)) => (server, tool, given.get(2)),
                // A second argument that is not written here may be the tool's name.
                (Some(tool), None)
                    if given.get(1).is_none_or(|two| matches!(self.known(two), Known::Object { .. })) =>
                {
                    (String::new(), tool, given.get(1))
                }
                _ => return,
            };
        let arguments = match rest.map(|rest| self.known(rest)) {
            None => Known::Object { fields: Vec::new(), open: false },
            Some(object @ Known::Object { .. }) => object,
            Some(_) => Known::Unknown,
        };
        self.add_plan(server, tool, call.span.start, arguments, here);
    }

    pub(super) fn endless(&mut self, body: &Statement<'_>, offset: u32) {
        let mut look = Endless { walk: self, tool: None, way_out: false };
        look.visit_statement(body);
        if let (Some(tool), false) = (look.tool, look.way_out) {
            let label = self.label(tool);
            let message = format!("this loop calls {label} without end: give it a break, a bound, or `await sleep(…)`");
            let here = self.at.here();
            self.doubt("unbounded_loop", offset, message, Some(tool), here);
        }
    }
}
