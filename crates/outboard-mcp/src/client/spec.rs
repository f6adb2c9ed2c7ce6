//! What is configured about an upstream.

use outboard_auth::Keeper;
use outboard_types::{Digest, Principal, Redacted, ServerName, glob};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One upstream as configured.
#[derive(Debug, Clone)]
pub struct UpstreamSpec {
    /// Its name.
    pub name: ServerName,
    /// How it is reached.
    pub transport: TransportSpec,
    /// The time a listing page may take; calls are timed by the gateway.
    pub timeout: Duration,
    /// The time from starting it until it has said hello.
    pub start_timeout: Duration,
    /// A file `{"tools": […]}` that serves as its listing while it has not been started.
    pub listing: Option<PathBuf>,
    /// Patterns (`*`, `?`) of the tools to show; all when empty.
    pub allow: Vec<String>,
    /// Patterns of the tools to hide; stronger than `allow`.
    pub deny: Vec<String>,
    /// The tokens of the account that is used, for a server behind an address.
    pub keeper: Option<Arc<Keeper>>,
    /// Who reaches it in a way of their own.
    pub personal: Option<Arc<dyn Personal>>,
}

/// How one principal reaches a server.
#[derive(Debug, Clone)]
pub struct Own {
    /// With which command or address, and which credentials.
    pub transport: TransportSpec,
    /// With the tokens of which account.
    pub keeper: Option<Arc<Keeper>>,
}

/// Which principals reach a server in a way of their own: their calls go over connections of their own.
pub trait Personal: Send + Sync + Debug {
    /// The way of this principal; none for who shares the server's.
    fn of(&self, principal: &Principal) -> Option<Own>;

    /// Somebody with credentials, to ask for the listing where the server's own do not suffice.
    fn anybody(&self) -> Option<Principal>;
}

/// How an upstream is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportSpec {
    /// A child process that speaks over its standard streams. It sees a basic environment (paths, locale,
    /// proxies) and what is given here, nothing else of ours.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// What is added to its environment.
        env: BTreeMap<String, Redacted<String>>,
        /// Its working directory; ours by default.
        cwd: Option<PathBuf>,
    },
    /// Streamable HTTP.
    Http {
        /// The address of the endpoint.
        url: String,
        /// Headers sent with every request.
        headers: BTreeMap<String, Redacted<String>>,
    },
    /// Only its listing is known.
    ListingOnly,
}

/// How upstreams behind addresses are reached. Proxies come from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Certificates to trust beside those of the system, in PEM form.
    pub ca: Option<PathBuf>,
}

/// How we introduce ourselves to upstreams.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// Our name.
    pub name: String,
    /// Our version.
    pub version: String,
}

impl UpstreamSpec {
    /// Whether a tool is shown and may be called.
    pub(crate) fn shows(&self, tool: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| glob(pattern, tool));
        (self.allow.is_empty() || any(&self.allow)) && !any(&self.deny)
    }
}

impl TransportSpec {
    /// The transport in one word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Stdio { .. } => "stdio",
            Self::Http { .. } => "http",
            Self::ListingOnly => "listing",
        }
    }

    /// Identifies this configuration, secrets included: with another token a server may list other tools.
    pub(crate) fn digest(&self) -> Digest {
        let mut pieces = vec![self.kind().to_owned()];
        match self {
            Self::Stdio { command, args, env, cwd } => {
                pieces.extend([command.clone(), args.len().to_string()]);
                pieces.extend(args.iter().cloned());
                pieces.extend(cwd.as_ref().map(|cwd| cwd.display().to_string()));
                pieces.extend(env.iter().flat_map(|(key, value)| [key.clone(), value.expose().clone()]));
            }
            Self::Http { url, headers } => {
                pieces.push(url.clone());
                pieces.extend(headers.iter().flat_map(|(key, value)| [key.clone(), value.expose().clone()]));
            }
            Self::ListingOnly => {}
        }
        Digest::of_all(pieces.iter().map(String::as_bytes))
    }
}
