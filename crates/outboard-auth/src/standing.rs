//! How things stand with an account, for people who look.

use serde::Serialize;

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The server was never seen to want a sign-in, and nobody signed in.
    Unasked,
    /// There is a token, or what a new one is got with.
    SignedIn,
    /// The token is over, and there is nothing to get a new one with.
    Expired,
    /// The server wants a sign-in.
    NeedsSignIn,
}

impl Standing {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unasked => "",
            Self::SignedIn => "signed in",
            Self::Expired => "expired",
            Self::NeedsSignIn => "needs sign-in",
        }
    }
}
