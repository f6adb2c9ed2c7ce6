//! A text that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The shortest match that is found by walking the expression once; none if it cannot be read.
pub(crate) fn matching(pattern: &str) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut text = String::new();
    walk(&hir, &mut text)?;
    Some(text)
}

fn walk(hir: &Hir, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let plain = class.ranges().iter().find(|range| range.end() >= 'a' && range.start() <= 'z');
            let range = plain.or(class.ranges().first())?;
            text.push(if plain.is_some() { range.start().max('a') } else { range.start() });
        }
        HirKind::Class(Class::Bytes(class)) => text.push(char::from(class.ranges().first()?.start())),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                walk(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(capture) => walk(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| walk(part, text))?,
        HirKind::Alternation(options) => walk(options.first()?, text)?,
    }
    Some(())
}
