//! How a command reaches the worker: a socket that every process of the program inherits, on which a command
//! sends one end of a new pair. The pair then carries one request and its answer, and closes with the command.
//!
//! There is no address and no file, so nothing outside the jail can be reached by it and nothing stays behind. A
//! program can write rubbish to the inherited socket or close it; it then only loses its own commands.
#![allow(unsafe_code, reason = "an inherited descriptor is known by its number only")]

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// Where every process of a program finds the bridge: above what scripts and bash itself use, below the limit of
/// open files.
const NUMBER: RawFd = 100;

/// Takes over an inherited descriptor: the copy is ours, and the number is closed in programs that we start.
pub(crate) fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: used for two calls only, which fail if the number is not open; nothing here closes it.
    let found = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl_setfd(found, FdFlags::CLOEXEC)?;
    Ok(fcntl_dupfd_cloexec(found, 10)?)
}

/// The worker's end, and the end that programs started from now on inherit while it is held.
pub(crate) fn pair() -> io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = UnixStream::pair()?;
    let theirs = fcntl_dupfd_cloexec(theirs, NUMBER)?;
    if theirs.as_raw_fd() != NUMBER {
        return Err(io::Error::other("descriptor 100 is taken"));
    }
    fcntl_setfd(&theirs, FdFlags::empty())?;
    Ok((ours, theirs))
}

/// A new connection to the worker, from within a command.
pub(crate) fn connect() -> io::Result<UnixStream> {
    let bridge = inherited(NUMBER)?;
    let (ours, theirs) = UnixStream::pair()?;
    let theirs = [theirs.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&theirs));
    sendmsg(&bridge, &[IoSlice::new(b"c")], &mut control, SendFlags::NOSIGNAL)?;
    Ok(ours)
}

/// The next connection; `None` for a message that brings none or something else than a socket.
pub(crate) fn accept(bridge: &UnixStream) -> io::Result<Option<UnixStream>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    recvmsg(bridge, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    let received = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    Ok(received.filter(|fd| rustix::net::sockopt::socket_type(fd).is_ok()).map(UnixStream::from))
}
