//! What a user may choose, and what is wrong with a choice.

use crate::Kind;

/// Where names of persons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Nowhere.
    Off,
    /// In labelled fields, columns and keys.
    #[default]
    Structured,
    /// In running text as well; slower and less exact.
    Prose,
}

/// What a rule says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing in the field is private.
    Allow,
    /// The whole value is private, and of this kind.
    Deny(Kind),
}

/// A decision on one field, or on everything from one server or tool.
#[derive(Debug, Clone)]
pub struct FieldRule {
    /// The server, or any.
    pub server: Option<String>,
    /// The tool, or any.
    pub tool: Option<String>,
    /// A key (`nickname`) or a JSON pointer in which `*` stands for one step (`/users/*/nickname`); none: any field.
    pub field: Option<String>,
    /// What holds there; the first rule that fits decides.
    pub action: Action,
}

/// A kind of the user's own: at least one of expression, keys and values.
#[derive(Debug, Clone, Default)]
pub struct Custom {
    /// Its label.
    pub name: String,
    /// A regular expression; its first group, if it has one, is what is private.
    pub regex: Option<String>,
    /// Keys and column headers whose whole value is private.
    pub keys: Vec<String>,
    /// Values that are private wherever they stand.
    pub values: Vec<String>,
}

/// Everything that can be chosen.
#[derive(Debug, Clone)]
pub struct Options {
    /// The built-in kinds to look for.
    pub kinds: Vec<Kind>,
    /// Where names are looked for.
    pub names: Names,
    /// Kinds of the user's own.
    pub custom: Vec<Custom>,
    /// Decisions on fields.
    pub fields: Vec<FieldRule>,
    /// Values that are never private, compared in their normal form.
    pub allow: Vec<String>,
    /// Findings less sure than this are dropped.
    pub threshold: f32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            kinds: Kind::BUILT_IN.to_vec(),
            names: Names::default(),
            custom: Vec::new(),
            fields: Vec::new(),
            allow: Vec::new(),
            threshold: 0.5,
        }
    }
}

/// What is wrong with a choice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A custom kind has nothing to look for.
    #[error("private kind `{0}` looks for nothing: give it a regex, keys or values")]
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
