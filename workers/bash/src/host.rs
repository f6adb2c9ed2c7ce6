//! The host's end of the worker: frames on the inherited socket.

use crate::bridge::inherited;
use outboard_worker_protocol::{FrameBuffer, FromWorker, MAX_TO_WORKER, SOCKET_FD, ToWorker, encode};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

/// The connection to the host.
pub(crate) struct Host {
    pub(crate) socket: UnixStream,
    incoming: FrameBuffer,
    outgoing: Vec<u8>,
}

impl Host {
    /// Takes the socket over, so that no program started from here inherits it.
    pub(crate) fn take() -> io::Result<Self> {
        let socket = UnixStream::from(inherited(SOCKET_FD)?);
        socket.set_nonblocking(false)?;
        Ok(Self { socket, incoming: FrameBuffer::new(MAX_TO_WORKER), outgoing: Vec::new() })
    }

    /// Puts a frame behind those that wait for [`Host::flush`].
    pub(crate) fn post(&mut self, frame: &FromWorker) -> io::Result<()> {
        encode(frame, &mut self.outgoing).map_err(io::Error::other)
    }

    /// Writes what was posted.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let done = self.socket.write_all(&self.outgoing);
        self.outgoing.clear();
        self.outgoing.shrink_to(1 << 20);
        done
    }

    /// Reads once and gives the whole frames that are there; an error also when the host has hung up.
    pub(crate) fn read(&mut self) -> io::Result<Vec<ToWorker>> {
        let mut chunk = vec![0; 256 << 10];
        let size = self.socket.read(&mut chunk)?;
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.incoming.extend(&chunk[..size]);
        let mut frames = Vec::new();
        while let Some(body) = self.incoming.next_frame().map_err(io::Error::other)? {
            frames.push(serde_json::from_slice(body)?);
        }
        Ok(frames)
    }

    /// Waits for the next frame while nothing else is under way.
    pub(crate) fn next(&mut self) -> io::Result<ToWorker> {
        loop {
            if let Some(frame) = self.read()?.into_iter().next() {
                return Ok(frame);
            }
        }
    }
}
