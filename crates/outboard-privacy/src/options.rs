//! What a user may choose, and what is wrong with a choice.

use crate::Kind;

/// A kind of the user's own: at least one of expression and values.
#[derive(Debug, Clone, Default)]
pub struct Custom {
    /// Its label.
    pub name: String,
    /// A regular expression; its first group, if it has one, is what is private.
    pub regex: Option<String>,
    /// Values that are private wherever they stand.
    pub values: Vec<String>,
}

/// Everything that can be chosen.
#[derive(Debug, Clone)]
pub struct Options {
    /// The built-in kinds to look for.
    pub kinds: Vec<Kind>,
    /// Kinds of the user's own.
    pub custom: Vec<Custom>,
    /// Values that are never private, compared in their normal form.
    pub allow: Vec<String>,
    /// Findings less sure than this are dropped.
    pub threshold: f32,
}

impl Default for Options {
    fn default() -> Options {
        Options { kinds: Kind::BUILT_IN.to_vec(), custom: Vec::new(), allow: Vec::new(), threshold: 0.5 }
    }
}

/// What is wrong with a choice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A custom kind has nothing to look for.
    #[error("private kind `{0}` looks for nothing: give it a regex or values")]
    Empty(String),
    /// A custom kind's name cannot be a label.
    #[error("private kind `{0}` needs a name of 1 to 32 capital letters, digits and `_`")]
    Name(String),
    /// An expression does not compile, or compiles to too much.
    #[error("the regex of private kind `{name}` cannot be used: {source}")]
    Regex {
        /// The custom kind.
        name: String,
        /// What the compiler says.
        source: Box<regex::Error>,
    },
    /// The list of values is too large.
    #[error("the values of private kind `{name}` cannot be used: {source}")]
    Values {
        /// The custom kind.
        name: String,
        /// What the compiler says.
        source: Box<aho_corasick::BuildError>,
    },
}
