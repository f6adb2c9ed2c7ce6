//! Templates: one started engine per layout, which stands in a root of that layout and is copied for each worker.
//!
//! A template has never seen a program, a grant or a secret, and never will: it makes copies, and only a copy, once it
//! is jailed, is given a channel to the host. A request for a worker waits for the template that is being started;
//! where an engine cannot be one, every worker is started by itself, with the same layers. After a number of copies a
//! new template takes over, so that only so many workers have their addresses in common.

use super::child;
use super::order::Prepared;
use super::root::Mounted;
use super::stage::{Plan, Stage};
use crate::message::{Failure, Spawn};
use crate::sys::{fds, process};
use outboard_worker_protocol::template::{Copied, GREETING};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// Copies of one template at most.
const MOST_COPIES: u32 = 500;
/// How long an engine may take to become a template, and a template to make a copy.
const START_TIME: Duration = Duration::from_secs(12);
const COPY_TIME_MS: i32 = 4000;
/// Templates of one engine that may fail before no more are tried.
const MOST_FAILURES: u32 = 3;

/// A request that waits for a template.
pub(super) type Held = (Spawn, Vec<OwnedFd>);

/// An engine that is, or is to be, a template.
pub(super) struct Template {
    pub(super) pid: i32,
    pub(super) pidfd: OwnedFd,
    pub(super) socket: OwnedFd,
}

/// The templates of this host, by layout.
#[derive(Default)]
pub(super) struct Templates {
    all: Vec<Entry>,
}

#[derive(Default)]
struct Entry {
    layout: String,
    current: Option<Template>,
    copies: u32,
    coming: Option<(Template, Instant)>,
    failures: u32,
    held: VecDeque<Held>,
}

impl Template {
    /// Asks for a copy. An error means that the template is of no use any more, or never was.
    fn copy(&self, prepared: &Prepared, line: &OwnedFd, channel: &OwnedFd, folders: &[Mounted]) -> io::Result<i32> {
        let packet = serde_json::to_vec(&prepared.order).map_err(io::Error::other)?;
        let all: Vec<BorrowedFd<'_>> =
            [line.as_fd(), channel.as_fd()].into_iter().chain(prepared.descriptors(folders)).collect();
        fds::send(self.socket.as_fd(), &packet, &all)?;
        let silent = || io::Error::from(io::ErrorKind::TimedOut);
        if !fds::wait_readable(&[self.socket.as_raw_fd()], COPY_TIME_MS)?[0] {
            return Err(silent());
        }
        let mut answer = [0; 256];
        let (size, _) = fds::receive(self.socket.as_fd(), &mut answer)?;
        match serde_json::from_slice(&answer[..size]).map_err(io::Error::other)? {
            Copied::Pid(pid) => Ok(pid),
            Copied::Errno(errno) => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// Whether it said the word.
    fn greets(&self) -> bool {
        let mut said = [0; 256];
        let said = fds::receive(self.socket.as_fd(), &mut said).map(|(size, _)| said[..size] == *GREETING.as_bytes());
        said.unwrap_or(false)
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        process::kill(self.pidfd.as_fd());
        let _ = process::reap(self.pid);
    }
}

impl Entry {
    fn fail(&mut self) {
        self.failures += 1;
    }

    fn is_hopeless(&self) -> bool {
        self.failures >= MOST_FAILURES
    }
}

impl Templates {
    fn entry(&mut self, layout: &str) -> &mut Entry {
        if let Some(at) = self.all.iter().position(|entry| entry.layout == layout) {
            return &mut self.all[at];
        }
        self.all.push(Entry { layout: layout.to_owned(), ..Entry::default() });
        let last = self.all.len() - 1;
        &mut self.all[last]
    }

    /// Whether a layout has a template now.
    pub(super) fn has(&self, layout: &str) -> bool {
        self.all.iter().any(|entry| entry.layout == layout && entry.current.is_some())
    }

    /// The sockets to watch.
    pub(super) fn watched(&self) -> Vec<RawFd> {
        let of = |entry: &Entry| {
            let coming = entry.coming.as_ref().map(|(template, _)| template);
            entry.current.iter().chain(coming).map(|template| template.socket.as_raw_fd()).collect::<Vec<_>>()
        };
        self.all.iter().flat_map(of).collect()
    }

    /// How long to wait for them at most; -1 for ever.
    pub(super) fn patience(&self) -> i32 {
        let ends = self.all.iter().filter_map(|entry| entry.coming.as_ref().map(|(_, until)| *until));
        let left = ends.map(|until| until.saturating_duration_since(Instant::now()).as_millis() + 1).min();
        left.map_or(-1, |left| i32::try_from(left).unwrap_or(i32::MAX))
    }

    /// Looks at what happened; gives the requests that need not wait any more.
    pub(super) fn look(&mut self, readable: &[RawFd], proves: impl Fn(i32) -> bool) -> Vec<Held> {
        let mut released = Vec::new();
        for entry in &mut self.all {
            let told = |template: &Template| readable.contains(&template.socket.as_raw_fd());
            // A template speaks when it is asked; else it is gone.
            if entry.current.as_ref().is_some_and(told) {
                entry.current = None;
                entry.fail();
            }
            let Some((template, until)) = entry.coming.take() else { continue };
            if told(&template) {
                if template.greets() && proves(template.pid) {
                    (entry.current, entry.copies) = (Some(template), 0);
                } else {
                    entry.failures = MOST_FAILURES;
                }
            } else if Instant::now() >= until {
                entry.failures = MOST_FAILURES;
            } else {
                entry.coming = Some((template, until));
                continue;
            }
            released.extend(entry.held.drain(..));
        }
        released
    }
}

/// What becomes of a request for a worker.
pub(super) enum Turn {
    /// It is that request's turn.
    Now(Held),
    /// It waits for a template.
    Later,
    /// It cannot be met.
    Never(u64, Failure),
}

/// Keeps a request until its template is there; gives it back where it need not wait.
pub(super) fn hold(stage: &mut Stage, spawn: Spawn, sockets: Vec<OwnedFd>) -> Turn {
    if !stage.copies(&spawn) {
        return Turn::Now((spawn, sockets));
    }
    let entry = stage.templates.entry(&spawn.layout);
    let is_due = entry.current.is_none() || entry.copies >= MOST_COPIES;
    if is_due && entry.coming.is_none() && !entry.is_hopeless() {
        let begun = child::begin(stage, &spawn.layout);
        let entry = stage.templates.entry(&spawn.layout);
        match begun {
            Ok(template) => entry.coming = Some((template, Instant::now() + START_TIME)),
            Err(failure) => {
                entry.fail();
                return Turn::Never(spawn.id, failure);
            }
        }
    }
    let entry = stage.templates.entry(&spawn.layout);
    if entry.current.is_none() && entry.coming.is_some() {
        entry.held.push_back((spawn, sockets));
        return Turn::Later;
    }
    Turn::Now((spawn, sockets))
}

/// A copy for a planned worker: its process. `None` where there is no template, or it has just failed.
pub(super) fn copy(
    stage: &mut Stage,
    plan: &Plan,
    prepared: &Prepared,
    line: &OwnedFd,
    folders: &[Mounted],
) -> Option<i32> {
    let entry = stage.templates.entry(&plan.layout);
    let copied = entry.current.as_ref()?.copy(prepared, line, &plan.channel, folders);
    match copied {
        Ok(pid) => {
            entry.copies += 1;
            Some(pid)
        }
        Err(_) => {
            entry.current = None;
            entry.fail();
            None
        }
    }
}
