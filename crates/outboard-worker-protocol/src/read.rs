//! Reading what a worker sent, so that it takes about as much memory as it has bytes.
//!
//! A list of empty objects takes forty times the bytes of its text, so lists end early, and only messages that are one
//! long text may be long.

use crate::{FrameError, FromWorker};
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Items of a list that are read; what is behind them is not kept.
pub const MOST_LISTED: usize = 1_000;

/// Largest message of the kinds that no [long](LONG) text is part of, in bytes.
pub const MAX_SHORT: usize = 4 << 20;

/// Kinds that hold one text, or one value that stays text: these may be as long as a frame.
const LONG: [&str; 6] = ["call", "search", "fetch", "console", "result", "error"];

impl FromWorker {
    /// Reads the body of a frame.
    ///
    /// # Errors
    /// If it is no message of this protocol, or longer than its kind may be.
    pub fn read(body: &[u8]) -> Result<Self, FrameError> {
        if body.len() > MAX_SHORT && !is_long(body) {
            return Err(FrameError::TooLarge { size: body.len(), limit: MAX_SHORT });
        }
        Ok(serde_json::from_slice(body)?)
    }
}

/// Whether the kind, as it is usually written, is a long one. One that is written in another way is none.
fn is_long(body: &[u8]) -> bool {
    let kind = || body.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"");
    kind().is_some_and(|rest| {
        LONG.iter().any(|kind| rest.strip_prefix(kind.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'"')))
    })
}

/// Reads a list up to [`MOST_LISTED`] items.
pub(crate) fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(Few(PhantomData))
}

struct Few<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut given: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < MOST_LISTED {
            match given.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(items),
            }
        }
        while given.next_element::<IgnoredAny>()?.is_some() {}
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_list_only_the_beginning_is_kept() {
        let many = vec!["{}"; 100_000].join(",");
        let body =
            format!(r#"{{"inspected":{{"inspection":{{"preflight":{{"problems":[{many}]}},"imports":["a"]}}}}}}"#);
        let FromWorker::Inspected { inspection } = FromWorker::read(body.as_bytes()).unwrap() else { panic!("{body}") };
        assert_eq!((inspection.preflight.problems.len(), inspection.imports.len()), (MOST_LISTED, 1));
    }

    #[test]
    fn only_kinds_of_one_text_may_be_long() {
        let long = "x".repeat(MAX_SHORT);
        let console = format!(r#" {{ "console":{{"stream":"out","text":"{long}"}}}}"#);
        assert!(matches!(FromWorker::read(console.as_bytes()), Ok(FromWorker::Console { .. })));
        for kind in ["inspected", "ready", r"\u0069nspected", "consolex", "made up"] {
            let body = format!(r#"{{"{kind}":{{"inspection":{{"imports":["{long}"]}}}}}}"#);
            assert!(matches!(FromWorker::read(body.as_bytes()), Err(FrameError::TooLarge { .. })), "{kind}");
        }
        assert!(matches!(FromWorker::read(&vec![b' '; MAX_SHORT + 1]), Err(FrameError::TooLarge { .. })));
    }
}
