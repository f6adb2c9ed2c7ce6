//! The HTTP+SSE transport of revision 2024-11-05: answers come over one stream of events, requests are posted
//! to an address that the stream names first.
//!
//! It is joined to the peer for lines by two pipes in memory, so that nothing above knows of it.

use super::accounts::Sender;
use super::sse::{Event, Events};
use crate::rpc::{Handler, MAX_MESSAGE, Peer};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, Url};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio_util::task::TaskTracker;

/// Bytes that a pipe holds.
const PIPE: usize = 64 << 10;

/// Opens the stream and learns where requests go; the peer ends with the stream.
pub(super) async fn connect(
    http: &Sender,
    url: &Url,
    headers: &HeaderMap,
    handler: Arc<dyn Handler>,
    tasks: &TaskTracker,
) -> Result<Peer, String> {
    let asked = http.send(http.get(url).headers(headers.clone()).header(ACCEPT, "text/event-stream")).await;
    let mut answer = asked.map_err(|unsent| unsent.reason())?;
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !answer.status().is_success() || !kind.starts_with("text/event-stream") {
        return Err(format!("it offers no stream of events (HTTP {})", answer.status().as_u16()));
    }
    let mut events = Events::default();
    let endpoint = endpoint(&mut answer, &mut events, url).await?;
    let (for_peer, incoming) = tokio::io::duplex(PIPE);
    let (outgoing, from_peer) = tokio::io::duplex(PIPE);
    let peer = Peer::start(incoming, outgoing, handler, MAX_MESSAGE);
    let closing = peer.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = read(answer, events, for_peer) => {}
            () = closing.closed() => {}
        }
        closing.close();
    });
    let (http, headers, closing) = (http.clone(), headers.clone(), peer.clone());
    tasks.spawn(async move {
        tokio::select! {
            () = write(&http, &endpoint, &headers, from_peer) => closing.close(),
            () = closing.closed() => {}
        }
    });
    Ok(peer)
}

/// The first event names the address; it has to be of the same origin, for the headers hold secrets.
async fn endpoint(answer: &mut Response, events: &mut Events, url: &Url) -> Result<Url, String> {
    while let Some(Event { kind, data }) = next(answer, events).await {
        if kind != "endpoint" {
            continue;
        }
        let named = std::str::from_utf8(&data).ok().and_then(|named| url.join(named.trim()).ok());
        return match named {
            Some(named) if named.origin() == url.origin() => Ok(named),
            _ => Err("its stream names an address of another origin".into()),
        };
    }
    Err("its stream ended before it named an address".into())
}

async fn next(answer: &mut Response, events: &mut Events) -> Option<Event> {
    loop {
        if let Some(event) = events.next() {
            return Some(event);
        }
        let chunk = answer.chunk().await.ok()??;
        events.push(&chunk).ok()?;
    }
}

async fn read(mut answer: Response, mut events: Events, mut peer: DuplexStream) {
    while let Some(mut event) = next(&mut answer, &mut events).await {
        event.data.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        event.data.push(b'\n');
        if peer.write_all(&event.data).await.is_err() {
            return;
        }
    }
}

async fn write(http: &Sender, endpoint: &Url, headers: &HeaderMap, peer: DuplexStream) {
    let mut lines = BufReader::new(peer);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        let json = HeaderValue::from_static("application/json");
        let post = http.post(endpoint).headers(headers.clone()).header(CONTENT_TYPE, json);
        match http.send(post.body(std::mem::take(&mut line))).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => tracing::debug!(status = answer.status().as_u16(), "a message was not taken"),
            Err(error) => {
                tracing::debug!(reason = error.reason(), "a message could not be posted");
                return;
            }
        }
    }
}
