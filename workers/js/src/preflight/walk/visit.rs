//! The order of running: statements and expressions, and under which of them nothing is certain.

use super::Walk;
use crate::preflight::meaning::Meaning;
use crate::preflight::values::text;
use oxc::ast::ast::*;
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::ScopeFlags;

/// Names whose use can define others.
const TRICKS: &[&str] =
    &["eval", "Function", "globalThis", "global", "self", "window", "arguments", "module", "exports"];

/// Methods that a promise has.
const OF_PROMISES: &[&str] = &["then", "catch", "finally", "constructor", "toString", "valueOf", "hasOwnProperty"];

pub(super) fn is_empty(expression: &Expression<'_>) -> bool {
    matches!(expression.get_inner_expression(), Expression::ArrayExpression(list) if list.elements.is_empty())
}

/// Whether a condition is written as true or false.
fn constant(expression: &Expression<'_>) -> Option<bool> {
    match expression.get_inner_expression() {
        Expression::BooleanLiteral(truth) => Some(truth.value),
        Expression::NumericLiteral(number) => Some(number.value != 0.0),
        _ => None,
    }
}

impl<'a> Visit<'a> for Walk<'_> {
    fn visit_expression(&mut self, expression: &Expression<'a>) {
        let awaited = std::mem::take(&mut self.at.awaited);
        match expression {
            Expression::CallExpression(call) => self.call(call, awaited),
            Expression::ParenthesizedExpression(_)
            | Expression::TSAsExpression(_)
            | Expression::TSSatisfiesExpression(_)
            | Expression::TSNonNullExpression(_)
            | Expression::TSTypeAssertion(_) => {
                self.at.awaited = awaited;
                self.visit_expression(expression.get_inner_expression());
            }
            Expression::ArrayExpression(list) => {
                for item in &list.elements {
                    if let ArrayExpressionElement::SpreadElement(spread) = item {
                        self.at.awaited = awaited;
                        self.consume(&spread.argument, "spread its result");
                        continue;
                    }
                    self.at.awaited = awaited;
                    self.visit_array_expression_element(item);
                }
                self.at.awaited = false;
            }
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => {
                self.function(expression, false);
            }
            _ => walk::walk_expression(self, expression),
        }
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        // Reached through optional chains: something before it may be absent.
        self.maybe(false, |walk| walk.call(call, false));
    }

    fn visit_spread_element(&mut self, spread: &SpreadElement<'a>) {
        self.visit_expression(&spread.argument);
    }

    fn visit_chain_expression(&mut self, chain: &ChainExpression<'a>) {
        self.maybe(false, |walk| walk::walk_chain_expression(walk, chain));
    }

    fn visit_await_expression(&mut self, waiting: &AwaitExpression<'a>) {
        self.at.awaited = true;
        self.visit_expression(&waiting.argument);
        self.at.awaited = false;
    }

    fn visit_expression_statement(&mut self, statement: &ExpressionStatement<'a>) {
        // What a promise that nobody keeps is rejected with ends the program as well.
        self.at.awaited = true;
        self.visit_expression(&statement.expression);
        self.at.awaited = false;
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        if let Some(value) = &statement.argument {
            self.at.awaited = true;
            self.visit_expression(value);
            self.at.awaited = false;
        }
        self.at.gone = true;
    }

    fn visit_break_statement(&mut self, _: &BreakStatement<'a>) {
        self.at.skipped = true;
    }

    fn visit_continue_statement(&mut self, _: &ContinueStatement<'a>) {
        self.at.skipped = true;
    }

    fn visit_labeled_statement(&mut self, statement: &LabeledStatement<'a>) {
        self.looped(true, |walk| walk.visit_statement(&statement.body));
    }

    fn visit_if_statement(&mut self, choice: &IfStatement<'a>) {
        self.visit_expression(&choice.test);
        let truth = constant(&choice.test);
        self.maybe(truth == Some(true), |walk| walk.visit_statement(&choice.consequent));
        if let Some(other) = &choice.alternate {
            self.maybe(truth == Some(false), |walk| walk.visit_statement(other));
        }
    }

    fn visit_conditional_expression(&mut self, choice: &ConditionalExpression<'a>) {
        self.visit_expression(&choice.test);
        self.maybe(false, |walk| {
            walk.visit_expression(&choice.consequent);
            walk.visit_expression(&choice.alternate);
        });
    }

    fn visit_logical_expression(&mut self, logic: &LogicalExpression<'a>) {
        self.visit_expression(&logic.left);
        self.maybe(false, |walk| walk.visit_expression(&logic.right));
    }

    fn visit_switch_statement(&mut self, switch: &SwitchStatement<'a>) {
        self.visit_expression(&switch.discriminant);
        self.looped(false, |walk| {
            for case in &switch.cases {
                walk.visit_switch_case(case);
            }
        });
    }

    fn visit_try_statement(&mut self, attempt: &TryStatement<'a>) {
        self.maybe(attempt.handler.is_none(), |walk| walk.visit_block_statement(&attempt.block));
        if let Some(handler) = &attempt.handler {
            self.maybe(false, |walk| walk.visit_catch_clause(handler));
        }
        if let Some(last) = &attempt.finalizer {
            self.visit_block_statement(last);
        }
    }

    fn visit_while_statement(&mut self, cycle: &WhileStatement<'a>) {
        self.visit_expression(&cycle.test);
        let truth = constant(&cycle.test);
        if truth == Some(true) {
            self.endless(&cycle.body, cycle.span.start);
        }
        let plain =
            matches!(cycle.test.get_inner_expression(), Expression::Identifier(_) | Expression::UnaryExpression(_));
        self.looped(truth.unwrap_or(!plain), |walk| walk.visit_statement(&cycle.body));
    }

    fn visit_do_while_statement(&mut self, cycle: &DoWhileStatement<'a>) {
        if constant(&cycle.test) == Some(true) {
            self.endless(&cycle.body, cycle.span.start);
        }
        self.looped(true, |walk| walk.visit_statement(&cycle.body));
        self.visit_expression(&cycle.test);
    }

    fn visit_for_statement(&mut self, cycle: &ForStatement<'a>) {
        if let Some(init) = &cycle.init {
            self.visit_for_statement_init(init);
        }
        let truth = cycle.test.as_ref().map_or(Some(true), constant);
        if truth == Some(true) {
            self.endless(&cycle.body, cycle.span.start);
        }
        self.looped(truth != Some(false), |walk| {
            cycle.test.iter().for_each(|test| walk.visit_expression(test));
            walk.visit_statement(&cycle.body);
            walk.maybe(false, |walk| cycle.update.iter().for_each(|update| walk.visit_expression(update)));
        });
    }

    fn visit_for_of_statement(&mut self, cycle: &ForOfStatement<'a>) {
        self.consume(&cycle.right, "loop over its result");
        self.looped(!is_empty(&cycle.right), |walk| {
            walk.visit_for_statement_left(&cycle.left);
            walk.visit_statement(&cycle.body);
        });
    }

    fn visit_for_in_statement(&mut self, cycle: &ForInStatement<'a>) {
        self.visit_expression(&cycle.right);
        self.looped(false, |walk| walk.visit_statement(&cycle.body));
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        if unary.operator == UnaryOperator::Typeof {
            if let Some(name) = unary.argument.get_identifier_reference() {
                self.excused.insert(name.name.to_string());
            }
            return self.maybe(false, |walk| walk.visit_expression(&unary.argument));
        }
        if unary.operator == UnaryOperator::Delete {
            return self.maybe(false, |walk| walk.visit_expression(&unary.argument));
        }
        self.visit_expression(&unary.argument);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        if binary.operator.is_arithmetic() || binary.operator.is_compare() {
            for side in [&binary.left, &binary.right] {
                if matches!(side.get_inner_expression(), Expression::CallExpression(_)) {
                    self.consumed(side, "reckon with its result");
                }
            }
        }
        self.visit_expression(&binary.left);
        self.visit_expression(&binary.right);
    }

    fn visit_template_literal(&mut self, text: &TemplateLiteral<'a>) {
        for part in &text.expressions {
            if matches!(part.get_inner_expression(), Expression::CallExpression(_)) {
                self.consumed(part, "write its result");
            }
            self.visit_expression(part);
        }
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        self.visit_expression(&assignment.right);
        let written = assignment.left.as_member_expression().map(MemberExpression::object);
        self.changed |= written.is_some_and(|object| self.is_closed(object, 0));
        self.maybe(false, |walk| walk.visit_assignment_target(&assignment.left));
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        let name = member.property.name.as_str();
        if let Some(owner @ (Meaning::Servers | Meaning::Server(_))) = self.meaning(&member.object, false) {
            self.part(owner, name, member.property.span.start);
        } else if !OF_PROMISES.contains(&name) {
            return self.consume(&member.object, &format!("read .{name} of its result"));
        }
        self.visit_expression(&member.object);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        let owner = self.meaning(&member.object, false);
        match (owner, text(&member.expression)) {
            (Some(owner @ (Meaning::Servers | Meaning::Server(_))), Some(name)) => {
                self.part(owner, &name, member.span.start);
            }
            _ => {
                self.consume(&member.object, "read a part of its result");
                return self.visit_expression(&member.expression);
            }
        }
        self.visit_expression(&member.object);
        self.visit_expression(&member.expression);
    }

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        let reference = name.reference_id.get().map(|id| self.scoping.get_reference(id));
        match reference.and_then(|reference| reference.symbol_id()) {
            Some(symbol) => drop(self.bare.insert(symbol)),
            None => {
                let text = name.name.as_str();
                self.tricks |= TRICKS.contains(&text);
                if reference.is_some_and(|reference| reference.is_write()) {
                    self.excused.insert(text.to_owned());
                } else if reference.is_some_and(|reference| reference.is_value())
                    && self.names.len() < crate::preflight::MOST
                {
                    let here = self.at.here();
                    self.names.push((text.to_owned(), name.span.start, here));
                }
            }
        }
    }

    fn visit_variable_declarator(&mut self, variable: &VariableDeclarator<'a>) {
        self.visit_binding_pattern(&variable.id);
        let Some(init) = &variable.init else { return };
        let symbol = variable.id.get_binding_identifier().and_then(|id| id.symbol_id.get());
        if let Some(body) = self.function(init, true) {
            if let Some(symbol) = symbol.filter(|symbol| !self.scoping.symbol_is_mutated(*symbol)) {
                self.reach.name(symbol, body);
            }
            return;
        }
        self.declared(&variable.id, init);
        self.holds(variable, init);
        self.visit_expression(init);
    }

    fn visit_function(&mut self, function: &Function<'a>, _: ScopeFlags) {
        let body = self.plain_function(function);
        let symbol = function.id.as_ref().and_then(|id| id.symbol_id.get());
        if let Some(symbol) =
            symbol.filter(|symbol| function.is_declaration() && !self.scoping.symbol_is_mutated(*symbol))
        {
            self.reach.name(symbol, body);
        }
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                let body = self.plain_function(function);
                self.default_body = Some(body);
                if let Some(symbol) = function.id.as_ref().and_then(|id| id.symbol_id.get()) {
                    self.reach.name(symbol, body);
                }
            }
            kind => match kind.as_expression().map(|value| (value, self.function(value, true))) {
                Some((_, Some(body))) => self.default_body = Some(body),
                Some((value, None)) => self.visit_expression(value),
                None => walk::walk_export_default_declaration_kind(self, kind),
            },
        }
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        // A class may be extended or decorated in ways that are not seen here.
        self.maybe(false, |walk| walk::walk_class(walk, class));
    }

    fn visit_import_declaration(&mut self, _: &ImportDeclaration<'a>) {}
    fn visit_ts_type_annotation(&mut self, _: &TSTypeAnnotation<'a>) {}
    fn visit_ts_type_parameter_instantiation(&mut self, _: &TSTypeParameterInstantiation<'a>) {}
    fn visit_ts_type_parameter_declaration(&mut self, _: &TSTypeParameterDeclaration<'a>) {}
    fn visit_ts_type_alias_declaration(&mut self, _: &TSTypeAliasDeclaration<'a>) {}
    fn visit_ts_interface_declaration(&mut self, _: &TSInterfaceDeclaration<'a>) {}
    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
}
