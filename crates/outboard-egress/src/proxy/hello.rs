//! The first message of TLS in a tunnel: it must be one, and must name the host that was granted.

use crate::host::Host;
use crate::refusal::{Kind, Refusal};
use crate::target::Target;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A first message larger than this is not read.
const LARGEST: usize = 16 << 10;

/// Reads the first message after what came early; gives back every byte read, for the server.
pub(super) async fn read(
    client: &mut (impl AsyncRead + Unpin),
    early: &[u8],
    target: &Target,
) -> Result<Vec<u8>, Refusal> {
    let mut bytes = early.to_vec();
    let mut acceptor = Acceptor::default();
    let mut fed = 0;
    loop {
        while fed < bytes.len() {
            let mut rest = &bytes[fed..];
            match acceptor.read_tls(&mut rest) {
                Ok(0) | Err(_) => return Err(no_tls(target)),
                Ok(count) => fed += count,
            }
            match acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => return check(accepted.client_hello().server_name(), target).map(|()| bytes),
                Err(_) => return Err(no_tls(target)),
            }
        }
        if bytes.len() > LARGEST {
            return Err(no_tls(target));
        }
        match client.read_buf(&mut bytes).await {
            Ok(0) => return Err(Refusal::new(Kind::Lost, "the tunnel was closed before TLS began")),
            Err(error) => return Err(Refusal::lost(&error)),
            Ok(_) => {}
        }
    }
}

fn no_tls(target: &Target) -> Refusal {
    Refusal::denied(format!("a tunnel carries TLS, and what was sent to {target} is none"))
}

fn check(named: Option<&str>, target: &Target) -> Result<(), Refusal> {
    let same = match (&target.host, named) {
        (Host::Name(name), Some(named)) => named.strip_suffix('.').unwrap_or(named).eq_ignore_ascii_case(name),
        (Host::Address(_), None) => true,
        _ => false,
    };
    if same {
        return Ok(());
    }
    let named = named.map_or_else(|| "no server".to_owned(), |named| format!("{named:?}"));
    Err(Refusal::denied(format!("the tunnel was granted for {}, and TLS inside names {named}", target.host)))
}
