//! Frames to and from one worker, with back-pressure both ways.

use outboard_worker_protocol::{FrameBuffer, FrameError, FromWorker, MAX_FROM_WORKER, MAX_TO_WORKER, ToWorker, encode};
use std::io;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

const FIRST_READ: usize = 64 << 10;
const LARGEST_READ: usize = 1 << 20;
/// An output buffer larger than this is given back after it was written.
const KEPT_BUFFER: usize = 1 << 20;

/// A frame that did not reach the worker.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The worker's side of the channel is closed: it has ended or is ending.
    #[error("the worker is gone: {0}")]
    Gone(#[from] io::Error),
    /// The message is too large or cannot be written as JSON. The channel is still good.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// The way to the worker.
#[derive(Debug)]
pub struct Sender {
    socket: OwnedWriteHalf,
    out: Vec<u8>,
    written: usize,
}

/// The way from the worker, which is hostile: frames are limited in size and parsed into known types only.
#[derive(Debug)]
pub struct Receiver {
    socket: OwnedReadHalf,
    frames: FrameBuffer,
    chunk: Vec<u8>,
}

/// The two ways over one socket: for workers that somebody else started.
pub fn channel(socket: tokio::net::UnixStream) -> (Sender, Receiver) {
    let (read, write) = socket.into_split();
    (Sender::new(write), Receiver::new(read))
}

impl Sender {
    pub(crate) fn new(socket: OwnedWriteHalf) -> Self {
        Self { socket, out: Vec::new(), written: 0 }
    }

    /// Sends a message; waits while the worker does not read.
    ///
    /// When this future is dropped before it completes, the message stays queued, whole.
    pub async fn send(&mut self, message: &ToWorker) -> Result<(), SendError> {
        self.queue(message)?;
        self.flush().await
    }

    /// Lets a worker look out for its program. What does not leave at once leaves with the next message.
    pub(crate) fn wake(&mut self) {
        if self.queue(&ToWorker::Wake {}).is_ok()
            && let Ok(size) = self.socket.try_write(&self.out[self.written..])
        {
            self.written += size;
        }
    }

    /// Queues a message for [`Self::flush`], so that several leave in one write.
    pub fn queue(&mut self, message: &ToWorker) -> Result<(), SendError> {
        // Who reads slowly and never all of it must not have the host keep what it has read.
        if self.written > KEPT_BUFFER && self.written > self.out.len() / 2 {
            self.out.drain(..self.written);
            self.written = 0;
        }
        let start = self.out.len();
        let encoded = encode(message, &mut self.out);
        let size = (self.out.len() - start).saturating_sub(4);
        let too_large = || FrameError::TooLarge { size, limit: MAX_TO_WORKER };
        let checked = encoded.and_then(|()| if size > MAX_TO_WORKER { Err(too_large()) } else { Ok(()) });
        if checked.is_err() {
            self.out.truncate(start);
        }
        Ok(checked?)
    }

    /// Bytes that are queued and not yet written.
    pub fn queued(&self) -> usize {
        self.out.len() - self.written
    }

    /// Writes what is queued; waits while the worker does not read.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        while self.written < self.out.len() {
            match self.socket.try_write(&self.out[self.written..]) {
                Ok(size) => self.written += size,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.socket.writable().await?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.written = 0;
        self.out.clear();
        self.out.shrink_to(KEPT_BUFFER);
        Ok(())
    }
}

impl Receiver {
    pub(crate) fn new(socket: OwnedReadHalf) -> Self {
        Self { socket, frames: FrameBuffer::new(MAX_FROM_WORKER), chunk: Vec::new() }
    }

    /// The next message; `None` when the worker's side is closed. The worker blocks while nobody reads.
    ///
    /// Nothing is lost when this future is dropped before it completes. After an error the stream has no
    /// meaning any more: kill the worker.
    pub async fn next(&mut self) -> Result<Option<FromWorker>, FrameError> {
        loop {
            if let Some(body) = self.frames.next_frame()? {
                return Ok(Some(FromWorker::read(body)?));
            }
            if self.read().await == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads once; 0 at the end. A reset connection is an end: the worker was killed.
    async fn read(&mut self) -> usize {
        if self.chunk.is_empty() {
            self.chunk.resize(FIRST_READ, 0);
        }
        loop {
            match self.socket.try_read(&mut self.chunk) {
                Ok(size) => {
                    self.frames.extend(&self.chunk[..size]);
                    if size == self.chunk.len() && size < LARGEST_READ {
                        self.chunk.resize(size * 2, 0);
                    }
                    return size;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.socket.readable().await.is_err() {
                        return 0;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return 0,
            }
        }
    }
}
