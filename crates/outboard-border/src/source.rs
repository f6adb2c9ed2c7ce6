//! Tokens in what a model wrote.

use crate::border::Border;
use crate::place::Place;
use outboard_types::{ErrorCode, ToolError};
use outboard_vault::RestoreError;
use regex::Regex;
use serde_json::value::RawValue;
use std::sync::LazyLock;

/// What may be a token, with the part of the value that a view keeps behind it.
pub(crate) static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[[A-Z][A-Z0-9_]*_[0-9]+(?::[^\[\]]{1,48})?\](?:@[A-Za-z0-9.-]+)?").expect("invariant: it compiles")
});

/// Whether a text has the form of one token and nothing else.
pub(crate) fn is_mark(text: &str) -> bool {
    MARK.find(text).is_some_and(|mark| mark.range() == (0..text.len()))
}

/// Different tokens of one program that are put back; more are restored in arguments only.
const MOST: usize = 10_000;

impl Border {
    /// The tokens that a program's text holds, longest first, and what they stand for. What stands for nothing is
    /// left out: it is an error only where it is sent to a tool.
    pub fn tokens_in(&self, place: &Place, code: &str) -> Vec<(String, String)> {
        let mut marks: Vec<&str> = MARK.find_iter(code).map(|mark| mark.as_str()).collect();
        marks.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        marks.dedup();
        let whole_and_bare = marks.into_iter().flat_map(|mark| {
            let bare = mark.rsplit_once("]@").map(|(bare, _)| format!("{bare}]"));
            [Some(mark.to_owned()), bare].into_iter().flatten()
        });
        let restored = whole_and_bare.take(MOST).filter_map(|mark| {
            let value = self.session(place).ok()?.restore(&mark).ok()?;
            (value != mark).then_some((mark, value))
        });
        restored.collect()
    }

    /// The value behind a token, for a person who may see it; whoever calls this notes that somebody looked.
    ///
    /// # Errors
    ///
    /// `unknown_token`, where it stands for nothing here.
    pub fn reveal(&self, place: &Place, token: &str) -> Result<String, ToolError> {
        let session = self.session(place).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))?;
        let value = session.restore(token).map_err(|error| refused(&error))?;
        if value == token {
            return Err(ToolError::new(ErrorCode::UnknownToken, format!("{token} is no token of this session"))
                .hint("`outboard privacy sessions` lists the sessions"));
        }
        Ok(value)
    }

    /// JSON with values in place of tokens; `None` where there are none.
    ///
    /// # Errors
    ///
    /// `unknown_token`, where something that has the form of a token is none of this place.
    pub fn restored(&self, place: &Place, json: &RawValue) -> Result<Option<Box<RawValue>>, ToolError> {
        let text = json.get();
        if !text.contains('[') && !text.contains("%5") {
            return Ok(None);
        }
        let session = self.session(place).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))?;
        let restored = session.restore(text).map_err(|error| refused(&error))?;
        if restored == text {
            return Ok(None);
        }
        RawValue::from_string(restored)
            .map(Some)
            .map_err(|error| ToolError::new(ErrorCode::Internal, format!("restored arguments are not JSON: {error}")))
    }
}

fn refused(error: &RestoreError) -> ToolError {
    match error {
        RestoreError::Vault(error) => ToolError::new(ErrorCode::Internal, error.to_string())
            .hint("nothing was sent; see the state folder's vault"),
        error => ToolError::new(ErrorCode::UnknownToken, error.to_string())
            .hint("use tokens exactly as this session showed them"),
    }
}
