//! Puts back, into the texts that a program writes, the private values whose tokens it was written with.
//!
//! Only string and template literals are changed, as parsed values: what a token stands for can be no code.

use oxc::allocator::Allocator;
use oxc::ast::ast::{Program, Str, StringLiteral, TemplateElement};
use oxc::ast_visit::VisitMut;

/// Replaces tokens in every literal of a program.
pub(crate) fn restore<'a>(program: &mut Program<'a>, allocator: &'a Allocator, tokens: &[(String, String)]) {
    if !tokens.is_empty() {
        Restorer { allocator, tokens }.visit_program(program);
    }
}

struct Restorer<'a, 't> {
    allocator: &'a Allocator,
    tokens: &'t [(String, String)],
}

impl<'a> Restorer<'a, '_> {
    /// The text with values in place of tokens, each value first made fit for its surroundings.
    fn restored(&self, text: &str, fit: impl Fn(&str) -> String) -> Option<Str<'a>> {
        let mut found = self.tokens.iter().filter(|(token, _)| text.contains(token.as_str())).peekable();
        found.peek()?;
        let restored = found.fold(text.to_owned(), |text, (token, value)| text.replace(token, &fit(value)));
        Some(Str::from(self.allocator.alloc_str(&restored) as &str))
    }
}

impl<'a> VisitMut<'a> for Restorer<'a, '_> {
    fn visit_string_literal(&mut self, literal: &mut StringLiteral<'a>) {
        if let Some(text) = self.restored(&literal.value, str::to_owned) {
            (literal.value, literal.raw) = (text, None);
        }
    }

    fn visit_template_element(&mut self, element: &mut TemplateElement<'a>) {
        let value = &mut element.value;
        if let Some(text) = value.cooked.and_then(|cooked| self.restored(&cooked, str::to_owned)) {
            value.cooked = Some(text);
        }
        if let Some(text) = self.restored(&value.raw, in_template) {
            value.raw = text;
        }
    }
}

/// As it is written between backticks.
fn in_template(value: &str) -> String {
    value.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${").replace('\r', "\\r")
}
