//! What `WWW-Authenticate` says: the part of it that is about tokens, be they for any bearer or bound to a key.

/// The challenge of a server that wants another token, or one at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Challenge {
    /// Where the metadata of the resource are.
    pub resource_metadata: Option<String>,
    /// The scopes that it wants.
    pub scope: Option<String>,
    /// What is wrong, such as `insufficient_scope`.
    pub error: Option<String>,
    /// Whether tokens that are bound to a key are taken (DPoP).
    pub proofs: bool,
}

/// Longer headers are not read.
const LONGEST: usize = 8 << 10;

impl Challenge {
    /// Reads the values of all headers of that name; the first one about tokens counts.
    pub fn read<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        headers.into_iter().filter(|text| text.len() <= LONGEST).find_map(Self::parse)
    }

    /// The scopes, one by one.
    pub fn scopes(&self) -> Vec<String> {
        self.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let (mut challenge, mut inside, mut rest): (Option<Self>, _, _) = (None, false, text);
        while let Some((piece, after)) = next(rest) {
            rest = after;
            match piece {
                Piece::Scheme(name) => {
                    let proofs = name.eq_ignore_ascii_case("dpop");
                    let known = proofs || name.eq_ignore_ascii_case("bearer");
                    inside = known && challenge.is_none();
                    if known {
                        challenge.get_or_insert_default().proofs |= proofs;
                    }
                }
                Piece::Parameter(name, value) if inside => {
                    let Some(challenge) = &mut challenge else { continue };
                    match name.to_ascii_lowercase().as_str() {
                        "resource_metadata" => challenge.resource_metadata = Some(value),
                        "scope" => challenge.scope = Some(value),
                        "error" => challenge.error = Some(value),
                        _ => {}
                    }
                }
                Piece::Parameter(..) => {}
            }
        }
        challenge
    }
}

enum Piece<'a> {
    Scheme(&'a str),
    Parameter(&'a str, String),
}

/// The next scheme or parameter, and what follows it.
fn next(text: &str) -> Option<(Piece<'_>, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let end = text.find([' ', '\t', ',', '=']).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if text.is_empty() {
        return None;
    }
    match after.trim_start().strip_prefix('=') {
        // Padding of a token in place of parameters ends here as well.
        Some(value) => {
            let (value, after) = read_value(value.trim_start());
            Some((Piece::Parameter(name, value), after))
        }
        None => Some((Piece::Scheme(name), after)),
    }
}

fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (value, &quoted[at + 1..]),
            _ => {
                value.push(c);
                escaped = false;
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_parameters_are_found_among_others() {
        let text = r#"Basic realm="a, b=\"c\"", Bearer error="insufficient_scope", scope="a b" , resource_metadata=https://x/y, DPoP scope="no""#;
        let challenge = Challenge::read([text]).unwrap();
        assert_eq!(challenge.scopes(), ["a", "b"]);
        assert_eq!(challenge.error.as_deref(), Some("insufficient_scope"));
        assert_eq!(challenge.resource_metadata.as_deref(), Some("https://x/y"));
        assert!(challenge.proofs, "the last of them");
        let bound = Challenge::read([r#"DPoP error="use_dpop_nonce", algs="ES256""#]).unwrap();
        assert!(bound.proofs && bound.error.as_deref() == Some("use_dpop_nonce"));
    }

    #[test]
    fn nothing_is_made_of_what_is_none() {
        assert_eq!(Challenge::read(["Bearer"]), Some(Challenge::default()));
        assert_eq!(Challenge::read(["Negotiate a87421==", ""]), None);
        for text in ["=", "Bearer =", "Bearer a=\"", "\"", "Bearer ,,,=,", "Bearer a=\"\\", "é=é Bearer"] {
            let _ = Challenge::read([text]);
        }
    }
}
