//! What is known of one tool, and how much each part of it says about the tool's purpose.

/// The text of one tool, borrowed for the time of building.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// The server's name.
    pub server: &'a str,
    /// The tool's own name.
    pub name: &'a str,
    /// Its title; empty where it has none.
    pub title: &'a str,
    /// Its description.
    pub description: &'a str,
    /// Its parameters: name and documentation.
    pub parameters: Vec<(&'a str, &'a str)>,
}

/// A part of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Server,
    Name,
    Title,
    Description,
    Parameter,
    ParameterDoc,
}

/// How many fields there are.
pub(crate) const FIELDS: usize = 6;

/// Longest text read of one field, in bytes: descriptions come from servers and may have any length.
pub(crate) const MAX_FIELD: usize = 16_000;

/// Most parameters read of one tool.
pub(crate) const MAX_PARAMETERS: usize = 256;

impl Field {
    /// What one word in this field counts, compared with one word of the description.
    pub(crate) const WEIGHTS: [f32; FIELDS] = [0.7, 2.0, 1.5, 1.0, 0.8, 0.8];

    /// How far a field's length lowers the weight of its words: 0 not at all, 1 in full.
    pub(crate) const LENGTH: [f32; FIELDS] = [0.3, 0.5, 0.5, 0.6, 0.5, 0.75];

    /// Whether the field is a short label, where even small words carry meaning.
    pub(crate) fn is_label(self) -> bool {
        matches!(self, Field::Server | Field::Name | Field::Title)
    }
}

/// Cuts a text to at most `max` bytes, at a character border.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
