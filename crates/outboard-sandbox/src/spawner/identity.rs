//! Who a worker is, inside and outside of its user namespace, or of the host where root cannot make one.

use super::child::NAMESPACES;
use super::handover::hand_over;
use super::{rights, root};
use crate::layers::Layer;
use crate::message::{At, Failure, Folder};
use crate::sys::process::{self, Side};
use crate::sys::{fds, mounts};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

/// The user and group that a worker sees itself as.
pub(super) const INSIDE: u32 = 1000;

/// Host ids for workers of a root host, best first; the second exists also in small containers.
const OUTSIDE: [u32; 2] = [200_000, 65_534];

/// The namespaces of workers whose host may not make user namespaces.
const WITHOUT_USERS: libc::c_int = NAMESPACES & !libc::CLONE_NEWUSER;

/// What every worker is mapped to on the host.
pub(super) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Whether the spawner is root and workers are someone else.
    pub(super) root: bool,
    /// Why workers have no user namespace, as an error's number, where they have none. Root makes the others without one,
    /// and then gives up every right.
    pub(super) unmapped: Option<i32>,
    /// The host's `/proc`, kept because the stage hides it.
    proc: File,
    /// User namespaces that show an owner's files as the worker's, by owner.
    disguises: HashMap<(u32, u32), OwnedFd>,
}

impl Identity {
    /// Chooses the worker's identity; an ordinary user moves to a user namespace first, to be able to mount.
    pub(super) fn take() -> Result<Self, Failure> {
        let (uid, gid) = process::ids();
        let unmapped = match try_namespaces(NAMESPACES) {
            Err(error) if uid == 0 && is_forbidden(&error) && try_namespaces(WITHOUT_USERS).is_ok() => {
                error.raw_os_error()
            }
            tried => tried.map(|()| None).at(Layer::Namespaces, "clone3 with new namespaces")?,
        };
        let proc = File::open("/proc").at(Layer::Identity, "open /proc")?;
        let new = |uid, gid, root| Self { uid, gid, root, unmapped, proc, disguises: HashMap::new() };
        if uid == 0 {
            rights::have(if unmapped.is_none() { rights::ALWAYS } else { rights::UNMAPPED })?;
            let outside =
                unprivileged_id().at(Layer::Identity, "find an unprivileged host uid in /proc/self/uid_map")?;
            process::unshare(libc::CLONE_NEWNS).at(Layer::Namespaces, "unshare a mount namespace for the spawner")?;
            return Ok(new(outside, outside, true));
        }
        let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNS;
        process::unshare(flags).at(Layer::Namespaces, "unshare a user namespace for the spawner")?;
        let identity = new(uid, gid, false);
        identity.write("self", "setgroups", "deny").at(Layer::Identity, "write setgroups")?;
        identity.write("self", "uid_map", &format!("{uid} {uid} 1")).at(Layer::Identity, "write uid_map")?;
        identity.write("self", "gid_map", &format!("{gid} {gid} 1")).at(Layer::Identity, "write gid_map")?;
        Ok(identity)
    }

    /// The worker's identity where there are no user namespaces: an ordinary user's own.
    pub(super) fn bare() -> Result<Self, Failure> {
        let (uid, gid) = process::ids();
        let proc = File::open("/proc").at(Layer::Identity, "open /proc")?;
        let root = uid == 0;
        if root {
            rights::have(rights::BARE)?;
        }
        let outside = if root { unprivileged_id().at(Layer::Identity, "find an unprivileged host uid")? } else { uid };
        let group = if root { outside } else { gid };
        let unmapped = Some(libc::EPERM);
        Ok(Self { uid: outside, gid: group, root, unmapped, proc, disguises: HashMap::new() })
    }

    /// Whether workers have a user namespace.
    pub(super) fn is_mapped(&self) -> bool {
        self.unmapped.is_none()
    }

    /// The user and group that a worker sees itself as.
    pub(super) fn inside(&self) -> u32 {
        if self.is_mapped() { INSIDE } else { self.uid }
    }

    /// The namespaces of a worker.
    pub(super) fn namespaces(&self) -> libc::c_int {
        if self.is_mapped() { NAMESPACES } else { WITHOUT_USERS }
    }

    /// Threads of the worker's user on this host.
    pub(super) fn processes(&self) -> u64 {
        // A folder that is open can be listed by its name alone, and the stage hides this one's.
        let there = mounts::go_to(self.proc.as_fd());
        let tasks = there.and_then(|()| fs::read_dir(".")).into_iter().flatten().filter_map(Result::ok);
        let own = tasks.filter(|task| task.metadata().is_ok_and(|data| data.uid() == self.uid));
        let count = own.map(|task| fs::read_dir(task.path().join("task")).map_or(0, |threads| threads.count() as u64));
        let sum = count.sum();
        let _ = std::env::set_current_dir("/");
        sum
    }

    /// Where owners cannot be mapped: makes a writable folder the worker's, and with the product's own folders what the
    /// host has put into them before any program came.
    pub(super) fn take_over(&self, folder: &Folder, open: BorrowedFd<'_>, owner: (u32, u32)) -> io::Result<()> {
        if root::USUAL.contains(&folder.target.trim_matches('/')) && owner != (self.uid, self.gid) {
            hand_over(open, owner, (self.uid, self.gid))?;
        }
        fds::give(open, self.uid, self.gid)
    }

    /// Gives a cloned process its ids and makes it the first to go when memory runs out.
    pub(super) fn give(&self, pid: i32) -> Result<(), Failure> {
        let map = |outside: u32| format!("{INSIDE} {outside} 1");
        let pid = pid.to_string();
        // A kindness to the host, not a layer: the limits hold without it.
        let _ = self.write(&pid, "oom_score_adj", "1000");
        if !self.is_mapped() {
            return Ok(());
        }
        if !self.root {
            self.write(&pid, "setgroups", "deny").at(Layer::Identity, "write setgroups of the worker")?;
        }
        self.write(&pid, "uid_map", &map(self.uid)).at(Layer::Identity, "write uid_map of the worker")?;
        self.write(&pid, "gid_map", &map(self.gid)).at(Layer::Identity, "write gid_map of the worker")
    }

    /// A user namespace that shows files of this owner as the worker's, and files of the worker as the owner's. Without
    /// user namespaces the error is that of a file system which cannot do it.
    pub(super) fn disguise(&mut self, owner: (u32, u32)) -> io::Result<&OwnedFd> {
        if !self.is_mapped() {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        if !self.disguises.contains_key(&owner) {
            let made = self.make_disguise(owner)?;
            self.disguises.insert(owner, made);
        }
        self.disguises.get(&owner).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
    }

    fn make_disguise(&self, (uid, gid): (u32, u32)) -> io::Result<OwnedFd> {
        let (pid, pidfd) = match process::clone_into(libc::CLONE_NEWUSER)? {
            Side::Child => process::stand_by(),
            Side::Parent(pid, pidfd) => (pid, pidfd),
        };
        let made = self
            .write(&pid.to_string(), "uid_map", &format!("{uid} {} 1", self.uid))
            .and_then(|()| self.write(&pid.to_string(), "gid_map", &format!("{gid} {} 1", self.gid)))
            .and_then(|()| fds::open_in(self.proc.as_fd(), &format!("{pid}/ns/user"), false));
        process::kill(pidfd.as_fd());
        process::reap(pid)?;
        made
    }

    /// Whether a process has one thread and shares no memory that can be written to: only then is it whole in a copy,
    /// and nothing of one copy reaches another.
    pub(super) fn is_copyable(&self, pid: i32) -> bool {
        let one_thread = |status: &String| status.lines().any(|line| line == "Threads:\t1");
        let shares = |maps: &String| {
            let mut modes = maps.lines().filter_map(|line| line.split(' ').nth(1));
            modes.any(|mode| mode.contains('w') && mode.ends_with('s'))
        };
        let status = self.read(pid, "status").is_ok_and(|status| one_thread(&status));
        status && self.read(pid, "maps").is_ok_and(|maps| !maps.is_empty() && !shares(&maps))
    }

    fn read(&self, pid: i32, file: &str) -> io::Result<String> {
        let file = fds::open_in(self.proc.as_fd(), &format!("{pid}/{file}"), false)?;
        io::read_to_string(File::from(file))
    }

    /// Writes a file of a process; through the descriptor, because the stage hides `/proc`.
    fn write(&self, process: &str, file: &str, text: &str) -> io::Result<()> {
        let file = fds::open_in(self.proc.as_fd(), &format!("{process}/{file}"), true)?;
        File::from(file).write_all(text.as_bytes())
    }
}

/// Whether an error says that something is forbidden or unknown here, rather than that it failed this time.
pub(super) fn is_forbidden(error: &io::Error) -> bool {
    let forbidden = [libc::EPERM, libc::EACCES, libc::ENOSPC, libc::ENOSYS, libc::EINVAL];
    error.raw_os_error().is_some_and(|errno| forbidden.contains(&errno))
}

/// Whether namespaces can be had at all; a process that ends at once finds out.
fn try_namespaces(wanted: libc::c_int) -> io::Result<()> {
    match process::clone_into(wanted)? {
        Side::Child => process::exit_now(0),
        Side::Parent(pid, _) => process::reap(pid).map(drop),
    }
}

fn unprivileged_id() -> io::Result<u32> {
    let covers = |file: &str| {
        let text = fs::read_to_string(file)?;
        Ok::<_, io::Error>(OUTSIDE.map(|id| text.lines().any(|line| line_covers(line, id))))
    };
    let (users, groups) = (covers("/proc/self/uid_map")?, covers("/proc/self/gid_map")?);
    let both = OUTSIDE.into_iter().zip(users.into_iter().zip(groups)).find(|(_, (user, group))| *user && *group);
    both.map(|(id, _)| id).ok_or_else(|| io::Error::from_raw_os_error(libc::EPERM))
}

/// Whether a line `first outside count` of an id map holds an id.
fn line_covers(line: &str, id: u32) -> bool {
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|one| one.parse().ok()).collect();
    matches!(numbers[..], [first, _, count] if (first..first + count).contains(&u64::from(id)))
}
