//! From a fresh clone to the worker's program: every step of the jail in order.

use super::groups::{Door, Group};
use super::order::{self, Common};
use super::root::Mounted;
use super::stage::{HANDED, HELD, Kind, Place, Plan, Stage};
use super::template::{self, Template};
use crate::ablation::{self, Part};
use crate::layers::Layer;
use crate::message::{At, Failure};
use crate::options::Limits;
use crate::sys::process::{self, Side};
use crate::sys::{confine, fds, filter, landlock, mounts, network};
use outboard_worker_protocol::SOCKET_FD;
use std::convert::Infallible;
use std::ffi::{CStr, OsStr};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;

pub(super) const NAMESPACES: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Room for the program itself beside twice its memory limit.
const ADDRESS_ROOM: u64 = 256 << 20;

/// The `/tmp` of one worker.
pub(super) const TMP: [(&CStr, &CStr); 3] = [(c"size", c"64m"), (c"nr_inodes", c"16k"), (c"mode", c"1777")];

/// What a template has of its own. Its copies get the rest, as they are what runs programs.
const TEMPLATE: libc::c_int = libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;

/// A worker that executes its program.
pub(super) struct Started {
    pub(super) pid: i32,
    pub(super) pidfd: OwnedFd,
    /// The listener in the worker's own network.
    pub(super) listener: Option<OwnedFd>,
    pub(super) group: Option<Group>,
}

/// Starts a worker; returns when it is jailed and runs its engine, or has failed to.
pub(super) fn spawn(stage: &mut Stage, id: u64, plan: Plan) -> Result<Started, Failure> {
    if plan.copied
        && let Some(copy) = copied(stage, id, &plan)?
    {
        return Ok(copy);
    }
    let (ours, theirs) = UnixStream::pair().at(Layer::Lifetime, "socketpair")?;
    let rooted = matches!(stage.kind, Kind::Rooted);
    let namespaces = if rooted { ablation::namespaces(stage.identity.namespaces()) } else { 0 };
    match process::clone_into(namespaces).at(Layer::Namespaces, "clone3 with new namespaces")? {
        Side::Child => {
            ablation::in_worker();
            drop(ours);
            let Err(failure) = confine(stage, &plan, &theirs);
            tell(&theirs, &failure);
            process::exit_now(127)
        }
        Side::Parent(pid, pidfd) => {
            drop(theirs);
            settle(stage, (id, pid), (pidfd, None), ours, &told)
        }
    }
}

/// The same by a copy of the layout's template; `None` where there is none any more.
fn copied(stage: &mut Stage, id: u64, plan: &Plan) -> Result<Option<Started>, Failure> {
    let Place::Root(root, folders) = &plan.place else { return Ok(None) };
    let (ours, line) = UnixStream::pair().at(Layer::Lifetime, "socketpair")?;
    let line = OwnedFd::from(line);
    let filter = stage.filter(plan).to_vec();
    let (group, doors) = match stage.groups.open(id, &stage.limits)? {
        Some(Door { group, early, late }) => (Some(group), (early, late)),
        None => (None, (Vec::new(), None)),
    };
    let (identity, limits, landlock) = (&stage.identity, &stage.limits, stage.landlock);
    let prepared = order::prepare(Common { root, identity, limits, landlock, doors }, plan, folders, &filter)?;
    let Some(pid) = template::copy(stage, plan, &prepared, &line, folders) else { return Ok(None) };
    drop(line);
    let Ok(pidfd) = process::open(pid).at(Layer::Lifetime, "pidfd_open") else {
        // It waits for a word, and ends without one.
        drop(ours);
        process::reap(pid).at(Layer::Lifetime, "reap a failed worker")?;
        return Ok(None);
    };
    let explain = |said: &[u8]| serde_json::from_slice(said).map_or_else(|_| told(said), |at| prepared.failure(at));
    settle(stage, (id, pid), (pidfd, group), ours, &explain).map(Some)
}

/// Starts the template of a layout; returns when it executes its engine or has failed to.
pub(super) fn begin(stage: &mut Stage, layout: &str) -> Result<Template, Failure> {
    let (socket, theirs) = fds::packet_pair().at(Layer::Lifetime, "socketpair")?;
    let (ours, line) = UnixStream::pair().at(Layer::Lifetime, "socketpair")?;
    let plan = stage.plan_template(layout, theirs)?;
    match process::clone_into(ablation::namespaces(TEMPLATE)).at(Layer::Namespaces, "clone3 with new namespaces")? {
        Side::Child => {
            ablation::in_worker();
            drop((ours, socket));
            let Err(failure) = stand_in(stage, &plan, &line);
            tell(&line, &failure);
            process::exit_now(127)
        }
        Side::Parent(pid, pidfd) => {
            drop((line, plan));
            let template = Template { pid, pidfd, socket };
            await_program(ours, &told)?;
            Ok(template)
        }
    }
}

/// Gives a fresh process its ids and its group, lets it go on, and waits until it is jailed.
fn settle(
    stage: &mut Stage,
    (id, pid): (u64, i32),
    (pidfd, group): (OwnedFd, Option<Group>),
    line: UnixStream,
    explain: &dyn Fn(&[u8]) -> Failure,
) -> Result<Started, Failure> {
    let given = if matches!(stage.kind, Kind::Rooted) { stage.identity.give(pid) } else { Ok(()) };
    let entered = given.and_then(|()| match group {
        Some(group) => Ok(Some(group)),
        None => stage.groups.enter(id, pid, &stage.limits),
    });
    let (group, failure) = match entered.map(|group| (group, await_program(line, explain))) {
        Ok((group, Ok(listener))) => return Ok(Started { pid, pidfd, listener, group }),
        Ok((group, Err(failure))) => (group, failure),
        Err(failure) => (None, failure),
    };
    process::kill(pidfd.as_fd());
    stage.bury(id, pid, group.as_ref()).at(Layer::Lifetime, "reap a failed worker")?;
    Err(failure)
}

/// Lets the child go on; its end of the socket closes when it is jailed.
fn await_program(mut child: UnixStream, explain: &dyn Fn(&[u8]) -> Failure) -> Result<Option<OwnedFd>, Failure> {
    let heard = child.write_all(b"!").and_then(|()| hear(child.as_fd()));
    let (said, listener) = heard.at(Layer::Lifetime, "wait for the worker")?;
    // A listener comes with a blank, as does a word of life.
    if said.trim_ascii().is_empty() { Ok(listener) } else { Err(explain(&said)) }
}

/// A failure as a clone of this process tells it.
fn told(said: &[u8]) -> Failure {
    let unreadable = |_| Failure { layer: Layer::Lifetime, step: "read the failure".to_owned(), errno: libc::EBADMSG };
    serde_json::from_slice(said).unwrap_or_else(unreadable)
}

/// Reads what a child tells until it executes its program: a listener, or a failure as text.
fn hear(child: BorrowedFd<'_>) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let (mut said, mut listener, mut part) = (Vec::new(), None, [0; 4096]);
    loop {
        match fds::receive(child, &mut part)? {
            (0, _) => return Ok((said, listener)),
            (size, fds) => {
                said.extend_from_slice(&part[..size]);
                listener = fds.into_iter().next().or(listener);
            }
        }
    }
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

/// Leaves the host for a template's root, with no rights and no way back.
fn stand_in(stage: &Stage, plan: &Plan, parent: &UnixStream) -> Result<Infallible, Failure> {
    await_ids(parent).at(Layer::Lifetime, "wait for the spawner")?;
    confine::set_host_name("outboard").at(Layer::Namespaces, "sethostname")?;
    leave_host();
    if let Place::Root(root, mounts) = &plan.place {
        enter_root(root, mounts, false)?;
    }
    confine::become_user(stage.identity.uid, stage.identity.root).at(Layer::Identity, "become the worker's user")?;
    let parent = place_descriptors(plan, parent, &[]).at(Layer::Descriptors, "place descriptors")?;
    confine::limit(libc::RLIMIT_CORE, 0).at(Layer::Rlimits, "limit core")?;
    confine::drop_capabilities(false).at(Layer::Capabilities, "drop capabilities")?;
    process::die_with_parent().at(Layer::Lifetime, "PR_SET_PDEATHSIG")?;
    if fds::wait_readable(&[parent], 0).at(Layer::Lifetime, "look for the spawner")?[0] {
        process::exit_now(127);
    }
    if ablation::keeps(Part::NoNewPrivileges) {
        confine::no_new_privileges().at(Layer::NoNewPrivileges, "PR_SET_NO_NEW_PRIVS")?;
    }
    Err(confine::execute(&plan.argv, &plan.environment)).at(Layer::Files, "execve")
}

fn confine(stage: &mut Stage, plan: &Plan, parent: &UnixStream) -> Result<Infallible, Failure> {
    await_ids(parent).at(Layer::Lifetime, "wait for the spawner")?;
    let held = match &plan.place {
        Place::Root(root, mounts) => enter_jail(stage, root, mounts).map(|()| Vec::new())?,
        Place::Folder(folder, held) => enter_folder(stage, folder, held)?,
    };
    if plan.network {
        offer_network(parent)?;
    }
    let parent = place_descriptors(plan, parent, &held).at(Layer::Descriptors, "place descriptors")?;
    set_limits(&stage.limits, plan)?;
    let rooted = matches!(plan.place, Place::Root(..));
    if ablation::keeps(Part::Capabilities) {
        confine::drop_capabilities(rooted).at(Layer::Capabilities, "drop capabilities")?;
    }
    // After the last change of credentials, which would cancel it.
    if ablation::keeps(Part::Lifetime) && ablation::keeps(Part::LateLifetime) {
        process::die_with_parent().at(Layer::Lifetime, "PR_SET_PDEATHSIG")?;
    }
    if fds::wait_readable(&[parent], 0).at(Layer::Lifetime, "look for the spawner")?[0] {
        process::exit_now(127);
    }
    if ablation::keeps(Part::NoNewPrivileges) {
        confine::no_new_privileges().at(Layer::NoNewPrivileges, "PR_SET_NO_NEW_PRIVS")?;
    }
    if !rooted {
        process::adopt_orphans().at(Layer::Lifetime, "PR_SET_CHILD_SUBREAPER")?;
    }
    if !rooted && stage.identity.root {
        reach(&plan.rules, stage.identity.uid)?;
    }
    if stage.landlock > 0 && ablation::keeps(Part::Landlock) {
        landlock::restrict(stage.landlock, &plan.rules).at(Layer::Landlock, "landlock_restrict_self")?;
    }
    if !rooted {
        confine::stay_in_place(stage.landlock).at(Layer::Seccomp, "seccomp for what namespaces make harmless")?;
    }
    // As late as can be: getting ready is not to take longer than it must.
    confine::step_back();
    if ablation::keeps(Part::Seccomp) {
        filter::install(stage.filter(plan)).at(Layer::Seccomp, "seccomp")?;
    }
    Err(confine::execute(&plan.argv, &plan.environment)).at(Layer::Files, "execve")
}

/// Becomes the worker's user and leaves the host's files behind.
fn enter_jail(stage: &Stage, root: &CStr, mounts: &[Mounted]) -> Result<(), Failure> {
    if !ablation::keeps(Part::LateLifetime) {
        process::die_with_parent().at(Layer::Lifetime, "PR_SET_PDEATHSIG too early")?;
    }
    let identity = &stage.identity;
    let change = if identity.is_mapped() { confine::become_user } else { confine::become_user_with_rights };
    change(identity.inside(), identity.root).at(Layer::Identity, "become the worker's user")?;
    confine::set_host_name("outboard").at(Layer::Namespaces, "sethostname")?;
    leave_host();
    enter_root(root, mounts, true)
}

/// The same as far as it goes without namespaces. Gives the folders that the worker is handed, as numbers: they get other
/// ones, and these are closed, before anything here is dropped.
fn enter_folder(stage: &Stage, folder: &CStr, held: &[landlock::Folder]) -> Result<Vec<RawFd>, Failure> {
    let held = held.iter().map(|folder| folder.open().map(IntoRawFd::into_raw_fd)).collect::<Result<_, _>>();
    let held = held.at(Layer::Files, "open the granted folders")?;
    if stage.identity.root {
        confine::become_user(stage.identity.uid, true).at(Layer::Identity, "become the worker's user")?;
    }
    leave_host();
    let gone = std::env::set_current_dir(OsStr::from_bytes(folder.to_bytes()));
    gone.at(Layer::Files, "go to the worker's folder")?;
    Ok(held)
}

/// Without mounts of its own, a worker that is another user than the host has to be let through to what it reads.
fn reach(rules: &landlock::Rules, uid: u32) -> Result<(), Failure> {
    // What it is handed is not looked at: a private file among it fails by itself.
    let walked = rules.read.iter().filter(|path| !path.to_bytes().starts_with(HANDED.as_bytes()));
    walked.into_iter().try_for_each(|path| {
        let step = format!(
            "read {} as the host uid {uid}: it, or a folder above it, is closed to other users; open it to them, use an \
             interpreter of the system, or run Outboard as an ordinary user",
            path.to_string_lossy()
        );
        fds::read(path).map(drop).at(Layer::Identity, &step)
    })
}

fn leave_host() {
    process::new_session();
    confine::reset_inherited();
}

/// Listens in the worker's own network and hands the listener to the spawner.
fn offer_network(parent: &UnixStream) -> Result<(), Failure> {
    let listener = network::listen().at(Layer::Namespaces, "listen in the worker's network")?;
    fds::send(parent.as_fd(), b" ", &[listener.as_fd()]).at(Layer::Namespaces, "hand the listener over")
}

fn await_ids(mut parent: &UnixStream) -> io::Result<()> {
    parent.read_exact(&mut [0])
}

/// Builds the worker's root from the stage's, its folders and its own `/tmp`, and leaves the host's.
fn enter_root(root: &CStr, mounts: &[Mounted], tmp: bool) -> Result<(), Failure> {
    let root = mounts::copy_tree(root).at(Layer::Files, "copy the stage's root")?;
    mounts::attach(root.as_fd(), c"/proc").at(Layer::Files, "attach the root")?;
    mounts::go_to(root.as_fd()).at(Layer::Files, "go to the root")?;
    for (tree, target) in mounts {
        mounts::attach(tree.as_fd(), target).at(Layer::Files, format!("attach {}", target.to_string_lossy()))?;
    }
    if tmp {
        let made = mounts::new_memory(&TMP).and_then(|tmp| mounts::attach(tmp.as_fd(), c"tmp"));
        made.at(Layer::Files, "mount /tmp")?;
    }
    let read_only = if ablation::keeps(Part::ReadOnly) { mounts::READ_ONLY } else { 0 };
    let attributes = read_only | mounts::NO_SUID | mounts::NO_DEV;
    mounts::set_attributes(root.as_fd(), attributes, false).at(Layer::Files, "make the root read-only")?;
    mounts::enter(root.as_fd()).at(Layer::Files, "pivot_root")
}

/// Null devices on 0–2, the channel on 3, and on 4 the way to tell a failure, until `execve`; then what the worker is
/// handed.
fn place_descriptors(plan: &Plan, parent: &UnixStream, held: &[RawFd]) -> io::Result<RawFd> {
    // Above everything that is placed.
    let lifted = 64 + held.len() as RawFd;
    let held = held.iter().map(|one| fds::lift(*one, lifted)).collect::<Result<Vec<_>, _>>()?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    let null = fds::lift(null.into_raw_fd(), lifted)?;
    let channel = fds::lift(plan.channel.as_raw_fd(), lifted)?;
    let parent = fds::lift(parent.as_raw_fd(), lifted)?;
    for number in 0..SOCKET_FD {
        fds::place(null, number, false)?;
    }
    fds::place(channel, SOCKET_FD, false)?;
    fds::place(parent, SOCKET_FD + 1, true)?;
    let mut next = HELD;
    for one in held {
        fds::place(one, next, false)?;
        next += 1;
    }
    if ablation::keeps(Part::Descriptors) {
        fds::close_from(next)?;
    }
    Ok(SOCKET_FD + 1)
}

fn set_limits(limits: &Limits, plan: &Plan) -> Result<(), Failure> {
    if !ablation::keeps(Part::Rlimits) {
        return Ok(());
    }
    self::limits(limits, plan).into_iter().try_for_each(|(resource, most, name)| {
        confine::limit(resource, most).at(Layer::Rlimits, format!("limit {name}"))
    })
}

/// Signals that wait, and timers of a process: kernel memory that counts for the host's own user as well.
const SIGNALS: u64 = 1024;

/// What a worker may have of each resource.
pub(super) fn limits(limits: &Limits, plan: &Plan) -> [(confine::Resource, u64, &'static str); 9] {
    // A second later than the host's own watch, which sees all processes together.
    let cpu = limits.cpu.as_secs() + 2;
    let address_space = if plan.address_space { 2 * limits.memory_bytes + ADDRESS_ROOM } else { u64::MAX };
    let processes = u64::from(limits.processes) + plan.others;
    [
        (libc::RLIMIT_CORE, 0, "core"),
        (libc::RLIMIT_CPU, cpu, "cpu"),
        (libc::RLIMIT_AS, address_space, "address space"),
        (libc::RLIMIT_NOFILE, u64::from(limits.open_files), "open files"),
        (libc::RLIMIT_NPROC, processes, "processes"),
        (libc::RLIMIT_FSIZE, limits.file_bytes.min(limits.disk_bytes), "file size"),
        (libc::RLIMIT_MEMLOCK, 0, "locked memory"),
        (libc::RLIMIT_MSGQUEUE, 0, "message queues"),
        (libc::RLIMIT_SIGPENDING, SIGNALS, "queued signals"),
    ]
}
