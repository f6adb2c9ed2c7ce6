//! The server over stdin and stdout: one message a line, requests answered in any order.

use super::questions::Questions;
use super::requests::Requests;
use super::service::{Caller, ProgressSink, Service};
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

/// What is under way on the one connection, both ways.
#[derive(Default)]
struct Connection {
    requests: Arc<Requests>,
    questions: Arc<Questions>,
}

/// Serves until stdin ends or `stop` fires; then cancels what is under way.
pub async fn serve(service: Arc<Service>, stop: CancellationToken) -> io::Result<()> {
    let reader = BufReader::with_capacity(64 << 10, input(io::stdin().as_fd().try_clone_to_owned()?)?);
    let (lines, queue) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(write(output(io::stdout().as_fd().try_clone_to_owned()?)?, queue));
    let connection = Connection::default();
    tokio::select! {
        ended = read(reader, &service, &connection, lines) => ended?,
        () = stop.cancelled() => {}
    }
    connection.requests.cancel_all();
    // Answers that are ready still go out; a client that left does not hold us.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(3), writer).await;
    Ok(())
}

async fn read(
    mut reader: BufReader<impl AsyncRead + Unpin>,
    service: &Arc<Service>,
    connection: &Connection,
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
            Ok(message) => take(message, service, connection, &lines),
            Err(answer) => drop(lines.send(answer).await),
        }
    }
}

fn take(message: Incoming, service: &Arc<Service>, connection: &Connection, lines: &mpsc::Sender<String>) {
    let Connection { requests, questions } = connection;
    let (id, method, params) = match message {
        Incoming { id, method: Some(method), params, .. } => (id, method, params),
        Incoming { id: Some(id), result, .. } => return questions.answered(&id, result.as_deref()),
        _ => return,
    };
    if method == "initialize" {
        questions.declare(params.as_deref());
    }
    let Some(id) = id else {
        if method == "notifications/cancelled"
            && let Some(id) = wire::cancelled(params.as_deref())
        {
            requests.cancel(&id);
        }
        return;
    };
    let entered = requests.enter(id.get());
    let (service, lines) = (service.clone(), lines.clone());
    let asking = lines.clone();
    let elicitation = questions.of(params.as_deref(), Arc::new(move |line| asking.try_send(line).is_ok()));
    tokio::spawn(async move {
        let progress = wire::progress_token(params.as_deref()).map(|token| sink(token, lines.clone()));
        let caller = Caller {
            principal: Principal::default(),
            cancel: entered.cancel.clone(),
            progress,
            elicitation,
            http_trace: None,
        };
        let answer = service.handle(&method, params.as_deref(), caller).await;
        let _ = lines.send(wire::response(&id, &answer)).await;
        drop(entered);
    });
}

fn sink(token: serde_json::Value, lines: mpsc::Sender<String>) -> ProgressSink {
    // Progress is worth nothing late: a full queue drops it.
    Box::new(move |count, message| drop(lines.try_send(wire::progress(&token, count, &message))))
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
