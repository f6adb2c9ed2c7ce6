//! Packets from and to the host.

use crate::message::Reply;
use crate::sys::fds;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub(super) fn deserialize<T: DeserializeOwned>(packet: &[u8]) -> io::Result<T> {
    serde_json::from_slice(packet).map_err(io::Error::other)
}

pub(super) fn answer(socket: &OwnedFd, reply: &Reply, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let packet = serde_json::to_vec(reply).map_err(io::Error::other)?;
    fds::send(socket.as_fd(), &packet, descriptors)
}
