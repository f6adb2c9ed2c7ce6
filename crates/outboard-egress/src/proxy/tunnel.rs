//! `CONNECT`: bytes both ways, TLS from end to end; nothing inside is looked at but the name it starts with.

use super::head::Head;
use super::{hello, refuse};
use crate::connect::{Connection, connect};
use crate::outlet::Inner;
use crate::record::Entry;
use crate::refusal::{Kind, Refusal};
use crate::target::Target;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::timeout;

const STANDS: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Connects, says so, checks the first message, and then only carries.
pub(super) async fn serve(outlet: &Inner, mut client: TcpStream, head: Head, target: &Target, entry: &mut Entry) {
    let connection = match connect(outlet, target, entry).await {
        Ok(connection) => connection,
        Err(refusal) => return refuse(client, entry, &refusal).await,
    };
    if let Err(refusal) = carry(outlet, &mut client, &head.bytes[head.end..], target, connection, entry).await {
        entry.refused(&refusal);
    }
}

async fn carry(
    outlet: &Inner,
    client: &mut TcpStream,
    early: &[u8],
    target: &Target,
    connection: Connection,
    entry: &mut Entry,
) -> Result<(), Refusal> {
    let limits = &outlet.egress.limits;
    let Connection { mut stream, meter } = connection;
    client.write_all(STANDS).await.map_err(|error| Refusal::lost(&error))?;
    let slow = || Refusal::new(Kind::Slow, format!("TLS did not begin within {} s", limits.head_time.as_secs()));
    let first = timeout(limits.head_time, hello::read(client, early, target)).await.map_err(|_| slow())??;
    entry.status(200);
    let work = async {
        stream.write_all(&first).await?;
        copy_bidirectional(client, &mut stream).await
    };
    tokio::select! {
        done = work => done.map(drop).map_err(|error| Refusal::lost(&error)),
        () = meter.idle(limits.idle_time) => {
            Err(Refusal::new(Kind::TimedOut, format!("nothing moved for {} s", limits.idle_time.as_secs())))
        }
    }
}
