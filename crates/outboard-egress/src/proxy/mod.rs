//! The proxy in the jail's network: one request per connection, `CONNECT` or a plain one.

mod answer;
mod forward;
mod head;
mod hello;
mod tunnel;

use crate::outlet::Inner;
use crate::record::{Entry, Way};
use crate::refusal::Refusal;
use crate::target::Target;
use head::Head;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// After a failed `accept`, such as with no descriptor left.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until it is dropped; every connection ends with it.
pub(crate) async fn serve(outlet: Arc<Inner>, listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut tasks = JoinSet::new();
    loop {
        // Connections beyond the limit wait in the listener's queue, where they cost nothing.
        let slot = tokio::select! {
            slot = outlet.slots.clone().acquire_owned() => slot.map_err(io::Error::other)?,
            Some(_) = tasks.join_next() => continue,
        };
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break accepted,
                Some(_) = tasks.join_next() => {}
            }
        };
        let Ok((client, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let outlet = outlet.clone();
        tasks.spawn(async move {
            let _slot = slot;
            let _ = timeout(outlet.egress.limits.connection_time, handle(&outlet, client)).await;
        });
    }
}

async fn handle(outlet: &Arc<Inner>, mut client: TcpStream) {
    let _ = client.set_nodelay(true);
    let limits = &outlet.egress.limits;
    let head = match timeout(limits.head_time, head::read(&mut client, limits)).await {
        Ok(Ok(None)) => return,
        Ok(Ok(Some(head))) => head,
        Ok(Err(refusal)) => return unread(outlet, client, &refusal).await,
        Err(_) => return unread(outlet, client, &head::slow(limits)).await,
    };
    if let Err(refusal) = outlet.count() {
        return answer::refuse(client, &refusal).await;
    }
    let way = if head.method == "CONNECT" { Way::Tunnel } else { Way::Proxy };
    let mut entry = Entry::new(outlet.recorder.clone(), way, &head.method);
    let target = match target(&head, way) {
        Ok(target) => target,
        Err(refusal) => return refuse(client, &mut entry, &refusal).await,
    };
    entry.target(&target);
    match way {
        Way::Tunnel => tunnel::serve(outlet, client, head, &target, &mut entry).await,
        Way::Proxy | Way::Fetch => forward::serve(outlet, client, head, &target, &mut entry).await,
    }
}

fn target(head: &Head, way: Way) -> Result<Target, Refusal> {
    if way == Way::Tunnel {
        return Target::tunnel(&head.target);
    }
    crate::policy::Policy::method(&head.method)?;
    let target = Target::parse(&head.target)?;
    if target.scheme == crate::target::Scheme::Https {
        return Err(Refusal::malformed("https goes through CONNECT"));
    }
    Ok(target)
}

async fn unread(outlet: &Arc<Inner>, client: TcpStream, refusal: &Refusal) {
    if let Err(refusal) = outlet.count() {
        return answer::refuse(client, &refusal).await;
    }
    let mut entry = Entry::new(outlet.recorder.clone(), Way::Proxy, "");
    refuse(client, &mut entry, refusal).await;
}

async fn refuse(client: TcpStream, entry: &mut Entry, refusal: &Refusal) {
    entry.refused(refusal);
    answer::refuse(client, refusal).await;
}
