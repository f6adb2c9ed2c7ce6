//! From a target to a connection: decide by name, look up once, check every address, connect to one of those.

use crate::host::Host;
use crate::meter::{Meter, Metered};
use crate::outlet::Inner;
use crate::record::Entry;
use crate::refusal::{Kind, Refusal};
use crate::target::Target;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// More addresses than this are not tried.
const TRIES: usize = 4;
/// A name with more addresses than this is not believed.
const MOST_ADDRESSES: usize = 64;

/// A connection to a granted server.
pub(crate) struct Connection {
    pub(crate) stream: Metered<TcpStream>,
    pub(crate) meter: Arc<Meter>,
}

/// Connects where policy lets it; notes in the entry what was decided.
pub(crate) async fn connect(outlet: &Inner, target: &Target, entry: &mut Entry) -> Result<Connection, Refusal> {
    outlet.egress.policy.name(target)?;
    if outlet.allowance.is_spent() {
        return Err(Refusal::new(Kind::Limit, outlet.allowance.text()));
    }
    let found = timeout(outlet.egress.limits.connect_time, look_up(outlet, target)).await;
    let found = found.map_err(|_| timed_out(target, "was not found in time"))??;
    let checked = outlet.egress.policy.addresses(target, &found)?;
    entry.allowed();
    let mut failure = None;
    for address in checked.addresses().iter().take(TRIES) {
        match timeout(outlet.egress.limits.connect_time, outlet.egress.dialer.dial(*address)).await {
            Ok(Ok(stream)) => {
                // Without it a small request may wait for the answer to an earlier packet; failing is no harm.
                let _ = stream.set_nodelay(true);
                let meter = Meter::new(outlet.allowance.clone());
                entry.connected(*address, meter.clone());
                return Ok(Connection { stream: Metered::new(stream, meter.clone()), meter });
            }
            Ok(Err(error)) => {
                failure = Some(Refusal::new(Kind::Unreachable, format!("{target} could not be reached: {error}")));
            }
            Err(_) => failure = Some(timed_out(target, "did not answer in time")),
        }
    }
    Err(failure.unwrap_or_else(|| Refusal::new(Kind::Unreachable, format!("{target} has no address"))))
}

fn timed_out(target: &Target, what: &str) -> Refusal {
    Refusal::new(Kind::Unreachable, format!("{target} {what}"))
}

async fn look_up(outlet: &Inner, target: &Target) -> Result<Vec<IpAddr>, Refusal> {
    let name = match &target.host {
        Host::Address(address) => return Ok(vec![*address]),
        Host::Name(name) => name,
    };
    let found = outlet.egress.resolver.resolve(name).await;
    let found = found.map_err(|error| Refusal::new(Kind::Unreachable, format!("{name} was not found: {error}")))?;
    if found.len() > MOST_ADDRESSES {
        return Err(Refusal::denied(format!(
            "{name} has {} addresses; at most {MOST_ADDRESSES} are looked at",
            found.len()
        )));
    }
    Ok(found)
}
