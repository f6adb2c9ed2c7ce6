//! The worker itself: one loop over the host, the program's two streams, and the commands that ask for calls.

use crate::bridge;
use crate::console::Console;
use crate::host::Host;
use crate::inspect::inspect;
use crate::program::{Ended, Program};
use crate::surface::Surface;
use crate::trouble;
use outboard_worker_protocol::{
    Console as Stream, FrameBuffer, FromWorker, MAX_FROM_WORKER, Start, ToWorker, Trouble, VERSION, encode,
};
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::value::RawValue;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// What background processes may still print after the program's end, in bytes per stream.
const LATE: usize = 1 << 20;

/// Runs one program; gives the worker's own exit status.
pub(crate) fn serve(root: &Path) -> i32 {
    // An error here is a host that has gone or that breaks the protocol: there is nobody to tell.
    i32::from(try_serve(root).is_err())
}

fn try_serve(root: &Path) -> io::Result<()> {
    let mut host = Host::take()?;
    let engine = crate::program::version()?;
    host.post(&FromWorker::Ready { version: VERSION, engine, wakes: false })?;
    host.flush()?;
    let ToWorker::Start(start) = host.next()? else { return Err(io::ErrorKind::InvalidData.into()) };
    if start.hold {
        let inspection = inspect(&start.code, &Surface::read(root));
        host.post(&FromWorker::Inspected { inspection })?;
        host.flush()?;
        while !matches!(host.next()?, ToWorker::Go {}) {}
    }
    match Program::start(root, &start)? {
        Ok(program) => Loop::new(host, program, &start)?.run(),
        Err(error) => end(&mut host, FromWorker::Error { error, dropped_bytes: 0 }),
    }
}

fn end(host: &mut Host, last: FromWorker) -> io::Result<()> {
    host.post(&last)?;
    host.flush()
}

/// A command that waits for an answer.
struct Caller {
    socket: UnixStream,
    buffer: FrameBuffer,
    /// The number of its request, once it has made one.
    id: Option<u64>,
}

struct Loop {
    host: Host,
    program: Program,
    console: Console,
    code: String,
    streams: [Option<PipeReader>; 2],
    callers: Vec<Caller>,
    last_id: u64,
}

impl Loop {
    fn new(host: Host, mut program: Program, start: &Start) -> io::Result<Self> {
        let streams = program.streams.take().map(|streams| streams.map(Some));
        let streams = streams.ok_or(io::ErrorKind::InvalidInput)?;
        let console = Console::new(start.stdout_bytes);
        Ok(Self { host, program, console, code: start.code.clone(), streams, callers: Vec::new(), last_id: 0 })
    }

    fn run(mut self) -> io::Result<()> {
        loop {
            let ready = self.wait()?;
            let (fixed, callers) = ready.split_at(5);
            if fixed[0] {
                self.answers()?;
            }
            for stream in [Stream::Out, Stream::Err] {
                if fixed[1 + usize::from(stream == Stream::Err)] {
                    self.print(stream)?;
                }
            }
            self.requests(callers)?;
            if fixed[3] {
                // An error is a message without a connection; the program's own doing.
                let socket = bridge::accept(&self.program.bridge).ok().flatten();
                let caller = |socket| Caller { socket, buffer: FrameBuffer::new(MAX_FROM_WORKER), id: None };
                self.callers.extend(socket.map(caller));
            }
            if fixed[4] {
                let ended = self.program.ended()?;
                return self.finish(ended);
            }
            self.host.flush()?;
        }
    }

    /// Waits until something can be read: host, output, errors, bridge, end, and each caller.
    fn wait(&self) -> io::Result<Vec<bool>> {
        let program = &self.program;
        let mut watched: Vec<BorrowedFd<'_>> = vec![self.host.socket.as_fd()];
        // A stream that is closed is watched as one that never has anything: the end's socket, not asked for.
        watched.extend(self.streams.iter().map(|stream| stream.as_ref().map_or(program.end.as_fd(), AsFd::as_fd)));
        watched.extend([program.bridge.as_fd(), program.end.as_fd()]);
        watched.extend(self.callers.iter().map(|caller| caller.socket.as_fd()));
        let mut polled: Vec<PollFd<'_>> =
            watched.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        while let Err(error) = poll(&mut polled, None) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        let mut ready: Vec<bool> = polled.iter().map(|one| !one.revents().is_empty()).collect();
        for (at, stream) in self.streams.iter().enumerate() {
            ready[1 + at] &= stream.is_some();
        }
        Ok(ready)
    }

    /// Passes the host's answers on to the commands that wait for them.
    fn answers(&mut self) -> io::Result<()> {
        for frame in self.host.read()? {
            let (ToWorker::Done { id, .. } | ToWorker::Fail { id, .. }) = &frame else { continue };
            let Some(at) = self.callers.iter().position(|caller| caller.id == Some(*id)) else { continue };
            let mut caller = self.callers.swap_remove(at);
            let mut bytes = Vec::new();
            encode(&frame, &mut bytes).map_err(io::Error::other)?;
            // A command that has gone meanwhile misses its answer; one that stops reading stops its own program.
            let _ = caller.socket.write_all(&bytes);
        }
        Ok(())
    }

    fn print(&mut self, stream: Stream) -> io::Result<()> {
        let mut chunk = [0; 64 << 10];
        let place = &mut self.streams[usize::from(stream == Stream::Err)];
        let size = place.as_mut().map_or(Ok(0), |pipe| pipe.read(&mut chunk))?;
        if size == 0 {
            *place = None;
        }
        if let Some(frame) = self.console.take(stream, &chunk[..size]) {
            self.host.post(&frame)?;
        }
        Ok(())
    }

    /// Reads the callers that are ready; those that hung up or wrote something else are forgotten.
    fn requests(&mut self, ready: &[bool]) -> io::Result<()> {
        for at in (0..ready.len()).rev().filter(|at| ready[*at]) {
            // Answers may have removed some meanwhile; whoever is left is asked again in the next turn.
            let Some(caller) = self.callers.get_mut(at) else { continue };
            let id = self.last_id + 1;
            match caller.request(id) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    self.last_id = id;
                    self.host.post(&request)?;
                }
                Err(_) => drop(self.callers.swap_remove(at)),
            }
        }
        Ok(())
    }

    /// Sends what is left of the output, and the last frame.
    fn finish(mut self, ended: Ended) -> io::Result<()> {
        for stream in [Stream::Out, Stream::Err] {
            self.drain(stream)?;
        }
        for frame in self.console.rest() {
            self.host.post(&frame)?;
        }
        let dropped_bytes = self.console.dropped;
        let last = match trouble::of_end(ended, &self.code, &self.console.errors()) {
            Some(error) => FromWorker::Error { error, dropped_bytes },
            None => FromWorker::Result { value: self.console.output().and_then(value), dropped_bytes },
        };
        end(&mut self.host, last)
    }

    fn drain(&mut self, stream: Stream) -> io::Result<()> {
        let place = usize::from(stream == Stream::Err);
        let mut left = LATE;
        while let Some(pipe) = &self.streams[place]
            && left > 0
        {
            let mut polled = [PollFd::new(pipe, PollFlags::IN)];
            let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
            if poll(&mut polled, Some(&now))? == 0 {
                break;
            }
            self.print(stream)?;
            left = left.saturating_sub(64 << 10);
        }
        Ok(())
    }
}

impl Caller {
    /// Its request under this number, once the whole of it is there.
    fn request(&mut self, number: u64) -> io::Result<Option<FromWorker>> {
        let mut chunk = [0; 64 << 10];
        let size = self.socket.read(&mut chunk)?;
        if size == 0 || self.id.is_some() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend(&chunk[..size]);
        let Some(body) = self.buffer.next_frame().map_err(io::Error::other)? else { return Ok(None) };
        let request = match serde_json::from_slice(body)? {
            FromWorker::Call { server, tool, arguments, line, .. } => {
                FromWorker::Call { id: number, server, tool, arguments, line }
            }
            FromWorker::Timer { ms, .. } => FromWorker::Timer { id: number, ms },
            FromWorker::Search { arguments, .. } => FromWorker::Search { id: number, arguments },
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        self.id = Some(number);
        Ok(Some(request))
    }
}

/// The program's value: its whole standard output, if that is one JSON value.
fn value(output: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(output.trim().to_owned()).ok()
}

/// An error that says where in the program something is wrong.
pub(crate) fn located(mut error: Trouble, code: &str, line: Option<u32>) -> Trouble {
    error.line = line;
    error.excerpt =
        line.and_then(|line| code.lines().nth(line as usize - 1)).map(|text| text.chars().take(200).collect());
    error
}
