//! The host's side of the spawner: its process, its socket, and who waits for which answer.

use crate::ablation::{self, Part};
use crate::error::SandboxError;
use crate::layers::{LayerState, Tier};
use crate::message::{Ended, Folder, MAX_PACKET, Reply, Request, Setup, Spawn, Standing};
use crate::sys::{fds, process};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};

/// A request's answer with the descriptors that came with it.
type Answer = (Reply, Vec<OwnedFd>);

/// The connection to the spawner. One task, [`Link::route`], reads it; anyone may ask.
pub(crate) struct Link {
    socket: AsyncFd<OwnedFd>,
    ids: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    ends: HashMap<u64, watch::Sender<Option<Ended>>>,
    gone: bool,
}

/// A running worker, and what else came with it.
pub(crate) struct Spawned {
    pub(crate) id: u64,
    pub(crate) started: Started,
    /// The listener in the worker's own network.
    pub(crate) listener: Option<OwnedFd>,
}

/// A running worker as the spawner reported it.
pub(crate) struct Started {
    pub(crate) pid: i32,
    pub(crate) pidfd: OwnedFd,
    /// Whether the kernel holds the memory of all its processes together.
    pub(crate) weighed: bool,
    /// Where its group tells the processor time.
    pub(crate) clock: Option<OwnedFd>,
    /// Its `/tmp`, where that lies on the host's disk.
    pub(crate) tmp: Option<Folder>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
}

impl Link {
    /// Starts the spawner. The receiver completes when its process has ended.
    ///
    /// A thread of its own starts it and waits for it, because the kernel kills the spawner with the
    /// thread that started it, and a runtime's threads come and go.
    pub(crate) async fn start(argv: &[OsString]) -> Result<(Arc<Self>, oneshot::Receiver<()>), SandboxError> {
        let (ours, theirs) = fds::packet_pair()?;
        fds::set_nonblocking(ours.as_fd())?;
        let (program, rest) = argv.split_first().ok_or_else(|| gone("no command is configured"))?;
        let mut command = Command::new(program);
        command.args(rest).current_dir("/");
        if ablation::keeps(Part::Environment) {
            command.env_clear();
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        process::attach(&mut command, theirs.as_raw_fd());
        let (started, start) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new().name("spawner".to_owned()).spawn(move || {
            let child = command.spawn();
            drop(theirs);
            let (child, result) = child.map_or_else(|error| (None, Err(error)), |child| (Some(child), Ok(())));
            let _ = started.send(result);
            let _ = child.map(|mut child| child.wait());
            let _ = ended.send(());
        })?;
        let done = start.await.unwrap_or_else(|_| Err(io::Error::other("its thread ended")));
        done.map_err(|error| gone(&format!("{}: {error}", program.display())))?;
        let socket = fds::watched(ours)?;
        let link = Arc::new(Self { socket, ids: AtomicU64::new(1), open: Mutex::default() });
        tokio::spawn(link.clone().route());
        Ok((link, end))
    }

    /// Tells the spawner how jails look.
    pub(crate) async fn set_up(
        &self,
        setup: Setup,
        texts: &[OwnedFd],
    ) -> Result<(Tier, Vec<LayerState>), SandboxError> {
        let texts: Vec<_> = texts.iter().map(AsFd::as_fd).collect();
        match self.ask(0, &Request::Setup(setup), &texts).await? {
            (Reply::SetUp { tier, layers }, _) => Ok((tier, layers)),
            (Reply::Failed { failure, .. }, _) => Err(failure.into()),
            _ => Err(gone("it answered something else")),
        }
    }

    /// Starts one worker whose end of the channel is `channel`.
    pub(crate) async fn spawn(&self, mut spawn: Spawn, channel: BorrowedFd<'_>) -> Result<Spawned, SandboxError> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        spawn.id = id;
        let (end, ended) = watch::channel(None);
        self.open().ends.insert(id, end);
        let answer = self.ask(id, &Request::Spawn(spawn), &[channel]).await;
        let failure = match answer {
            Ok((Reply::Spawned { pid, weighed, clocked, tmp, .. }, fds)) if !fds.is_empty() => {
                let mut fds = fds.into_iter();
                let Some(pidfd) = fds.next() else { return Err(gone("it sent no pidfd")) };
                let clock = if clocked { fds.next() } else { None };
                let started = Started { pid, pidfd, weighed, clock, tmp, ended };
                return Ok(Spawned { id, started, listener: fds.next() });
            }
            Ok((Reply::Failed { failure, .. }, _)) => failure.into(),
            Ok(_) => gone("it answered something else"),
            Err(error) => error,
        };
        self.open().ends.remove(&id);
        Err(failure)
    }

    /// Says how a worker stands to everyone else; lost where the spawner does not listen at the moment.
    pub(crate) fn stand(&self, worker: u64, standing: Standing) {
        let Ok(packet) = serde_json::to_vec(&Request::Stand(worker, standing)) else { return };
        let _ = fds::send(self.socket.get_ref().as_fd(), &packet, &[]);
    }

    /// Ends the spawner, and with it every worker.
    pub(crate) fn hang_up(&self) {
        fds::hang_up(self.socket.get_ref().as_fd());
    }

    /// Whether the spawner has ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.open().gone
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, id: u64, request: &Request, fds: &[BorrowedFd<'_>]) -> Result<Answer, SandboxError> {
        let packet = serde_json::to_vec(request).map_err(io::Error::other)?;
        if packet.len() > MAX_PACKET {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE).into());
        }
        let (sender, answer) = oneshot::channel();
        {
            let mut open = self.open();
            if open.gone {
                return Err(gone("it has ended"));
            }
            open.answers.insert(id, sender);
        }
        loop {
            let mut guard = self.socket.writable().await?;
            match guard.try_io(|socket| fds::send(socket.get_ref().as_fd(), &packet, fds)) {
                Ok(Err(error)) if ended(&error) => {
                    // Its end may be felt here before the reader of the socket sees it.
                    self.open().gone = true;
                    return Err(gone("it has ended"));
                }
                Ok(sent) => break sent?,
                Err(_would_block) => {}
            }
        }
        answer.await.map_err(|_| gone("it ended while it was asked"))
    }

    /// Reads the spawner's packets until it is gone.
    async fn route(self: Arc<Self>) {
        let mut packet = vec![0; MAX_PACKET];
        while let Ok((size, fds)) = self.receive(&mut packet).await {
            let Ok(reply) = serde_json::from_slice(&packet[..size]) else { break };
            self.deliver(reply, fds);
        }
        let mut open = self.open();
        open.gone = true;
        open.answers.clear();
        // Workers die with the spawner; nobody can say more about their end.
        let killed = Ended { signal: Some(libc::SIGKILL), ..Ended::default() };
        for (_, end) in open.ends.drain() {
            let _ = end.send(Some(killed));
        }
    }

    async fn receive(&self, packet: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        loop {
            let mut guard = self.socket.readable().await?;
            match guard.try_io(|socket| fds::receive(socket.get_ref().as_fd(), packet)) {
                Ok(Ok((0, _))) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(received) => return received,
                Err(_would_block) => {}
            }
        }
    }

    fn deliver(&self, reply: Reply, fds: Vec<OwnedFd>) {
        let mut open = self.open();
        let id = match &reply {
            Reply::SetUp { .. } => 0,
            Reply::Spawned { id, .. } | Reply::Failed { id, .. } => *id,
            Reply::Exited { id, ended } => {
                let _ = open.ends.remove(id).map(|end| end.send(Some(*ended)));
                return;
            }
        };
        if matches!(reply, Reply::Failed { .. }) {
            open.ends.remove(&id);
        }
        let Some(waiting) = open.answers.remove(&id) else { return };
        // Nobody waits for this worker any more: it must not stay.
        if let Err((Reply::Spawned { .. }, fds)) = waiting.send((reply, fds)) {
            fds.iter().take(1).for_each(|pidfd| process::kill(pidfd.as_fd()));
        }
    }
}

fn gone(problem: &str) -> SandboxError {
    SandboxError::Spawner(problem.to_owned())
}

/// Whether the other side of the socket is closed.
fn ended(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

impl std::fmt::Debug for Link {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Link").finish_non_exhaustive()
    }
}
