//! The way back from a place in the text that runs to the place in the text that the agent wrote.
//!
//! Two steps: `wrap` moved pieces of the printed text (segments), the printer moved the source (source map).

/// A line and a column in UTF-16 units, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A piece of the printed text inside the text that runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) start: usize,
    pub(crate) printed: usize,
    pub(crate) len: usize,
}

/// Everything needed to go back; used only when something is reported.
pub(crate) struct Origin {
    pub(crate) source: String,
    pub(crate) printed: String,
    pub(crate) text: String,
    pub(crate) segments: Vec<Segment>,
    /// Line and column in the printed text, then line and column in the source; from 0, in printed order.
    pub(crate) tokens: Vec<[u32; 4]>,
}

impl Origin {
    /// The place in the source of a place in the text that runs.
    pub(crate) fn find(&self, place: Place) -> Option<Place> {
        let offset = offset_of(&self.text, place)?;
        let segment = self.segments.iter().rfind(|segment| segment.start <= offset)?;
        let inside = (offset - segment.start).min(segment.len);
        let printed = place_of(&self.printed, segment.printed + inside);
        let (line, column) = (printed.line - 1, printed.column - 1);
        let on_line = || self.tokens.iter().filter(|token| token[0] == line);
        let token = on_line().rfind(|token| token[1] <= column).or_else(|| on_line().next())?;
        Some(Place { line: token[2] + 1, column: token[3] + 1 })
    }

    /// One line of the source, cut to a readable length.
    pub(crate) fn excerpt(&self, line: u32) -> Option<String> {
        excerpt(&self.source, line)
    }
}

/// One line of a text, without the spaces at its end, cut at 200 characters.
pub(crate) fn excerpt(text: &str, line: u32) -> Option<String> {
    let line = text.lines().nth(line.checked_sub(1)? as usize)?;
    Some(line.trim_end().chars().take(200).collect())
}

/// The place of a byte offset.
pub(crate) fn place_of(text: &str, offset: usize) -> Place {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
    Place { line, column: before[line_start..].encode_utf16().count() as u32 + 1 }
}

/// The byte offset of a place; a column past the line's end means its end.
fn offset_of(text: &str, place: Place) -> Option<usize> {
    let wanted = place.line.checked_sub(1)? as usize;
    let start = match wanted {
        0 => 0,
        _ => text.match_indices('\n').nth(wanted - 1)?.0 + 1,
    };
    let line = text[start..].split('\n').next()?;
    let mut units = 1;
    for (at, letter) in line.char_indices() {
        if units >= place.column as usize {
            return Some(start + at);
        }
        units += letter.len_utf16();
    }
    Some(start + line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_offsets_are_inverse() {
        let text = "ab\nč𝒳d\n\nlast";
        for (offset, _) in text.char_indices() {
            assert_eq!(offset_of(text, place_of(text, offset)), Some(offset), "{offset}");
        }
    }

    #[test]
    fn a_place_past_the_text_is_none() {
        assert_eq!(offset_of("one\ntwo", Place { line: 9, column: 1 }), None);
        assert_eq!(offset_of("one\ntwo", Place { line: 1, column: 99 }), Some(3));
    }
}
