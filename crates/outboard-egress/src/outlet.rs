//! The service and its handle: [`Egress`] holds the grant, an [`Outlet`] is one execution's way out.

use crate::fetch;
use crate::meter::Allowance;
use crate::pattern::PatternError;
use crate::policy::Policy;
use crate::ports::{Dialer, Recorder, Resolver, SystemDialer, SystemResolver};
use crate::proxy;
use crate::refusal::{Kind, Refusal};
use crate::room::Room;
use crate::tls::Tls;
use outboard_types::ToolError;
use outboard_worker_protocol::{FetchRequest, FetchResponse, Network};
use rustls::pki_types::CertificateDer;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What an operator grants.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Hosts with ports, such as `api.example.com:443` or `*.example.com`; the port is 443 where none is written.
    pub allow: Vec<String>,
    /// Addresses or ranges with ports that are not public and granted all the same, such as `10.0.0.5:8080`.
    pub allow_private: Vec<String>,
    /// Bytes per second of each execution, both ways together; absent = no limit.
    pub bandwidth: Option<u64>,
    /// The limits of each execution.
    pub limits: Limits,
}

/// What one execution may use of the network.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; more wait.
    pub connections: usize,
    /// Requests, the refused ones too; each is a record.
    pub requests: u64,
    /// Bytes over all connections, both ways, TLS included.
    pub total_bytes: u64,
    /// Bytes of the head of a request.
    pub head_bytes: usize,
    /// Headers of a request or a response.
    pub headers: usize,
    /// Bytes of a body that `fetch` sends or takes.
    pub body_bytes: usize,
    /// Bytes of bodies that `fetch` holds at once; larger answers wait for their turn.
    pub held_bytes: usize,
    /// How long a program may take to say what it wants.
    pub head_time: Duration,
    /// How long looking up and connecting may take.
    pub connect_time: Duration,
    /// How long a connection may be silent.
    pub idle_time: Duration,
    /// How long a proxied connection may last.
    pub connection_time: Duration,
    /// How long a `fetch` may take, redirects included.
    pub fetch_time: Duration,
    /// How many redirects `fetch` follows.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            requests: 10_000,
            total_bytes: 1 << 30,
            head_bytes: 16 << 10,
            headers: 100,
            body_bytes: 16 << 20,
            held_bytes: 64 << 20,
            head_time: Duration::from_secs(10),
            connect_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
            connection_time: Duration::from_secs(600),
            fetch_time: Duration::from_secs(120),
            redirects: 10,
        }
    }
}

/// How the world outside is reached.
pub struct Ports {
    /// Looks names up.
    pub resolver: Arc<dyn Resolver>,
    /// Opens connections.
    pub dialer: Arc<dyn Dialer>,
    /// The root certificates that `fetch` trusts; absent = the host's.
    pub roots: Option<Vec<CertificateDer<'static>>>,
}

impl Default for Ports {
    fn default() -> Self {
        Self { resolver: Arc::new(SystemResolver), dialer: Arc::new(SystemDialer), roots: None }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// The grant with all that serving it takes. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) dialer: Arc<dyn Dialer>,
    pub(crate) tls: Tls,
    allow: Vec<String>,
    bandwidth: Option<u64>,
}

impl Egress {
    /// Reads the grant and loads the host's root certificates.
    ///
    /// # Errors
    ///
    /// A line that cannot be read.
    pub fn new(options: Options) -> Result<Self, PatternError> {
        Self::with(options, Ports::default())
    }

    /// As [`Egress::new`], over other ports.
    ///
    /// # Errors
    ///
    /// A line that cannot be read.
    pub fn with(options: Options, ports: Ports) -> Result<Self, PatternError> {
        let policy = Policy::new(&options.allow, &options.allow_private)?;
        let shared = Shared {
            policy,
            limits: options.limits,
            resolver: ports.resolver,
            dialer: ports.dialer,
            tls: Tls::new(ports.roots),
            allow: options.allow.into_iter().chain(options.allow_private).collect(),
            bandwidth: options.bandwidth,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Opens the way out of one execution, with its own bandwidth and limits.
    pub fn outlet(&self, recorder: Arc<dyn Recorder>) -> Outlet {
        let limits = &self.shared.limits;
        let inner = Inner {
            allowance: Arc::new(Allowance::new(self.shared.bandwidth, limits.total_bytes)),
            slots: Arc::new(Semaphore::new(limits.connections.max(1))),
            room: Room::new(limits.held_bytes, limits.body_bytes),
            asked: AtomicU64::new(0),
            egress: self.shared.clone(),
            recorder,
        };
        Outlet { inner: Arc::new(inner) }
    }

    /// What a worker is told: the granted hosts, and the proxy where the engine has one.
    pub fn network(&self, proxy: Option<String>) -> Network {
        Network { proxy, allow: self.shared.allow.clone() }
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("policy", &self.shared.policy).finish_non_exhaustive()
    }
}

/// One execution's way out. Cheap to clone; all clones share bandwidth and limits.
#[derive(Clone)]
pub struct Outlet {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) egress: Arc<Shared>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) allowance: Arc<Allowance>,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) room: Room,
    asked: AtomicU64,
}

impl Inner {
    /// Counts a request. One too many is neither made nor recorded, so that records have an end.
    pub(crate) fn count(&self) -> Result<(), Refusal> {
        let most = self.egress.limits.requests;
        if self.asked.fetch_add(1, Ordering::Relaxed) < most {
            return Ok(());
        }
        Err(Refusal::new(Kind::Limit, format!("this execution has made the {most} requests that it may")))
    }
}

impl Outlet {
    /// Answers proxy requests at a listener in the jail's network. Dropping the future ends every connection.
    ///
    /// # Errors
    ///
    /// The listener cannot be used.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        proxy::serve(self.inner.clone(), listener).await
    }

    /// Makes one request for a program; redirects are followed under the same policy.
    ///
    /// # Errors
    ///
    /// Not granted, not reachable, over a limit, or lost on the way: see the code. The message says what to do.
    pub async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, ToolError> {
        fetch::fetch(&self.inner, request).await.map_err(ToolError::from)
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}
