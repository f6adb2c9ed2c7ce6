//! One worker in the hands of its execution: frames, the end, and why it ended.

mod watching;

use crate::channel::{Receiver, Sender};
use crate::clock::Clock;
use crate::descriptors::Own;
use crate::link::{Link, Started};
use crate::message::{Ended, Folder, Standing};
use crate::meter::{self, Sample};
use crate::options::Limits;
use crate::quota::{Folders, Over};
use crate::sys::process;
use outboard_worker_protocol::AWAKE;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A worker that is ready for its program. Dropping it kills it.
#[derive(Debug)]
pub struct Worker {
    pub(crate) sender: Sender,
    pub(crate) receiver: Receiver,
    pub(crate) control: Control,
    pub(crate) listener: Option<TcpListener>,
    pub(crate) wake: Wake,
    /// Its `/tmp`, where that lies on the host's disk.
    pub(crate) tmp: Option<Folder>,
}

/// Whether a worker that is idle can be told that its program comes, and was.
#[derive(Debug)]
pub(crate) enum Wake {
    Never,
    Asleep,
    Since(Instant),
}

impl Wake {
    fn is_due(&self, now: Instant) -> bool {
        match self {
            Self::Never => false,
            Self::Asleep => true,
            Self::Since(then) => now.duration_since(*then) >= AWAKE,
        }
    }
}

impl Worker {
    /// Lets it look out for its program, unless it does. What wakes up meanwhile costs the program nothing.
    pub(crate) fn wake(&mut self, now: Instant) {
        if self.wake.is_due(now) {
            self.sender.wake();
            self.wake = Wake::Since(now);
        }
    }

    /// The listener at 127.0.0.1:3128 of the worker's own network, once; only where the grant has a network.
    ///
    /// Whoever connects there is the program. The listener blocks unless it is told not to.
    pub fn listener(&mut self) -> Option<TcpListener> {
        self.listener.take()
    }

    /// The three ends of a worker, to be used side by side.
    pub fn split(self) -> (Sender, Receiver, Control) {
        (self.sender, self.receiver, self.control)
    }
}

/// The worker as a process. Dropping it kills the worker: nothing outlives its owner.
#[derive(Debug)]
pub struct Control {
    process: Arc<Process>,
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, sent by nobody here: a crash.
    Signalled(i32),
    /// Killed at its limit of CPU time.
    Cpu,
    /// Killed at its limit of memory.
    Memory,
    /// Its writable folders hold too many bytes: it was killed for that, or left them so.
    Disk,
    /// Its writable folders hold too many files: it was killed for that, or left them so.
    DiskFiles,
    /// Killed through [`Control`], or with the sandbox.
    Killed,
}

impl ExitReason {
    /// Whether its writable folders hold too much.
    pub fn is_disk(self) -> bool {
        matches!(self, ExitReason::Disk | ExitReason::DiskFiles)
    }
}

/// How a worker ended and what it had used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Why.
    pub reason: ExitReason,
    /// CPU time since the worker was handed out.
    pub cpu: Duration,
    /// Most memory at once, in bytes, the engine's own included; counted by its control group with the files that
    /// it read and wrote, or sampled where there is none.
    pub peak_memory: u64,
    /// Whether it was refused a process or thread; known only where the kernel counts them in a control group.
    pub out_of_processes: bool,
}

#[derive(Debug)]
pub(crate) struct Process {
    pid: i32,
    pidfd: OwnedFd,
    clock: Clock,
    /// The host's end of its line.
    line: Option<Own>,
    /// Whether the kernel holds the memory of all processes together, to the page.
    weighed: bool,
    ended: watch::Receiver<Option<Ended>>,
    limits: Limits,
    /// What was used before the worker was handed out.
    before: Duration,
    /// What the host killed it for: 0 nothing, else an [`ExitReason`] of `killed_for`.
    cause: AtomicU8,
    peak: AtomicU64,
    /// Who can change its share of the processors, and its number there.
    spawner: (Arc<Link>, u64),
    /// Whether everyone else goes before it.
    is_last: AtomicBool,
    /// The folders that it may write to, from when it is handed out.
    folders: OnceLock<Folders>,
}

const FOR_CPU: u8 = 1;
const FOR_MEMORY: u8 = 2;
const ON_REQUEST: u8 = 3;
const FOR_DISK: u8 = 4;
const FOR_FILES: u8 = 5;

impl Control {
    pub(crate) fn new(started: Started, line: Option<Own>, limits: Limits, spawner: (Arc<Link>, u64)) -> Self {
        let Started { pid, pidfd, weighed, clock, ended, .. } = started;
        let clock = Clock::new(clock.map(Into::into));
        let (cause, peak) = (AtomicU8::new(0), AtomicU64::new(0));
        let before = Duration::ZERO;
        let (is_last, folders) = (AtomicBool::new(false), OnceLock::new());
        let process =
            Process { pid, pidfd, clock, line, weighed, ended, limits, before, cause, peak, spawner, is_last, folders };
        Self { process: Arc::new(process) }
    }

    /// Remembers what warming up has cost; only while nobody else holds the process. `false` when the
    /// process cannot be measured, so that no limit would hold.
    pub(crate) fn forget_usage(&mut self) -> bool {
        let used = self.process.used();
        if let Some(process) = Arc::get_mut(&mut self.process) {
            process.before = used.cpu;
        }
        used.memory > 0
    }

    /// To be awaited while it runs: watches its limits until it ends; those of its writable folders too, where it has
    /// any.
    pub(crate) fn watch(&self, folders: Option<Folders>) -> impl Future<Output = ()> + Send + use<> {
        folders.iter().for_each(|folders| drop(self.process.folders.set(folders.clone())));
        let process = self.process.clone();
        async move {
            let folders = folders.map(|folders| watching::folders(process.clone(), folders));
            tokio::join!(watching::limits(process), async {
                if let Some(folders) = folders {
                    folders.await;
                }
            });
        }
    }

    /// Kills the worker and everything it started, at once.
    pub fn kill(&self) {
        self.process.kill_for(ON_REQUEST);
    }

    /// CPU time of all its processes since it was handed out, in steps of about 10 ms.
    pub fn cpu_time(&self) -> Duration {
        match *self.process.ended.borrow() {
            Some(ended) => self.process.since_start(Duration::from_micros(ended.cpu_us)),
            None => {
                let used = self.process.clock.of_group().unwrap_or_else(|| self.process.used().cpu);
                self.process.since_start(used)
            }
        }
    }

    /// Whether each of its processes waits for something, so that it goes on only when it is told something. One
    /// that was stopped, or that waits for a processor, does not.
    pub fn is_asleep(&self) -> bool {
        self.process.ended.borrow().is_none() && meter::is_asleep(self.process.pid)
    }

    /// Waits until the worker has ended. Its folders are counted once more then: what a program wrote between two
    /// counts and left behind ends it as [`ExitReason::Disk`] or [`ExitReason::DiskFiles`] as well.
    pub async fn wait(&self) -> Exit {
        let mut ended = self.process.ended.clone();
        let unknown = Ended { signal: Some(libc::SIGKILL), ..Ended::default() };
        let ended = ended.wait_for(Option::is_some).await.ok().and_then(|ended| *ended).unwrap_or(unknown);
        let exit = self.process.exit(ended);
        match exit.reason {
            ExitReason::Exited(_) | ExitReason::Signalled(_) | ExitReason::Killed => {
                Exit { reason: self.process.left_too_much().await.unwrap_or(exit.reason), ..exit }
            }
            _ => exit,
        }
    }

    /// Whether the worker still runs, as far as the host knows.
    pub(crate) fn lives(&self) -> bool {
        self.process.ended.borrow().is_none()
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if self.lives() {
            self.kill();
        }
    }
}

impl Process {
    fn kill_for(&self, cause: u8) {
        if self.ended.borrow().is_none() {
            let _ = self.cause.compare_exchange(0, cause, Ordering::Relaxed, Ordering::Relaxed);
            // Who is last dies last as well.
            if self.is_last.swap(false, Ordering::Relaxed) {
                self.spawner.0.stand(self.spawner.1, Standing::Small);
            }
            process::kill(self.pidfd.as_fd());
        }
    }

    /// What the folders of a worker that has ended are too full of.
    async fn left_too_much(&self) -> Option<ExitReason> {
        let folders = self.folders.get()?.clone();
        let over = tokio::task::spawn_blocking(move || folders.over()).await.ok()?;
        match over.inspect_err(|error| tracing::debug!(%error, "a writable folder could not be counted")).ok()?? {
            Over::Bytes => Some(ExitReason::Disk),
            Over::Files => Some(ExitReason::DiskFiles),
        }
    }

    fn used(&self) -> Sample {
        let (used, alive) = meter::look(self.pid);
        Sample { cpu: self.clock.time(used.cpu, &alive), ..used }
    }

    fn since_start(&self, cpu: Duration) -> Duration {
        cpu.saturating_sub(self.before)
    }

    fn exit(&self, ended: Ended) -> Exit {
        // Its parent was not told of what nobody waited for.
        let cpu = self.since_start(Duration::from_micros(ended.cpu_us).max(self.clock.seen()));
        let reason = reason(ended, self.cause.load(Ordering::Relaxed), cpu, self.limits.cpu);
        // The sum of the processes counts a page that several share once for each; the group does not.
        let sampled = ended.peak_bytes.max(self.peak.load(Ordering::Relaxed));
        let peak_memory = if ended.group_peak_bytes > 0 { ended.group_peak_bytes } else { sampled };
        Exit { reason, cpu, peak_memory, out_of_processes: ended.out_of_processes }
    }
}

/// Why a worker ended. One that its group killed is closed before its end is told, and who reads from it may have
/// asked for its end by then.
fn reason(ended: Ended, cause: u8, cpu: Duration, limit: Duration) -> ExitReason {
    match (ended.code, ended.signal, cause) {
        (Some(code), ..) => ExitReason::Exited(code),
        (None, _, 0 | ON_REQUEST) if ended.out_of_memory => ExitReason::Memory,
        (None, _, FOR_CPU) => ExitReason::Cpu,
        (None, _, FOR_MEMORY) => ExitReason::Memory,
        (None, _, FOR_DISK) => ExitReason::Disk,
        (None, _, FOR_FILES) => ExitReason::DiskFiles,
        (None, _, ON_REQUEST) => ExitReason::Killed,
        (None, Some(libc::SIGKILL | libc::SIGXCPU), _) if cpu >= limit => ExitReason::Cpu,
        (None, Some(libc::SIGKILL), _) if ended.cpu_us == 0 => ExitReason::Killed,
        (None, signal, _) => ExitReason::Signalled(signal.unwrap_or(libc::SIGKILL)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_out_or_does_not_know_how_is_told_nothing() {
        let now = Instant::now();
        assert!(!Wake::Never.is_due(now) && Wake::Asleep.is_due(now));
        assert!(!Wake::Since(now).is_due(now) && Wake::Since(now).is_due(now + AWAKE));
    }

    #[test]
    fn a_group_out_of_memory_is_the_reason_also_for_who_asked_a_moment_later() {
        let (time, limit) = (Duration::from_secs(1), Duration::from_secs(30));
        let killed = Ended { signal: Some(libc::SIGKILL), cpu_us: 1, ..Ended::default() };
        let starved = Ended { out_of_memory: true, ..killed };
        assert_eq!(reason(starved, 0, time, limit), ExitReason::Memory);
        assert_eq!(reason(starved, ON_REQUEST, time, limit), ExitReason::Memory);
        assert_eq!(reason(starved, FOR_CPU, time, limit), ExitReason::Cpu);
        assert_eq!(reason(killed, ON_REQUEST, time, limit), ExitReason::Killed);
    }
}
