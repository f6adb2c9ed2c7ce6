//! Staying within the model's context: old results are taken out, and their place says so.

use crate::conversation::{Answer, Entry};
use crate::ports::Note;

/// What a result keeps of its beginning when even the last ones have to shrink.
const HEAD: usize = 2_000;

/// Takes out old results until half of all their characters are gone; the last answers stay, unless nothing
/// else is left to take. `None` where nothing could be taken.
pub(crate) fn trim(entries: &mut [Entry]) -> Option<Note> {
    let last = entries.iter().rposition(|entry| matches!(entry, Entry::Tools { .. }))?;
    let wanted = results(entries).map(|answer| answer.text.len()).sum::<usize>() / 2;
    let (mut count, mut chars) = (0, 0);
    for answer in answers(&mut entries[..last]) {
        if chars >= wanted {
            break;
        }
        if let Some(gone) = shorten(answer, 0) {
            (count, chars) = (count + 1, chars + gone);
        }
    }
    if count == 0 {
        for answer in answers(&mut entries[last..]) {
            if let Some(gone) = shorten(answer, HEAD) {
                (count, chars) = (count + 1, chars + gone);
            }
        }
    }
    (count > 0).then_some(Note::Trimmed { results: count, chars })
}

fn results(entries: &[Entry]) -> impl Iterator<Item = &Answer> {
    entries.iter().flat_map(|entry| if let Entry::Tools { answers } = entry { answers.as_slice() } else { &[] })
}

fn answers(entries: &mut [Entry]) -> impl Iterator<Item = &mut Answer> {
    entries.iter_mut().flat_map(|entry| match entry {
        Entry::Tools { answers } => answers.as_mut_slice(),
        _ => &mut [],
    })
}

/// Shortens one result; how many bytes are gone, if any.
fn shorten(answer: &mut Answer, head: usize) -> Option<usize> {
    if answer.trimmed {
        return None;
    }
    let kept = answer.text.floor_char_boundary(head);
    let gone = answer.text.len() - kept;
    let note = format!(
        "{}[{gone} characters of this result were removed by the agent to stay within the context; ask again for \
         what is needed, and for less of it]",
        if kept > 0 { "\n" } else { "" }
    );
    if gone <= note.len() {
        return None;
    }
    answer.text.truncate(kept);
    answer.text.push_str(&note);
    answer.trimmed = true;
    Some(gone)
}

/// Cuts a result that is too large for any context before the model sees it.
pub(crate) fn bounded(mut text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let kept = text.floor_char_boundary(most);
    let gone = text.len() - kept;
    text.truncate(kept);
    text.push_str(&format!("\n[{gone} more characters were cut by the agent; ask for less]"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(sizes: &[usize]) -> Vec<Entry> {
        let entry = |size: &usize| Entry::Tools { answers: vec![Answer::new("c", "é".repeat(size / 2), false)] };
        sizes.iter().map(entry).collect()
    }

    #[test]
    fn old_results_go_first_and_say_so() {
        let mut entries = tools(&[6_000, 6_000, 6_000, 3_000]);
        assert_eq!(trim(&mut entries), Some(Note::Trimmed { results: 2, chars: 12_000 }));
        assert!(entries[0].text().starts_with("[6000 characters of this result were removed"));
        assert_eq!(entries[3].text().len(), 3_000);
    }

    #[test]
    fn then_the_last_are_shortened_and_at_last_there_is_nothing_to_take() {
        let mut entries = tools(&[10_000]);
        assert_eq!(trim(&mut entries), Some(Note::Trimmed { results: 1, chars: 8_000 }));
        assert!(entries[0].text().len() < 2_300);
        assert_eq!(trim(&mut entries), None);
        assert_eq!(trim(&mut [Entry::user("x")]), None);
    }

    #[test]
    fn no_result_is_larger_than_allowed() {
        let text = bounded("é".repeat(100), 51);
        assert!(text.starts_with(&"é".repeat(25)) && text.contains("150 more"), "{text}");
    }
}
