//! The server over stdin and stdout: one message a line, requests answered in any order.

use super::client::{Client, Tell};
use super::news::Notice;
use super::service::Service;
use super::wire::{self, Incoming, MAX_MESSAGE};
use outboard_types::{CancellationToken, Principal};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

/// Messages that may wait for a slow reader before requests stop being taken.
const QUEUE: usize = 256;

/// Serves until stdin ends, which cancels what is under way, or until `stop` fires, after which it has its grace.
pub async fn serve(service: Arc<Service>, stop: CancellationToken) -> io::Result<()> {
    let reader = BufReader::with_capacity(64 << 10, input(io::stdin().as_fd().try_clone_to_owned()?)?);
    let (lines, queue) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(write(output(io::stdout().as_fd().try_clone_to_owned()?)?, queue));
    let client = Client::new();
    let stopping = async {
        stop.cancelled().await;
        service.drained().await;
    };
    tokio::select! {
        ended = read(reader, &service, &client, lines.clone()) => ended?,
        () = stopping => {}
        () = announce(&service, &client, &lines) => {}
    }
    drop(lines);
    if !service.drain.is_cancelled() {
        service.left(&client);
    }
    // Answers that are ready still go out; a client that left does not hold us.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(3), writer).await;
    Ok(())
}

/// Tells of changes what no request asked for; in the stateless era only streams do. Never ends.
async fn announce(service: &Service, client: &Client, lines: &mpsc::Sender<String>) {
    let mut news = service.news.subscribe();
    loop {
        match news.recv().await {
            Ok(_) if !client.shook_hands() => {}
            Ok(Notice::Updated(uri)) if !client.watches(&uri) => {}
            Ok(notice) => drop(lines.try_send(notice.line())),
            Err(tokio::sync::broadcast::error::RecvError::Closed) => std::future::pending().await,
            Err(_) => {}
        }
    }
}

async fn read(
    mut reader: BufReader<impl AsyncRead + Unpin>,
    service: &Arc<Service>,
    client: &Arc<Client>,
    lines: mpsc::Sender<String>,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = MAX_MESSAGE as u64 + 1;
        if (&mut reader).take(limit).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if line.len() > MAX_MESSAGE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of over 16 MiB arrived on stdin"));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match wire::parse(&line) {
            Ok(message) => take(message, service, client, &lines),
            Err(answer) => drop(lines.send(answer).await),
        }
    }
}

fn take(message: Incoming, service: &Arc<Service>, client: &Arc<Client>, lines: &mpsc::Sender<String>) {
    let (id, method, params) = match message {
        Incoming { id, method: Some(method), params, .. } => (id, method, params),
        Incoming { id: Some(id), result, .. } => return client.questions.answered(&id, result),
        _ => return,
    };
    if method == "initialize" {
        let declared = client.declare(params.as_deref());
        service.declare(&declared);
    }
    let Some(id) = id else {
        if method == "notifications/cancelled"
            && let Some(id) = wire::cancelled(params.as_deref())
        {
            client.requests.cancel(&id);
        }
        return;
    };
    let entered = client.requests.enter(id.get());
    let (service, lines, telling) = (service.clone(), lines.clone(), lines.clone());
    // What is told by the way is worth nothing late: a full queue drops it.
    let tell: Tell = Arc::new(move |line| telling.try_send(line).is_ok());
    let (principal, cancel) = (Principal::default(), entered.cancel.clone());
    let caller = client.caller(principal, cancel, &id, params.as_deref(), Some(tell));
    tokio::spawn(async move {
        let answer = service.handle(&method, params.as_deref(), caller).await;
        let _ = lines.send(wire::response(&id, &answer)).await;
        drop(entered);
    });
}

async fn write(mut out: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<String>) -> io::Result<()> {
    let mut batch = Vec::new();
    while let Some(line) = queue.recv().await {
        batch.clear();
        batch.extend_from_slice(line.as_bytes());
        batch.push(b'\n');
        while let Ok(line) = queue.try_recv() {
            batch.extend_from_slice(line.as_bytes());
            batch.push(b'\n');
        }
        out.write_all(&batch).await?;
        out.flush().await?;
    }
    Ok(())
}

/// Pipes and sockets are polled; only files and terminals go through helper threads, which cost two
/// thread switches a message.
fn input(fd: OwnedFd) -> io::Result<Box<dyn AsyncRead + Unpin + Send>> {
    let file = File::from(fd);
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_fifo() {
        Box::new(pipe::Receiver::from_file(file)?)
    } else if kind.is_socket() {
        Box::new(socket(file)?)
    } else {
        Box::new(tokio::io::stdin())
    })
}

fn output(fd: OwnedFd) -> io::Result<Box<dyn AsyncWrite + Unpin + Send>> {
    let file = File::from(fd);
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_fifo() {
        Box::new(pipe::Sender::from_file(file)?)
    } else if kind.is_socket() {
        Box::new(socket(file)?)
    } else {
        Box::new(tokio::io::stdout())
    })
}

fn socket(file: File) -> io::Result<UnixStream> {
    let stream = std::os::unix::net::UnixStream::from(OwnedFd::from(file));
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}
