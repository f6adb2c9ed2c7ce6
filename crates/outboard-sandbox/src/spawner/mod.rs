//! The spawner: the one process that forks. It holds nothing secret and has one thread.
//!
//! It is told once how jails look, then asked for workers, one packet each; it reports every end of a
//! worker. When the host is gone it kills all workers and ends; when it dies itself, the kernel kills them.

mod bare;
mod child;
mod groups;
mod handover;
mod identity;
mod order;
mod reply;
mod rights;
mod root;
mod stage;
mod template;

use crate::Layer;
use crate::ablation::{self, Part};
use crate::message::{At, Failure, MAX_PACKET, Reply, Request, Spawn};
use crate::sys::{fds, process};
use child::Started;
use groups::Group;
use outboard_worker_protocol::SOCKET_FD;
use reply::{answer, deserialize};
use stage::Stage;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use template::Turn;

/// Runs the spawner with its socket on descriptor 3; call it first thing in `main`, before any thread.
///
/// Never returns. Closes every other descriptor and reads neither arguments nor environment.
pub fn spawner_main() -> ! {
    let done = fds::adopt(SOCKET_FD).and_then(run);
    std::process::exit(i32::from(done.is_err()))
}

/// A worker that was started and not yet reaped.
struct Live {
    id: u64,
    pid: i32,
    pidfd: OwnedFd,
    group: Option<Group>,
}

fn run(socket: OwnedFd) -> io::Result<()> {
    if ablation::keeps(Part::Descriptors) {
        fds::close_from(SOCKET_FD + 1)?;
    }
    fds::place(SOCKET_FD, SOCKET_FD, true)?;
    process::new_session();
    process::die_with_parent()?;
    let Some(stage) = set_up(&socket)? else { return Ok(()) };
    process::die_with_parent()?;
    let mut workers = Vec::new();
    let mut stage = stage;
    let served = serve(&socket, &mut stage, &mut workers);
    workers.iter().for_each(|worker| process::kill(worker.pidfd.as_fd()));
    workers.iter().for_each(|worker| drop(stage.bury(worker.id, worker.pid, worker.group.as_ref())));
    served
}

fn set_up(socket: &OwnedFd) -> io::Result<Option<Stage>> {
    let Some((Request::Setup(setup), texts)) = next(socket)? else { return Ok(None) };
    match Stage::build(setup, texts) {
        Ok(stage) => {
            answer(socket, &Reply::SetUp { tier: stage.tier(), layers: stage.layers() }, &[])?;
            Ok(Some(stage))
        }
        Err(failure) => {
            answer(socket, &Reply::Failed { id: 0, failure }, &[])?;
            Ok(None)
        }
    }
}

/// The next request, or `None` when the host is gone.
fn next(socket: &OwnedFd) -> io::Result<Option<(Request, Vec<OwnedFd>)>> {
    let mut packet = vec![0; MAX_PACKET];
    let (size, fds) = fds::receive(socket.as_fd(), &mut packet)?;
    if size == 0 { Ok(None) } else { Ok(Some((deserialize(&packet[..size])?, fds))) }
}

fn serve(socket: &OwnedFd, stage: &mut Stage, workers: &mut Vec<Live>) -> io::Result<()> {
    loop {
        let mut watched = vec![socket.as_raw_fd()];
        watched.extend(workers.iter().map(|worker| worker.pidfd.as_raw_fd()));
        let starved: Vec<_> = workers
            .iter()
            .filter_map(|one| one.group.as_ref()?.out_of_memory.as_ref().map(|event| (event, one)))
            .collect();
        watched.extend(starved.iter().map(|(event, _)| event.as_raw_fd()));
        let first_template = watched.len();
        watched.extend(stage.templates.watched());
        let ready = fds::wait_readable(&watched, stage.templates.patience())?;
        let told = &ready[workers.len() + 1..first_template];
        starved.iter().zip(told).filter(|(_, told)| **told).for_each(|((_, one), _)| process::kill(one.pidfd.as_fd()));
        for index in (0..workers.len()).rev().filter(|index| ready[index + 1]) {
            let worker = workers.swap_remove(index);
            let ended = stage.bury(worker.id, worker.pid, worker.group.as_ref())?;
            answer(socket, &Reply::Exited { id: worker.id, ended }, &[])?;
        }
        let templates = watched[first_template..].iter().zip(&ready[first_template..]);
        let told: Vec<_> = templates.filter(|(_, ready)| **ready).map(|(template, _)| *template).collect();
        for (spawn, sockets) in stage.look_at_templates(&told) {
            workers.extend(start(socket, stage, spawn, sockets)?);
        }
        if ready[0] {
            match next(socket)? {
                Some((Request::Spawn(spawn), sockets)) => match template::hold(stage, spawn, sockets) {
                    Turn::Now((spawn, sockets)) => workers.extend(start(socket, stage, spawn, sockets)?),
                    Turn::Later => {}
                    Turn::Never(id, failure) => answer(socket, &Reply::Failed { id, failure }, &[])?,
                },
                Some((Request::Stand(id, standing), _)) => {
                    let group = workers.iter().find(|worker| worker.id == id).and_then(|worker| worker.group.as_ref());
                    group.into_iter().for_each(|group| stage.groups.stand(group, standing));
                }
                Some((Request::Setup(_), _)) => {}
                None => return Ok(()),
            }
        }
    }
}

fn start(socket: &OwnedFd, stage: &mut Stage, spawn: Spawn, sockets: Vec<OwnedFd>) -> io::Result<Option<Live>> {
    let id = spawn.id;
    match spawned(stage, &spawn, sockets) {
        Ok(Started { pid, pidfd, listener, group }) => {
            let clock = group.as_ref().and_then(|group| stage.groups.clock(group));
            let fds = [Some(pidfd.as_fd()), clock.as_ref().map(AsFd::as_fd), listener.as_ref().map(AsFd::as_fd)];
            let fds: Vec<_> = fds.into_iter().flatten().collect();
            let weighed = group.is_some() && stage.groups.hold_memory();
            let spawned = Reply::Spawned { id, pid, weighed, clocked: clock.is_some(), tmp: stage.tmp(id) };
            answer(socket, &spawned, &fds)?;
            Ok(Some(Live { id, pid, pidfd, group }))
        }
        Err(failure) => {
            stage.forget(id);
            answer(socket, &Reply::Failed { id, failure }, &[])?;
            Ok(None)
        }
    }
}

fn spawned(stage: &mut Stage, spawn: &Spawn, sockets: Vec<OwnedFd>) -> Result<Started, Failure> {
    let missing = || io::Error::from_raw_os_error(libc::EBADF);
    let channel = sockets.into_iter().next().ok_or_else(missing).at(Layer::Descriptors, "the worker's socket")?;
    let plan = stage.plan(spawn, channel)?;
    child::spawn(stage, spawn.id, plan)
}
