//! Texts that are unreadable at rest.
//!
//! What programs, tools and people wrote is sealed before it is written and opened after it is read; names,
//! digests, times and sizes are not, as they are what records are found by. Rows that were written without a
//! seal stay readable with one. How a text is sealed is the business of whoever gives the [`Seal`].

use crate::durable::{Event, Intent, Value, What};
use crate::error::JournalError;
use std::sync::Arc;

/// What a sealed text begins with; no JSON text and no program does.
const MARK: &str = "\u{1}sealed:";

/// Makes a text unreadable, and readable again.
pub trait Seal: Send + Sync {
    /// The sealed text.
    fn seal(&self, text: &str) -> String;

    /// The text that was sealed.
    ///
    /// # Errors
    ///
    /// Why it cannot be had, such as another key; never the text.
    fn open(&self, sealed: &str) -> Result<String, String>;
}

/// A seal, where there is one.
#[derive(Clone, Default)]
pub(crate) struct Sealed(Option<Arc<dyn Seal>>);

impl Sealed {
    pub(crate) fn with(seal: Option<Arc<dyn Seal>>) -> Self {
        Self(seal)
    }

    /// The text as it is written.
    pub(crate) fn seal(&self, text: &str) -> String {
        self.0.as_ref().map_or_else(|| text.to_owned(), |seal| format!("{MARK}{}", seal.seal(text)))
    }

    /// The text as it was given.
    pub(crate) fn open(&self, text: String) -> Result<String, JournalError> {
        let Some(sealed) = text.strip_prefix(MARK) else { return Ok(text) };
        let Some(seal) = &self.0 else {
            return Err(JournalError::Sealed { reason: "no key was given".to_owned() });
        };
        seal.open(sealed).map_err(|reason| JournalError::Sealed { reason })
    }

    pub(crate) fn open_some(&self, text: Option<String>) -> Result<Option<String>, JournalError> {
        text.map(|text| self.open(text)).transpose()
    }

    /// A value kept in a file stays there; it is opened when it is loaded.
    fn value(&self, value: Value) -> Result<Value, JournalError> {
        match value {
            Value::Text(text) => Ok(Value::Text(self.open(text)?)),
            blob => Ok(blob),
        }
    }

    pub(crate) fn intent(&self, intent: Intent) -> Result<Intent, JournalError> {
        Ok(Intent { arguments: self.value(intent.arguments)?, ..intent })
    }

    pub(crate) fn event(&self, event: Event) -> Result<Event, JournalError> {
        let what = match event.what {
            What::Completed { call, outcome: Ok(value) } => What::Completed { call, outcome: Ok(self.value(value)?) },
            What::Noted { kind, body } => What::Noted { kind, body: self.value(body)? },
            failed => failed,
        };
        Ok(Event { what, ..event })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Turns letters, which suffices to see what is sealed.
    pub(crate) struct Turned;

    impl Seal for Turned {
        fn seal(&self, text: &str) -> String {
            text.chars().rev().collect()
        }

        fn open(&self, sealed: &str) -> Result<String, String> {
            Ok(sealed.chars().rev().collect())
        }
    }

    #[test]
    fn what_was_written_without_a_seal_stays_readable() {
        let sealed = Sealed::with(Some(Arc::new(Turned)));
        let text = sealed.seal("{\"key\":1}");
        assert!(text.starts_with(MARK) && !text.contains("key"));
        assert_eq!(sealed.open(text.clone()).unwrap(), "{\"key\":1}");
        assert_eq!(sealed.open("plain".to_owned()).unwrap(), "plain");
        assert!(matches!(Sealed::default().open(text), Err(JournalError::Sealed { .. })));
    }
}
