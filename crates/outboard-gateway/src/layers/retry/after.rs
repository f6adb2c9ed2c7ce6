//! How long a server asks to be left alone: `retry after 2 s`, `Retry-After: 30`, `retry_after_ms=1500`.

use outboard_types::ToolError;
use std::time::Duration;

/// The pause that an error asks for, read from its hint and else from its message. Both may hold a
/// server's words, so the caller bounds what comes out.
pub(super) fn retry_after(error: &ToolError) -> Option<Duration> {
    error.hint.as_deref().and_then(read).or_else(|| read(&error.message))
}

fn read(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let at = text.find("retry")?;
    let rest = text[at + "retry".len()..].trim_start_matches(['-', '_', ' ']);
    let rest = rest.strip_prefix("after")?;
    let unit_in_name = rest.starts_with("_ms") || rest.starts_with("-ms");
    let rest = rest.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.' && c != '\n' && c != ',');
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let number: f64 = rest[..end].trim_end_matches('.').parse().ok()?;
    let unit = rest[end..].trim_start();
    let seconds = match unit {
        _ if unit_in_name || unit.starts_with("ms") || unit.starts_with("milli") => number / 1_000.0,
        _ if unit.starts_with("min") => number * 60.0,
        _ => number,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_forms_are_read_and_nonsense_is_not() {
        for (text, expected) in [
            ("retry after 2 s", Some(2_000)),
            ("429 Too Many Requests; Retry-After: 30", Some(30_000)),
            ("retry_after_ms=1500", Some(1_500)),
            ("please retry after 250ms, thanks", Some(250)),
            ("retry after 1.5 seconds.", Some(1_500)),
            ("retry after 2 minutes", Some(120_000)),
            ("try again later", None),
            ("retry after lunch", None),
            ("retry after 99999999999999999999999999 s", None),
            ("retry", None),
        ] {
            let read = read(text).map(|pause| pause.as_millis());
            assert_eq!(read, expected, "{text}");
        }
    }
}
