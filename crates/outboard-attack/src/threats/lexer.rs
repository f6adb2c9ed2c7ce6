//! Generated TypeScript without its comments and strings: what is left is what an engine would run.

/// Everything of the text that is code; comments become a space and strings `""`.
///
/// # Errors
/// Where something is never closed, or is of a kind that generated modules have no use for.
pub(super) fn code(text: &str) -> Result<String, String> {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '/' if rest.starts_with("//") => after_line(rest),
            '/' if rest.starts_with("/*") => rest[2..].split_once("*/").ok_or("a comment without an end")?.1,
            '/' => return Err(format!("a slash in code: {}", shown(rest))),
            '`' => return Err(format!("a template in code: {}", shown(rest))),
            '"' | '\'' => {
                code.push_str("\"\"");
                after_string(&rest[1..], next)?
            }
            _ => {
                code.push(next);
                &rest[next.len_utf8()..]
            }
        };
    }
    Ok(code)
}

fn is_line_end(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn after_line(text: &str) -> &str {
    text.find(is_line_end).map_or("", |at| &text[at..])
}

fn after_string(text: &str, quote: char) -> Result<&str, String> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' | '\r' => return Err(format!("a string over two lines: {}", shown(text))),
            _ if letter == quote => return Ok(&text[at + 1..]),
            _ => {}
        }
    }
    Err("a string without an end".to_owned())
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn what_hides_in_text_is_gone_and_what_escaped_stays() {
        assert_eq!(code("a /* x() */ b // y()\nc \"z()\\\"\" d").unwrap(), "a  b \nc \"\" d");
        assert!(code("/* a */ x() /* */").unwrap().contains("x()"));
        assert!(code("// a\u{2028}x()").unwrap().contains("x()"), "this ends a line too");
        assert!(code("\"a\"; x(); \"b\"").unwrap().contains("x()"));
        for bad in ["/* a", "\"a\nb\"", "`a`", "a / b", "\"a\\\""] {
            assert!(code(bad).is_err(), "{bad}");
        }
    }
}
