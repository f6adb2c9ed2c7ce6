//! What can go wrong with a sign-in, each with a stable word.

use outboard_types::ErrorCode;
use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal => $code:ident,)*) => {
        /// Why a sign-in did not come about; the word is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// Every reason, for the test that each is documented.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant),*];

            /// The word as it appears in messages and documentation.
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $text,)* }
            }

            /// The error code under which it is told.
            pub fn code(self) -> ErrorCode {
                match self { $(Reason::$variant => ErrorCode::$code,)* }
            }
        }
    };
}

reasons! {
    /// An address is not encrypted, or of a scheme that is not followed, such as `javascript:`.
    InsecureAddress = "insecure_address" => SignInRefused,
    /// A server of the public network names an address in a private one.
    PrivateAddress = "private_address" => SignInRefused,
    /// An address belongs to another host than who named it.
    ForeignAddress = "foreign_address" => SignInRefused,
    /// An endpoint answers with a redirect.
    Redirected = "redirected" => SignInRefused,
    /// An answer is too large, or came too slowly.
    Excessive = "excessive_answer" => SignInRefused,
    /// The metadata are missing or not to be understood.
    BadMetadata = "bad_metadata" => SignInFailed,
    /// The metadata are those of another server.
    ResourceMismatch = "resource_mismatch" => SignInRefused,
    /// The metadata are those of another issuer, or of none that the settings name.
    IssuerMismatch = "issuer_mismatch" => SignInRefused,
    /// The answer to a sign-in comes from another issuer than the one that was asked.
    MixUp = "mix_up" => SignInRefused,
    /// The answer belongs to another sign-in.
    StateMismatch = "state_mismatch" => SignInRefused,
    /// The authorization server does without PKCE (S256).
    NoPkce = "no_pkce" => SignInRefused,
    /// There is no way to be known to the authorization server.
    NoRegistration = "no_registration" => SignInFailed,
    /// The authorization server said no.
    Denied = "authorization_denied" => SignInFailed,
    /// The authorization server gave no token.
    NoToken = "no_token" => SignInFailed,
    /// The server goes on asking for more than it was granted.
    ScopeRefused = "scope_refused" => SignInFailed,
    /// Nobody answered in time.
    TimedOut = "timed_out" => SignInFailed,
    /// A server could not be reached.
    Unreachable = "unreachable" => SignInFailed,
    /// What was granted could not be read or kept.
    Storage = "storage" => SignInFailed,
    /// Nobody has signed in to the server, or what was granted is over.
    NotSignedIn = "not_signed_in" => SignInNeeded,
    /// The server wants a scope that was not asked for so far.
    MoreScope = "more_scope" => SignInNeeded,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a sign-in did not come about, or a token is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({reason})")]
pub struct AuthError {
    /// The kind.
    pub reason: Reason,
    /// What happened, for a reader.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl AuthError {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A stranger's text as part of a message: short, on one line, without control characters.
pub(crate) fn harmless(text: &str) -> String {
    let shown =
        |c: char| if c.is_control() || ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{202e}' { ' ' } else { c };
    text.chars().take(200).map(shown).collect::<String>().trim().to_owned()
}
