//! Folders for a worker that runs already: how an idle worker gets the session's files.
//!
//! The spawner opens the folders, steps into the worker's mount namespace, attaches them, and steps back: two
//! `setns` and one `move_mount` a folder, about 0.1 ms in all. The other ways are slower or weaker: a helper
//! process costs a fork each time, and a subtree through which mounts propagate would show one worker's
//! folders to all. What the step relies on: only the spawner can make such a mount, as the worker has no
//! capability; the names that it resolves lie on the worker's root, which is read-only and holds no link that a
//! program made, as it comes before the program. A spawner that cannot step back ends, and all workers with it.

use super::identity::Identity;
use super::root;
use crate::layers::Layer;
use crate::message::{At, Failure, Folder};
use crate::sys::{fds, mounts, process};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Where the spawner itself belongs.
pub(super) struct Home {
    namespace: OwnedFd,
    root: File,
}

impl Home {
    /// The present mount namespace and root.
    pub(super) fn here(identity: &Identity) -> Result<Self, Failure> {
        let namespace = identity.open("self/ns/mnt").at(Layer::Files, "open the spawner's mount namespace")?;
        let root = File::open("/").at(Layer::Files, "open the spawner's root")?;
        Ok(Self { namespace, root })
    }

    /// Attaches folders in the mount namespace of a worker of this layout.
    pub(super) fn attach(
        &self,
        identity: &mut Identity,
        layout: &str,
        worker: BorrowedFd<'_>,
        folders: &[Folder],
    ) -> Result<(), Failure> {
        let opened = root::open_folders(identity, layout, folders)?;
        process::join_mounts(worker).at(Layer::Files, "join the worker's mounts")?;
        let done = opened.iter().try_for_each(|(tree, target)| {
            mounts::attach(tree.as_fd(), target).at(Layer::Files, format!("attach {}", target.to_string_lossy()))
        });
        if self.go_back().is_err() {
            process::exit_now(1);
        }
        done
    }

    fn go_back(&self) -> std::io::Result<()> {
        process::join_mounts(self.namespace.as_fd())?;
        process::change_root(self.root.as_fd())
    }
}

/// Reads what a child tells until it executes its program: a listener, or a failure as text.
pub(super) fn hear(child: BorrowedFd<'_>) -> std::io::Result<(Vec<u8>, Option<OwnedFd>)> {
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
