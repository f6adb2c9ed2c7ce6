//! Why a request was not made, or gave nothing: one type for the proxy's answers and for `fetch`.

use outboard_types::{ErrorCode, ToolError};

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request cannot be read, or could be read in two ways.
    Malformed,
    /// Not granted.
    Denied,
    /// The head of the request is larger than a limit.
    LargeHead,
    /// The program took too long to say what it wants.
    Slow,
    /// A limit of the execution is reached.
    Limit,
    /// No connection could be made; nothing was sent.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The server broke off or did not speak HTTP; what it did with the request is unknown.
    Lost,
}

/// A request that gave nothing, with a text for the program's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    pub(crate) fn malformed(text: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, text)
    }

    pub(crate) fn denied(text: impl Into<String>) -> Self {
        Self::new(Kind::Denied, text)
    }

    pub(crate) fn lost(error: &dyn std::error::Error) -> Self {
        Self::new(Kind::Lost, format!("the connection broke off: {}", chain(error)))
    }

    pub(crate) fn status(&self) -> u16 {
        match self.kind {
            Kind::Malformed => 400,
            Kind::Denied => 403,
            Kind::Slow => 408,
            Kind::Limit => 429,
            Kind::LargeHead => 431,
            Kind::Unreachable | Kind::Lost => 502,
            Kind::TimedOut => 504,
        }
    }
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

impl From<Refusal> for ToolError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind {
            Kind::Malformed => ErrorCode::InvalidArguments,
            Kind::Denied => ErrorCode::NetworkDenied,
            Kind::LargeHead | Kind::Limit => ErrorCode::LimitExceeded,
            Kind::Slow | Kind::TimedOut => ErrorCode::Timeout,
            Kind::Unreachable => ErrorCode::UpstreamUnavailable,
            Kind::Lost => ErrorCode::UpstreamLost,
        };
        let error = Self::new(code, refusal.text);
        if refusal.kind == Kind::Unreachable { error.retryable() } else { error }
    }
}
