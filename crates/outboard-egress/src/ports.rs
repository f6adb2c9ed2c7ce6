//! The doors to the world outside: looking up names, opening connections, keeping records.

use crate::record::Record;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use tokio::net::TcpStream;

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

/// Names as the host's own system looks them up.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()) })
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
