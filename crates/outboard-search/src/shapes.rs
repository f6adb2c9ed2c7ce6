//! Hints from the shape of values: a request that holds `https://…` is about a page, whatever it says.
//!
//! The words given here match the names and documentation of parameters that take such values.

/// Looks at every blank-separated piece of a request and emits words for what it looks like.
pub(crate) fn hints(request: &str, mut emit: impl FnMut(&'static str)) {
    for piece in request.split_whitespace() {
        shape(bare(piece)).iter().for_each(|word| emit(word));
    }
}

/// What a piece of text looks like; empty for plain words.
fn shape(piece: &str) -> &'static [&'static str] {
    if piece.starts_with("http://") || piece.starts_with("https://") || piece.starts_with("www.") {
        &["url", "web", "page"]
    } else if is_email(piece) {
        &["email"]
    } else if is_selector(piece) {
        &["selector", "element"]
    } else if piece.starts_with(['$', '€', '£', '¥']) && piece.chars().any(|c| c.is_ascii_digit()) {
        &["amount", "price"]
    } else if is_path(piece) {
        &["path", "file"]
    } else if is_date(piece) {
        &["date"]
    } else if is_address(piece) {
        &["ip", "address"]
    } else {
        crate::kinds::of(piece)
    }
}

/// Whether a piece of a request is a value with a shape of its own rather than prose.
pub(crate) fn is_value(piece: &str) -> bool {
    !shape(bare(piece)).is_empty()
}

/// Without the marks of the sentence around it.
fn bare(piece: &str) -> &str {
    piece.trim_matches(|c: char| c.is_whitespace() || "\"'`()[]{}<>,;:!?".contains(c)).trim_end_matches('.')
}

fn is_email(piece: &str) -> bool {
    piece.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}

fn is_selector(piece: &str) -> bool {
    let name = piece.strip_prefix(['#', '.']).unwrap_or("");
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.contains(|c: char| !c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// `./a/b`, `/etc/hosts`, `~/x`, `C:\x`, or a name with a short extension such as `report.csv`.
fn is_path(piece: &str) -> bool {
    if ["./", "../", "~/", "/"].iter().any(|start| piece.len() > start.len() && piece.starts_with(start)) {
        return true;
    }
    if piece.contains(":\\") {
        return true;
    }
    piece.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (2..=5).contains(&extension.len())
            && extension.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && extension.bytes().any(|b| b.is_ascii_lowercase())
    })
}

/// `2024-06-15`, `09/30/2025`.
fn is_date(piece: &str) -> bool {
    ['-', '/'].into_iter().any(|mark| {
        let parts: Vec<&str> = piece.split(mark).take(4).collect();
        parts.len() == 3 && parts.iter().all(|p| matches!(p.len(), 1..=4) && p.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn is_address(piece: &str) -> bool {
    piece.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_values_by_shape() {
        let of = |text: &str| {
            let mut out = Vec::new();
            hints(text, |word| out.push(word));
            out
        };
        assert_eq!(of("open https://example.org/x."), ["url", "web", "page"]);
        assert_eq!(of("write to (ann@example.org)"), ["email"]);
        assert_eq!(of("click '#checkout-btn' now"), ["selector", "element"]);
        assert_eq!(of("read ./src/main.rs"), ["path", "file"]);
        assert_eq!(of("from report.csv"), ["path", "file"]);
        assert_eq!(of("on 2024-06-15 send $270"), ["date", "amount", "price"]);
        assert_eq!(of("ping 10.0.0.1"), ["ip", "address"]);
        assert!(of("nothing to see. e.g. this, #1").is_empty());
    }
}
