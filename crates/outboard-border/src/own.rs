//! Tokens that a program asks for itself.

use crate::border::Border;
use crate::place::Place;
use crate::source::is_mark;
use outboard_privacy::Kind;
use outboard_types::{ErrorCode, ToolError};
use outboard_vault::{Found, TokensHere, VaultError};
use std::borrow::Cow;

impl Border {
    /// The token of a value, which from now on hides the value wherever this place shows it. `kind` is the label of a
    /// kind such as `EMAIL`; one that is not configured makes a `PRIVATE` token.
    ///
    /// # Errors
    ///
    /// `limit_exceeded`, where the value is too long or the place holds too many; `internal`, where the vault fails.
    pub fn tokenized(&self, place: &Place, value: &str, kind: &str) -> Result<String, ToolError> {
        let normal = Kind::from_label(kind).map_or(Cow::Borrowed(value), |kind| Cow::Owned(kind.normal(value)));
        let found = [Found { range: 0..value.len(), kind, normal }];
        let protected = self.session(place).and_then(|session| session.protect(value, &found, TokensHere::Own, None));
        let protected = protected.map_err(|error| failed(&error))?;
        if protected.hidden > 0 || protected.tokens.is_empty() {
            return Err(ToolError::new(ErrorCode::LimitExceeded, "the value gets no token")
                .hint("it is empty, longer than 64 KiB, or the session holds as many values as it may"));
        }
        Ok(protected.text)
    }

    /// Whether a text is a token that stands for a value of this place, and nothing else.
    ///
    /// # Errors
    ///
    /// `internal`, where the vault cannot be read.
    pub fn is_token(&self, place: &Place, text: &str) -> Result<bool, ToolError> {
        let session = self.session(place).map_err(|error| failed(&error))?;
        Ok(is_mark(text) && session.restore(text).is_ok_and(|value| value != text))
    }
}

fn failed(error: &VaultError) -> ToolError {
    ToolError::new(ErrorCode::Internal, error.to_string()).hint("see the state folder's vault")
}
