//! What is kept of each request: where it went and how much, never what it said.

use crate::meter::Meter;
use crate::ports::Recorder;
use crate::refusal::{Kind, Refusal};
use crate::target::Target;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How a program asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `CONNECT` to the proxy: TLS between the program and the server.
    Tunnel,
    /// A plain request to the proxy.
    Proxy,
    /// `fetch`.
    Fetch,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It was let through.
    Allowed,
    /// It was refused, and why.
    Denied(String),
}

/// One request. A redirect that is followed is a request of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// How the program asked.
    pub way: Way,
    /// The method, such as `GET`; empty when the request could not be read.
    pub method: String,
    /// The canonical host; empty when the request could not be read.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address that was connected to.
    pub address: Option<SocketAddr>,
    /// What was decided.
    pub decision: Decision,
    /// The server's status; of a tunnel 200 once it stands.
    pub status: Option<u16>,
    /// Bytes sent to the server, TLS included.
    pub up: u64,
    /// Bytes that came from the server, TLS included.
    pub down: u64,
    /// How long it took.
    pub duration: Duration,
    /// Why an allowed request failed.
    pub error: Option<String>,
}

/// A request under way. However it ends, dropping it records it.
pub(crate) struct Entry {
    record: Record,
    decided: bool,
    began: Instant,
    meter: Option<Arc<Meter>>,
    recorder: Arc<dyn Recorder>,
}

impl Entry {
    pub(crate) fn new(recorder: Arc<dyn Recorder>, way: Way, method: &str) -> Self {
        let record = Record {
            way,
            method: method.chars().take(20).collect(),
            host: String::new(),
            port: 0,
            address: None,
            decision: Decision::Denied("it ended before it was decided".into()),
            status: None,
            up: 0,
            down: 0,
            duration: Duration::ZERO,
            error: None,
        };
        Self { record, decided: false, began: Instant::now(), meter: None, recorder }
    }

    pub(crate) fn target(&mut self, target: &Target) {
        self.record.host = target.host.to_string();
        self.record.port = target.port;
    }

    pub(crate) fn allowed(&mut self) {
        self.decided = true;
        self.record.decision = Decision::Allowed;
    }

    pub(crate) fn connected(&mut self, address: SocketAddr, meter: Arc<Meter>) {
        self.record.address = Some(address);
        self.meter = Some(meter);
    }

    pub(crate) fn status(&mut self, status: u16) {
        self.record.status = Some(status);
    }

    /// Notes why the request gave nothing: what is not granted is a denial at any time, a limit only at the start.
    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        let denied = match refusal.kind {
            Kind::Malformed | Kind::Denied => true,
            Kind::LargeHead | Kind::Slow | Kind::Limit => !self.decided,
            Kind::Unreachable | Kind::TimedOut | Kind::Lost => false,
        };
        self.decided = true;
        if denied {
            self.record.decision = Decision::Denied(refusal.text.clone());
        } else {
            self.record.decision = Decision::Allowed;
            self.record.error = Some(refusal.text.clone());
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.record.duration = self.began.elapsed();
        if let Some(meter) = &self.meter {
            (self.record.up, self.record.down) = meter.bytes();
        }
        let open = self.record.status.is_none() && self.record.error.is_none();
        if open && self.record.decision == Decision::Allowed {
            self.record.error = Some("it was ended before there was an answer".into());
        }
        self.recorder.record(self.record.clone());
    }
}
