//! The port to the network: one request, one bounded answer. Redirects are answers.

use crate::address::Reach;
use crate::error::AuthError;
use futures::future::BoxFuture;
use outboard_types::Redacted;
use url::Url;

/// How a request is made.
#[derive(Debug, Clone)]
pub enum Method {
    /// A GET.
    Get,
    /// A POST with the body given, of the kind given.
    Post(&'static str, Redacted<String>),
}

/// A request to a server or an authorization server.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// How.
    pub method: Method,
    /// The value of `Authorization`.
    pub authorization: Option<Redacted<String>>,
    /// The value of `DPoP`.
    pub proof: Option<String>,
    /// Whether addresses in private networks are reached.
    pub private: bool,
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<String>,
    /// The value of `DPoP-Nonce`.
    pub nonce: Option<String>,
    /// The body, bounded by whoever read it.
    pub body: Vec<u8>,
}

/// Sends requests within limits of size and time.
pub trait Http: Send + Sync {
    /// Sends one request and reads its answer; redirects are not followed.
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Reply, AuthError>>;

    /// Whether a name belongs to a private network.
    fn is_private<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, bool>;
}

impl Request {
    pub(crate) fn get(url: Url, reach: Reach) -> Self {
        Self { url, method: Method::Get, authorization: None, proof: None, private: reach == Reach::Private }
    }

    pub(crate) fn form(url: Url, fields: &[(&str, &str)], reach: Reach) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let method = Method::Post("application/x-www-form-urlencoded", Redacted::new(body));
        Self { method, ..Self::get(url, reach) }
    }

    pub(crate) fn json(url: Url, body: String, reach: Reach) -> Self {
        Self { method: Method::Post("application/json", Redacted::new(body)), ..Self::get(url, reach) }
    }
}
