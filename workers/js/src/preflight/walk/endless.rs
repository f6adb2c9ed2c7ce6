//! Loops around tool calls that nothing ends.

use super::Walk;
use oxc::ast::ast::*;
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::ScopeFlags;

/// Looks for a way out of a loop, and for a tool call in it.
pub(super) struct Endless<'w, 's> {
    pub(super) walk: &'w Walk<'s>,
    pub(super) tool: Option<(usize, usize)>,
    pub(super) way_out: bool,
}

impl<'a> Visit<'a> for Endless<'_, '_> {
    fn visit_statement(&mut self, statement: &Statement<'a>) {
        use Statement as S;
        self.way_out |= matches!(
            statement,
            S::BreakStatement(_)
                | S::ReturnStatement(_)
                | S::ThrowStatement(_)
                | S::TryStatement(_)
                | S::ContinueStatement(_)
        );
        walk::walk_statement(self, statement);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let method = match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => member.property.name.as_str(),
            _ => "",
        };
        match self.walk.tool_of(call) {
            Some(tool) => self.tool = self.tool.or(Some(tool)),
            None => self.way_out |= !matches!(method, "push" | "log" | "concat" | "error" | "warn" | "set" | "add"),
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_yield_expression(&mut self, _: &YieldExpression<'a>) {
        self.way_out = true;
    }

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {
        self.way_out = true;
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {
        self.way_out = true;
    }

    fn visit_new_expression(&mut self, _: &NewExpression<'a>) {
        self.way_out = true;
    }
}
