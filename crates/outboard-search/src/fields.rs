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

/// A tool with what is known of it beyond its definition.
#[derive(Debug, Clone, Default)]
pub struct Described<'a> {
    /// Its definition.
    pub document: Document<'a>,
    /// Fields of its results, declared or seen: name and documentation.
    pub results: Vec<(&'a str, &'a str)>,
    /// Further texts that people may search by: how a skill is used, notes, examples.
    pub texts: Vec<&'a str>,
}

/// A document of the next index.
#[derive(Debug, Clone)]
pub enum Next<'a> {
    /// The one at this position of the index before, as it was read then; nothing where there is none.
    Kept(usize),
    /// One that is read now.
    Read(Described<'a>),
}

impl<'a> From<Document<'a>> for Described<'a> {
    fn from(document: Document<'a>) -> Self {
        Self { document, ..Self::default() }
    }
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
    Result,
    Text,
}

/// How many fields there are.
pub(crate) const FIELDS: usize = 8;

/// Longest text read of one field, in bytes: descriptions come from servers and may have any length.
pub(crate) const MAX_FIELD: usize = 16_000;

/// Most parameters, fields of results and further texts read of one tool, each.
pub(crate) const MAX_PARAMETERS: usize = 256;

impl Field {
    /// Whether the field is a short label, where even small words carry meaning.
    pub(crate) fn is_label(self) -> bool {
        matches!(self, Field::Server | Field::Name | Field::Title)
    }
}

/// Cuts a text to at most `max` bytes, at a character border.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
