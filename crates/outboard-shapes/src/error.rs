//! What can go wrong; no message repeats anything of a result.

/// A result that nothing was learned from. What was known before stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObserveError {
    /// The text is not JSON.
    #[error("the result is not JSON (line {line}, column {column}); its shape stays as it was")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1.
        column: usize,
    },
    /// The text is longer than [`crate::MAX_RESULT`].
    #[error("the result has {bytes} bytes; shapes are learned from results of at most {max} bytes")]
    TooLarge {
        /// Length of the text.
        bytes: usize,
        /// Longest text that is read.
        max: usize,
    },
}

/// A stored shape that cannot be used. The remedy is to forget it: it is learned again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The text was not written by this crate, or was changed since.
    #[error("the stored shape is damaged (line {line}, column {column}); reset it, and it is learned anew")]
    Damaged {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1.
        column: usize,
    },
    /// The text holds what no shape of this version can hold.
    #[error("the stored shape breaks a rule of its format: {rule}; reset it, and it is learned anew")]
    Unsound {
        /// The rule that is broken.
        rule: &'static str,
    },
    /// The text comes from another version of the format.
    #[error("the stored shape has version {found}, this program reads {known}; reset it, and it is learned anew")]
    Version {
        /// Version of the text.
        found: u32,
        /// Version that can be read.
        known: u32,
    },
}
