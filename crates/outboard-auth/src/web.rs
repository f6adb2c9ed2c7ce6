//! The port to the network, over the HTTP client that the upstreams use too: bounded in size and time, without
//! redirects, and without private networks unless a request says so.

use crate::address::is_private;
use crate::error::{AuthError, Reason};
use crate::http::{Http, Method, Reply, Request};
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// Bytes of one answer.
const LARGEST: usize = 256 << 10;
/// Time for one exchange.
const SLOWEST: Duration = Duration::from_secs(20);

/// The network.
#[derive(Debug)]
pub struct Web {
    ca: Option<PathBuf>,
    clients: OnceLock<Result<Clients, AuthError>>,
}

#[derive(Debug, Clone)]
struct Clients {
    public: reqwest::Client,
    private: reqwest::Client,
}

/// Finds public addresses only. A name that has any other is refused as a whole.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| is_private(address.ip())) {
                return Err(PRIVATE.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

const PRIVATE: &str = "the name leads into a private network";

impl Clients {
    fn new(ca: Option<&Path>) -> Result<Self, AuthError> {
        let roots = ca.map(certificates).transpose()?.unwrap_or_default();
        let builder = || {
            let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
            builder.connect_timeout(Duration::from_secs(10)).tls_certs_merge(roots.clone())
        };
        let failed = |error: reqwest::Error| AuthError::new(Reason::Unreachable, format!("no HTTP client: {error}"));
        Ok(Self {
            public: builder().dns_resolver(Arc::new(PublicOnly)).build().map_err(failed)?,
            private: builder().build().map_err(failed)?,
        })
    }
}

impl Web {
    /// With certificates to trust beside those of the system, in PEM form. They are read when first needed.
    pub fn new(ca: Option<PathBuf>) -> Self {
        Self { ca, clients: OnceLock::new() }
    }

    async fn exchange(&self, request: Request) -> Result<Reply, AuthError> {
        let clients = self.clients.get_or_init(|| Clients::new(self.ca.as_deref())).as_ref().map_err(Clone::clone)?;
        let client = if request.private { &clients.private } else { &clients.public };
        let mut sent = match request.method {
            Method::Get => client.get(request.url),
            Method::Post(kind, body) => client.post(request.url).header(CONTENT_TYPE, kind).body(body.expose().clone()),
        };
        sent = sent.header(ACCEPT, "application/json, text/event-stream;q=0.5");
        if let Some(authorization) = request.authorization {
            let bad = |_| AuthError::new(Reason::NoToken, "the credentials do not fit into a header");
            let mut value = HeaderValue::from_str(authorization.expose()).map_err(bad)?;
            value.set_sensitive(true);
            sent = sent.header(AUTHORIZATION, value);
        }
        sent = request.proof.into_iter().fold(sent, |sent, proof| sent.header("DPoP", proof));
        let mut answer = sent.send().await.map_err(unreachable)?;
        let challenges = answer.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut reply = Reply {
            status: answer.status().as_u16(),
            challenges: challenges.take(16).map(str::to_owned).collect(),
            nonce: answer.headers().get("DPoP-Nonce").and_then(|nonce| nonce.to_str().ok()).map(str::to_owned),
            body: Vec::new(),
        };
        // A stream of events is never what is asked for here, and may never end.
        let streams = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/event-stream");
        if answer.headers().get(CONTENT_TYPE).is_some_and(streams) {
            return Ok(reply);
        }
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if reply.body.len() + chunk.len() > LARGEST {
                let text = format!("an answer has more than {} KiB", LARGEST >> 10);
                return Err(AuthError::new(Reason::Excessive, text));
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, AuthError> {
    let unusable = |why: String| AuthError::new(Reason::Unreachable, format!("network.ca {}: {why}", path.display()));
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    reqwest::Certificate::from_pem_bundle(&text).map_err(|error| unusable(error.to_string()))
}

/// Without the address, whose query may hold a secret.
fn unreachable(error: reqwest::Error) -> AuthError {
    let place = |url: &Url| match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or("the server").to_owned(),
    };
    let host = error.url().map_or_else(|| "the server".to_owned(), place);
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    let error = format!("{host} could not be asked: {text}");
    match text == PRIVATE {
        true => AuthError::new(Reason::PrivateAddress, error),
        false => AuthError::new(Reason::Unreachable, error)
            .hint("see whether it runs, and whether the `url` of the server in the settings is right"),
    }
}

impl Http for Web {
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Reply, AuthError>> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        Box::pin(async move {
            let late = |_| AuthError::new(Reason::Excessive, format!("{host} took longer than {SLOWEST:?} to answer"));
            tokio::time::timeout(SLOWEST, self.exchange(request)).await.map_err(late)?
        })
    }

    fn is_private<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Some(host) = url.host_str() else { return false };
            let lookup = tokio::time::timeout(Duration::from_secs(5), tokio::net::lookup_host((host, 0))).await;
            let Ok(Ok(found)) = lookup else { return false };
            found.into_iter().any(|address| is_private(address.ip()))
        })
    }
}
