//! The network of programs: a proxy and a `fetch` on the host's side, under one policy.
//!
//! A jail has no route out. What an operator grants is reached through here, in two ways that are decided alike:
//! [`Outlet::serve`] answers HTTP proxy requests that arrive in the jail's own network, and [`Outlet::fetch`]
//! makes one request for a program. A host is named once and made canonical once, matched against the granted
//! patterns before it is looked up, looked up once, every address found is checked, and the connection goes to an
//! address that was checked. Each request is recorded, the refused ones too.
//!
//! A granted host is a capability: a program can send it whatever it holds.
//!
//! Never here: settings files, tools, credentials, or inspection of what is inside TLS.

mod address;
mod bucket;
mod connect;
mod fetch;
mod hop;
mod host;
mod meter;
mod outlet;
mod pattern;
mod policy;
mod ports;
mod proxy;
mod record;
mod refusal;
mod room;
mod target;
mod tls;

pub use address::refused as not_public;
pub use host::{Host, HostError};
pub use outlet::{Egress, Limits, Options, Outlet, Ports};
pub use pattern::PatternError;
pub use ports::{Dialer, Later, Recorder, Resolver, SystemDialer, SystemResolver};
pub use record::{Decision, Record, Way};
pub use rustls::pki_types::CertificateDer;
