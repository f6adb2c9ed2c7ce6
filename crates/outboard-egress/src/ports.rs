//! The doors to the world outside: looking up names, opening connections, keeping records.

use crate::record::Record;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// A future behind a pointer.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Says where a name is.
pub trait Resolver: Send + Sync {
    /// All addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>>;
}

/// Opens connections. It is only ever given addresses that policy has checked.
pub trait Dialer: Send + Sync {
    /// Connects.
    fn dial(&self, address: SocketAddr) -> Later<'_, io::Result<TcpStream>>;
}

/// Keeps what was asked and decided.
pub trait Recorder: Send + Sync {
    /// Takes the record of one request, at its end. Must not block.
    fn record(&self, record: Record);
}

/// Names that are looked up at once. Each takes a thread of those that also read files and watch limits, and a server that
/// never answers keeps it for half a minute; one program has no more than a few dozen of them in that time.
static LOOKUPS: Semaphore = Semaphore::const_new(256);

/// Names as the host's own system looks them up.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        // A task of its own: whoever waits may be left alone for long, or give up, and must not keep a turn meanwhile. A turn
        // lasts until the look-up really ends.
        let looked_up = tokio::spawn(async move {
            let turn = LOOKUPS.acquire().await.map_err(io::Error::other)?;
            let look_up = move || {
                let _turn = turn;
                Ok((name.as_str(), 0).to_socket_addrs()?.map(|found| found.ip()).collect())
            };
            tokio::task::spawn_blocking(look_up).await.map_err(io::Error::other)?
        });
        Box::pin(async move { looked_up.await.map_err(io::Error::other)? })
    }
}

/// Connections of the host's own system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemDialer;

impl Dialer for SystemDialer {
    fn dial(&self, address: SocketAddr) -> Later<'_, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(address))
    }
}
