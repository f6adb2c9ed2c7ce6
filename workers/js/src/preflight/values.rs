//! What is known of a value before it exists.

use outboard_worker_protocol::Known;
use oxc::ast::ast::{ArrayExpressionElement, Expression, ObjectPropertyKind, UnaryOperator};
use oxc::semantic::SymbolId;
use serde_json::{Number, Value, json};

/// Lists and objects are read so deep and so far; longer texts only count as texts.
const DEEPEST: usize = 6;
const WIDEST: usize = 64;
const LONGEST: usize = 200;

/// What a name stands for, where that is known.
pub(super) type Named<'n> = &'n dyn Fn(&oxc::ast::ast::IdentifierReference<'_>) -> Known;

/// What is known of an expression's value.
pub(super) fn known(expression: &Expression<'_>, named: Named<'_>, depth: usize) -> Known {
    match expression.get_inner_expression() {
        Expression::StringLiteral(text) if text.value.len() <= LONGEST => Known::Literal(json!(text.value.as_str())),
        Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => Known::Kind("string".into()),
        Expression::NumericLiteral(number) => literal(number.value),
        Expression::BooleanLiteral(truth) => Known::Literal(json!(truth.value)),
        Expression::NullLiteral(_) => Known::Literal(Value::Null),
        Expression::UnaryExpression(sign) if sign.operator == UnaryOperator::UnaryNegation => {
            match sign.argument.get_inner_expression() {
                Expression::NumericLiteral(number) => literal(-number.value),
                _ => Known::Unknown,
            }
        }
        Expression::Identifier(name) => named(name),
        Expression::ArrayExpression(list) if depth < DEEPEST => {
            let items: Option<Vec<Known>> = list
                .elements
                .iter()
                .map(|item| match item {
                    ArrayExpressionElement::SpreadElement(_) | ArrayExpressionElement::Elision(_) => None,
                    item => item.as_expression().map(|item| known(item, named, depth + 1)),
                })
                .collect();
            match items.filter(|items| items.len() <= WIDEST) {
                Some(items) => Known::List(items),
                None => Known::Kind("array".into()),
            }
        }
        Expression::ObjectExpression(_) if depth < DEEPEST => object(expression, named, depth).unwrap_or_default(),
        _ => Known::Unknown,
    }
}

fn literal(number: f64) -> Known {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    let value = if whole { Some(Number::from(number as i64)) } else { Number::from_f64(number) };
    value.map_or(Known::Unknown, |number| Known::Literal(Value::Number(number)))
}

/// An object literal; the last of equal keys counts, as it does when it runs.
fn object(expression: &Expression<'_>, named: Named<'_>, depth: usize) -> Option<Known> {
    let Expression::ObjectExpression(written) = expression.get_inner_expression() else { return None };
    let (mut fields, mut open): (Vec<(String, Known)>, bool) = (Vec::new(), written.properties.len() > WIDEST);
    for property in written.properties.iter().take(WIDEST) {
        let ObjectPropertyKind::ObjectProperty(property) = property else {
            // What is spread may also replace what stands before it.
            fields.clear();
            open = true;
            continue;
        };
        let name = if property.computed { None } else { property.key.static_name() };
        let Some(name) = name.filter(|name| *name != "toJSON" && *name != "__proto__") else {
            open = true;
            continue;
        };
        let function = matches!(
            property.value.get_inner_expression(),
            Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_)
        );
        fields.retain(|(known, _)| *known != name);
        if function || is_undefined(&property.value) {
            // What JSON cannot hold is not sent.
            continue;
        }
        fields.push((name.into_owned(), known(&property.value, named, depth + 1)));
    }
    Some(Known::Object { fields, open })
}

pub(super) fn is_undefined(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::Identifier(name) => name.name == "undefined",
        Expression::UnaryExpression(sign) => sign.operator == UnaryOperator::Void,
        _ => false,
    }
}

/// The text of a literal.
pub(super) fn text(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(text) => text.single_quasi().map(|text| text.to_string()),
        _ => None,
    }
}

/// Constants of the program by their symbols.
pub(super) type Constants = std::collections::HashMap<SymbolId, Known>;
