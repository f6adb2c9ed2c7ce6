//! The one task that writes to the other side.

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that may wait to be written before senders wait too.
const WAITING: usize = 64;
/// Messages are written together up to this many bytes.
const TOGETHER: usize = 64 << 10;

/// Where messages are put to be written.
pub(super) type Outgoing = mpsc::Sender<Vec<u8>>;

/// Starts the task. It ends, and drops the writer, when the connection closes or writing fails.
pub(super) fn start<W>(writer: W, closed: CancellationToken) -> Outgoing
where
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (outgoing, messages) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        tokio::select! {
            () = closed.cancelled() => {}
            failed = write_all(writer, messages) => if let Err(error) = failed {
                tracing::debug!(%error, "the other side takes no more messages");
            }
        }
        closed.cancel();
    });
    outgoing
}

async fn write_all<W>(mut writer: W, mut messages: mpsc::Receiver<Vec<u8>>) -> std::io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    while let Some(mut bytes) = messages.recv().await {
        bytes.push(b'\n');
        while bytes.len() < TOGETHER {
            let Ok(next) = messages.try_recv() else { break };
            bytes.extend_from_slice(&next);
            bytes.push(b'\n');
        }
        writer.write_all(&bytes).await?;
        writer.flush().await?;
    }
    Ok(())
}
