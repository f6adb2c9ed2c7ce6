//! TLS to servers: certificates are checked against the host's own roots.

use crate::host::Host;
use crate::refusal::{Kind, Refusal, chain};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The client's side of TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    connector: TlsConnector,
    has_roots: bool,
}

impl Tls {
    /// Trusts the given roots, or else what the host trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured).
    pub(crate) fn new(roots: Option<Vec<CertificateDer<'static>>>) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.unwrap_or_else(|| rustls_native_certs::load_native_certs().certs));
        let has_roots = !store.is_empty();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("invariant: the provider has the default protocol versions");
        let mut config = config.with_root_certificates(store).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { connector: TlsConnector::from(Arc::new(config)), has_roots }
    }

    pub(crate) async fn wrap<S>(&self, host: &Host, stream: S) -> Result<TlsStream<S>, Refusal>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if !self.has_roots {
            let text = "the host has no root certificates to check servers with: install its ca-certificates package or set SSL_CERT_FILE";
            return Err(Refusal::new(Kind::Unreachable, text));
        }
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|_| Refusal::malformed(format!("{name} is no name that a certificate can have")))?,
            Host::Address(address) => ServerName::from(*address),
        };
        let secured = self.connector.connect(name, stream).await;
        secured.map_err(|error| {
            Refusal::new(Kind::Unreachable, format!("{host} could not be reached over TLS: {}", chain(&error)))
        })
    }
}
