//! From a fresh clone to the worker's program: every step of the jail in order.

use super::identity::INSIDE;
use super::stage::{Plan, Stage};
use crate::layers::Layer;
use crate::message::{At, Failure};
use crate::options::Limits;
use crate::sys::process::{self, Side};
use crate::sys::{confine, fds, filter, landlock, mounts};
use outboard_worker_protocol::SOCKET_FD;
use std::convert::Infallible;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

const NAMESPACES: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Room for the program itself beside twice its memory limit.
const ADDRESS_ROOM: u64 = 256 << 20;

/// The `/tmp` of one worker.
const TMP: &std::ffi::CStr = c"size=64m,nr_inodes=16k,mode=1777";

/// Starts a worker; returns when it executes its program or has failed to.
pub(super) fn spawn(stage: &mut Stage, plan: Plan) -> Result<(i32, OwnedFd), Failure> {
    let (ours, theirs) = UnixStream::pair().at(Layer::Lifetime, "socketpair")?;
    match process::clone_into(NAMESPACES).at(Layer::Namespaces, "clone3 with new namespaces")? {
        Side::Child => {
            drop(ours);
            let Err(failure) = confine(stage, &plan, &theirs);
            tell(&theirs, &failure);
            process::exit_now(127)
        }
        Side::Parent(pid, pidfd) => {
            drop(theirs);
            let done = stage.identity.give(pid).and_then(|()| await_program(ours));
            if let Err(failure) = done {
                process::kill(pidfd.as_fd());
                process::reap(pid).at(Layer::Lifetime, "reap a failed worker")?;
                return Err(failure);
            }
            Ok((pid, pidfd))
        }
    }
}

/// Lets the child go on; its end of the socket closes by executing the program.
fn await_program(mut child: UnixStream) -> Result<(), Failure> {
    let mut failure = Vec::new();
    child.write_all(b"!").and_then(|()| child.read_to_end(&mut failure)).at(Layer::Lifetime, "wait for the worker")?;
    if failure.is_empty() {
        return Ok(());
    }
    let unreadable = |_| Failure { layer: Layer::Lifetime, step: "read the failure".to_owned(), errno: libc::EBADMSG };
    Err(serde_json::from_slice(&failure).unwrap_or_else(unreadable))
}

/// Tells the spawner what failed, through whichever of its numbers the socket has by now.
fn tell(mut parent: &UnixStream, failure: &Failure) {
    let Ok(text) = serde_json::to_vec(failure) else { return };
    if parent.write_all(&text).is_err()
        && let Ok(placed) = fds::adopt(SOCKET_FD + 1)
    {
        let _ = UnixStream::from(placed).write_all(&text);
    }
}

fn confine(stage: &mut Stage, plan: &Plan, parent: &UnixStream) -> Result<Infallible, Failure> {
    await_ids(parent).at(Layer::Lifetime, "wait for the spawner")?;
    confine::become_user(INSIDE, stage.identity.root).at(Layer::Identity, "become the worker's user")?;
    confine::set_host_name("outboard").at(Layer::Namespaces, "sethostname")?;
    process::new_session();
    confine::reset_inherited();
    confine::step_back();
    enter_root(plan)?;
    let parent = place_descriptors(plan, parent).at(Layer::Descriptors, "place descriptors")?;
    set_limits(&stage.limits)?;
    confine::drop_capabilities().at(Layer::Capabilities, "drop capabilities")?;
    // After the last change of credentials, which would cancel it.
    process::die_with_parent().at(Layer::Lifetime, "PR_SET_PDEATHSIG")?;
    if fds::wait_readable(&[parent], 0).at(Layer::Lifetime, "look for the spawner")?[0] {
        process::exit_now(127);
    }
    confine::no_new_privileges().at(Layer::NoNewPrivileges, "PR_SET_NO_NEW_PRIVS")?;
    if stage.landlock > 0 {
        let changeable = plan.changeable.iter().map(|folder| folder.as_c_str());
        landlock::restrict(stage.landlock, changeable).at(Layer::Landlock, "landlock_restrict_self")?;
    }
    filter::install(&mut stage.filter).at(Layer::Seccomp, "seccomp")?;
    Err(confine::execute(&plan.argv)).at(Layer::Files, "execve")
}

fn await_ids(mut parent: &UnixStream) -> io::Result<()> {
    parent.read_exact(&mut [0])
}

/// Builds the worker's root from the stage's, its folders and its own `/tmp`, and leaves the host's.
fn enter_root(plan: &Plan) -> Result<(), Failure> {
    let root = mounts::copy_tree(&plan.root).at(Layer::Files, "copy the stage's root")?;
    mounts::attach(root.as_fd(), c"/proc").at(Layer::Files, "attach the root")?;
    mounts::go_to(root.as_fd()).at(Layer::Files, "go to the root")?;
    for (tree, target) in &plan.mounts {
        mounts::attach(tree.as_fd(), target).at(Layer::Files, format!("attach {}", target.to_string_lossy()))?;
    }
    mounts::memory(c"tmp", TMP).at(Layer::Files, "mount /tmp")?;
    let attributes = mounts::READ_ONLY | mounts::NO_SUID | mounts::NO_DEV;
    mounts::set_attributes(root.as_fd(), attributes, false).at(Layer::Files, "make the root read-only")?;
    mounts::enter(root.as_fd()).at(Layer::Files, "pivot_root")
}

/// Null devices on 0–2, the channel on 3, and on 4 the way to tell a failure, until `execve`.
fn place_descriptors(plan: &Plan, parent: &UnixStream) -> io::Result<RawFd> {
    const LIFTED: RawFd = 64;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    let null = fds::lift(null.into_raw_fd(), LIFTED)?;
    let channel = fds::lift(plan.channel.as_raw_fd(), LIFTED)?;
    let parent = fds::lift(parent.as_raw_fd(), LIFTED)?;
    for number in 0..SOCKET_FD {
        fds::place(null, number, false)?;
    }
    fds::place(channel, SOCKET_FD, false)?;
    fds::place(parent, SOCKET_FD + 1, true)?;
    fds::close_from(SOCKET_FD + 2)?;
    Ok(SOCKET_FD + 1)
}

fn set_limits(limits: &Limits) -> Result<(), Failure> {
    // A second later than the host's own watch, which sees all processes together.
    let cpu = limits.cpu.as_secs() + 2;
    let limits = [
        (libc::RLIMIT_CORE, 0, "core"),
        (libc::RLIMIT_CPU, cpu, "cpu"),
        (libc::RLIMIT_AS, 2 * limits.memory_bytes + ADDRESS_ROOM, "address space"),
        (libc::RLIMIT_NOFILE, u64::from(limits.open_files), "open files"),
        (libc::RLIMIT_NPROC, u64::from(limits.processes), "processes"),
        (libc::RLIMIT_FSIZE, limits.file_bytes, "file size"),
        (libc::RLIMIT_MEMLOCK, 0, "locked memory"),
        (libc::RLIMIT_MSGQUEUE, 0, "message queues"),
    ];
    limits.into_iter().try_for_each(|(resource, most, name)| {
        confine::limit(resource, most).at(Layer::Rlimits, format!("limit {name}"))
    })
}
