//! Results that are used before they are there, and the functions in which that happens.

use super::Walk;
use crate::preflight::reach::{Body, Here, Standing};
use oxc::ast::ast::{Expression, Function};
use oxc::ast_visit::Visit as _;

impl Walk<'_> {
    pub(super) fn not_awaited(&mut self, offset: u32, what: &str, tool: (usize, usize), here: Here) {
        let label = self.label(tool);
        let message = format!("{label}(…) gives a promise and is not awaited: {what} only after `await {label}(…)`");
        self.doubt("not_awaited", offset, message, Some(tool), here);
    }

    /// An expression whose result is used in a way that a promise does not offer.
    pub(super) fn consumed(&mut self, expression: &Expression<'_>, what: &str) {
        let here = self.at.here();
        match expression.get_inner_expression() {
            Expression::CallExpression(call) => {
                if let Some(tool) = self.tool_of(call) {
                    self.not_awaited(call.span.start, what, tool, here);
                }
            }
            Expression::Identifier(name) => {
                if let Some(symbol) = self.symbol(name)
                    && let Some(held) = self.promised.get_mut(&symbol)
                {
                    held.uses.push((name.span.start, what.to_owned(), here));
                }
            }
            _ => {}
        }
    }

    /// Looks at an expression whose result is used at once; a name is only read in part by that.
    pub(super) fn consume(&mut self, expression: &Expression<'_>, what: &str) {
        self.consumed(expression, what);
        let named =
            matches!(expression.get_inner_expression(), Expression::Identifier(one) if self.symbol(one).is_some());
        if !named {
            self.visit_expression(expression);
        }
        self.at.awaited = false;
    }

    pub(super) fn body(&mut self, is_async: bool, runs: bool, awaited: bool, visit: impl FnOnce(&mut Self)) -> usize {
        let body = self.reach.add(Body { is_async, runs, certain: false });
        let before =
            std::mem::replace(&mut self.at, Standing { body, sure: true, gone: false, skipped: false, awaited });
        visit(self);
        self.at = before;
        body
    }

    /// Visits a function that is written here; `awaited` says whether what it returns is.
    pub(super) fn function(&mut self, expression: &Expression<'_>, awaited: bool) -> Option<usize> {
        match expression.get_inner_expression() {
            Expression::ArrowFunctionExpression(arrow) => Some(self.body(arrow.r#async, true, false, |walk| {
                walk.maybe(false, |walk| walk.visit_formal_parameters(&arrow.params));
                walk.at.awaited = awaited;
                walk.visit_arrow_function_body(&arrow.body);
            })),
            Expression::FunctionExpression(function) => Some(self.plain_function(function)),
            _ => None,
        }
    }

    pub(super) fn plain_function(&mut self, function: &Function<'_>) -> usize {
        self.body(function.r#async, !function.generator, false, |walk| {
            walk.maybe(false, |walk| walk.visit_formal_parameters(&function.params));
            if let Some(body) = &function.body {
                walk.visit_function_body(body);
            }
        })
    }

    pub(super) fn maybe(&mut self, sure: bool, visit: impl FnOnce(&mut Self)) {
        let before = self.at.sure;
        self.at.sure &= sure;
        visit(self);
        self.at.sure = before;
    }

    pub(super) fn looped(&mut self, sure: bool, visit: impl FnOnce(&mut Self)) {
        let before = self.at.skipped;
        self.maybe(sure, visit);
        self.at.skipped = before;
    }
}
