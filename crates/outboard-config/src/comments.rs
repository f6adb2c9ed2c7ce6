//! JSON as editors let people write it, made plain: comments, trailing commas, a byte order mark.

/// Blanks comments and commas before a closing bracket; line breaks stay, so that error lines are right.
pub(crate) fn without_comments(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut out, mut chars, mut quoted) = (String::with_capacity(text.len()), text.chars().peekable(), false);
    // Where a comma stands that only blanks have followed so far.
    let mut comma = None;
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(_)) if quoted => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            ('/', Some('/')) if !quoted => {
                while chars.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            ('/', Some('*')) if !quoted => {
                chars.next();
                skip_block(&mut chars, &mut out);
                continue;
            }
            ('"', _) => quoted = !quoted,
            ('}' | ']', _) if !quoted => {
                comma.take().into_iter().for_each(|at| out.replace_range(at..=at, " "));
            }
            _ => {}
        }
        match c {
            ',' if !quoted => comma = Some(out.len()),
            _ if c.is_whitespace() && !quoted => {}
            _ => comma = None,
        }
        out.push(c);
    }
    out
}

fn skip_block(chars: &mut impl Iterator<Item = char>, out: &mut String) {
    let mut last = ' ';
    for c in chars {
        if c == '\n' {
            out.push(c);
        }
        if last == '*' && c == '/' {
            break;
        }
        last = c;
    }
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn what_editors_allow_becomes_plain_json() {
        for (written, plain) in [
            ("{\"a\": \"http://x, }\"}", "{\"a\": \"http://x, }\"}"),
            ("[1, // one\n 2, /* two\n */ ]", "[1, \n 2  \n ]"),
            ("{\"a\": [1,],}", "{\"a\": [1 ] }"),
            ("\"\\\", /* x */\"", "\"\\\", /* x */\""),
            ("\u{feff}{}", "{}"),
            ("/* open", ""),
            ("\"\\", "\"\\"),
        ] {
            assert_eq!(without_comments(written), plain, "{written}");
        }
    }
}
