//! Texts for people and models.

/// The first line of a text that says something, cut at a word after `most` characters.
pub fn one_line(text: &str, most: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(most) {
        None => line.to_owned(),
        Some((at, _)) => {
            let head = &line[..at];
            format!("{}…", head.rsplit_once(' ').map_or(head, |(head, _)| head))
        }
    }
}
