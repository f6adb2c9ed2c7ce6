//! What host and spawner say to each other: one JSON value per packet, descriptors beside it.

use crate::ablation;
use crate::layers::{Layer, LayerState, Tier};
use crate::options::Limits;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// Largest packet either side sends.
pub(crate) const MAX_PACKET: usize = 128 << 10;

/// What the host asks of the spawner.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Once, first: how jails look. The texts of `Layout::files` come as descriptors, in order.
    Setup(Setup),
    /// A worker; its end of the socket comes as the only descriptor.
    Spawn(Spawn),
    /// How the worker of this number stands to everyone else from now on. Not answered.
    Stand(u64, Standing),
}

/// How a worker that has used much stands to everyone else who wants a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// Everyone else goes first.
    Last,
    /// It has a share, smaller than theirs.
    Small,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) layouts: Vec<Layout>,
    pub(crate) limits: Limits,
    /// Where workers of tier B have their folders.
    pub(crate) runtime: PathBuf,
}

/// The root of one engine's jails, without what a grant adds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layout {
    pub(crate) name: String,
    /// Paths of the host to show, read-only, and where.
    pub(crate) binds: Vec<(PathBuf, String)>,
    /// Symbolic links: where, and to what.
    pub(crate) links: Vec<(String, PathBuf)>,
    /// Files whose text comes from the host as descriptors.
    pub(crate) files: Vec<String>,
    /// Short files: where, and their text.
    pub(crate) texts: Vec<(String, String)>,
    /// Program and arguments.
    pub(crate) argv: Vec<String>,
    /// The whole environment.
    pub(crate) environment: Vec<(String, String)>,
    /// Which system calls the program may use.
    pub(crate) profile: Profile,
    /// Whether the address space of each process is limited. Engines that compile at run time reserve more
    /// than they use, so theirs is not.
    pub(crate) address_space: bool,
    /// Before which of the arguments `--root FOLDER` goes where the worker has no root of its own; absent where the
    /// engine cannot do without one.
    pub(crate) root_at: Option<usize>,
    /// Whether the program can be a template that workers are copied from.
    pub(crate) template: bool,
}

/// What a program needs of the kernel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Profile {
    /// An interpreter.
    #[default]
    Base,
    /// A shell and the programs that it starts.
    Shell,
    /// An engine that compiles to machine code at run time.
    Jit,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spawn {
    pub(crate) id: u64,
    /// [`Layout::name`].
    pub(crate) layout: String,
    pub(crate) mounts: Vec<Folder>,
    /// Whether the worker gets a network of its own with one listener, which is answered as a descriptor.
    pub(crate) network: bool,
}

/// A granted folder, with the identity it had when the host looked: a path alone could be swapped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Folder {
    pub(crate) source: PathBuf,
    pub(crate) target: String,
    pub(crate) writable: bool,
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

/// What the spawner tells the host.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The answer to `Setup`.
    SetUp { tier: Tier, layers: Vec<LayerState> },
    /// A worker runs; its pidfd comes as the first descriptor, then the clock of its group if it is `clocked`, then its
    /// listener if it has one. `weighed` says whether the kernel holds the memory of all its processes together; `tmp` is a
    /// `/tmp` that lies on the host's disk.
    Spawned { id: u64, pid: i32, weighed: bool, clocked: bool, tmp: Option<Folder> },
    /// The answer to `Setup` (id 0) or `Spawn` when it failed.
    Failed { id: u64, failure: Failure },
    /// A worker is gone and reaped.
    Exited { id: u64, ended: Ended },
}

/// A step of setting up a jail that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) layer: Layer,
    pub(crate) step: String,
    pub(crate) errno: i32,
}

/// How a process ended, as the kernel tells its parent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Exit code, when it exited by itself.
    pub(crate) code: Option<i32>,
    /// Signal number, when it was killed.
    pub(crate) signal: Option<i32>,
    pub(crate) cpu_us: u64,
    pub(crate) peak_bytes: u64,
    /// Most memory of its group at once, cached files included; 0 where it has none.
    pub(crate) group_peak_bytes: u64,
    /// Whether its group was out of memory.
    pub(crate) out_of_memory: bool,
    /// Whether its group refused a process or thread.
    pub(crate) out_of_processes: bool,
}

/// Names the layer and step at which a call of the operating system failed.
pub(crate) trait At<T> {
    fn at(self, layer: Layer, step: impl Into<String>) -> Result<T, Failure>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, layer: Layer, step: impl Into<String>) -> Result<T, Failure> {
        let step = step.into();
        let done = ablation::tried(self, layer, &step);
        done.map_err(|error| Failure { layer, step, errno: error.raw_os_error().unwrap_or(libc::EIO) })
    }
}
