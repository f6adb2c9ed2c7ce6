//! The worker as a template: it waits with its engine built, and makes a copy of itself for each order.
//!
//! Never here: what the calls of an order do. They are the jail, which the spawner decides.
#![allow(unsafe_code, reason = "copies are made and jailed by system calls that come as a list")]

use crate::socket;
use outboard_worker_protocol::SOCKET_FD;
use outboard_worker_protocol::template::{
    Argument, Copied, GREETING, LINE_FD, MAX_ORDER_FDS, Order, Stopped, SystemCall,
};
use std::io::Error;
use std::os::fd::RawFd;

const MAX_PACKET: usize = 128 << 10;
const CONTROL_WORDS: usize = 64;

/// Returns in every copy, once it is jailed, and never in the template.
pub(crate) fn copy_for_each_order() {
    send(SOCKET_FD, GREETING.as_bytes());
    let mut packet = vec![0; MAX_PACKET];
    loop {
        let (size, descriptors) = receive(&mut packet);
        let Ok(order) = serde_json::from_slice::<Order>(&packet[..size]) else { socket::leave() };
        let copied = match make(&order.clone, &descriptors) {
            Ok(0) => return become_worker(&order, &descriptors),
            Ok(pid) => Copied::Pid(pid as i32),
            Err(errno) => Copied::Errno(errno),
        };
        send(SOCKET_FD, &serde_json::to_vec(&copied).unwrap_or_default());
        descriptors.into_iter().for_each(close);
    }
}

fn become_worker(order: &Order, descriptors: &[RawFd]) {
    let [line, channel, ..] = descriptors else { socket::leave() };
    let mut go = 0_u8;
    // SAFETY: the numbers are open descriptors, and `go` is one writable byte.
    let read = unsafe {
        libc::dup2(*channel, SOCKET_FD);
        libc::dup2(*line, LINE_FD);
        libc::read(LINE_FD, (&raw mut go).cast(), 1)
    };
    if read != 1 {
        socket::leave();
    }
    for (call, each) in order.calls.iter().enumerate() {
        if let Err(errno) = make(each, descriptors)
            && !each.optional
        {
            send(LINE_FD, &serde_json::to_vec(&Stopped { call, errno }).unwrap_or_default());
            socket::leave();
        }
    }
    close(LINE_FD);
}

/// Makes a call; the error is the kernel's number.
fn make(call: &SystemCall, descriptors: &[RawFd]) -> Result<i64, i32> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    let mut words: [libc::c_long; 6] = [0; 6];
    for (word, argument) in words.iter_mut().zip(&call.arguments) {
        *word = match argument {
            Argument::Value(value) => *value,
            Argument::Descriptor(place) => descriptors.get(*place).map_or(-1, |fd| i64::from(*fd)),
            Argument::Bytes(digits) => kept(&mut held, bytes(digits)),
            Argument::Filter(digits) => {
                let code = bytes(digits);
                let length = (code.len() / size_of::<libc::sock_filter>()) as u64;
                let code = kept(&mut held, code);
                // A `sock_fprog`: the length, padded, and the address.
                kept(&mut held, [length.to_ne_bytes(), code.to_ne_bytes()].concat())
            }
        };
    }
    let [a, b, c, d, e, f] = words;
    // SAFETY: the spawner sends calls whose pointers are to bytes that live until the end of this function; a clone
    // leaves this process with one thread, as it was, in memory of its own.
    let returned = unsafe { libc::syscall(call.number, a, b, c, d, e, f) };
    if returned < 0 { Err(Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)) } else { Ok(returned) }
}

fn kept(held: &mut Vec<Vec<u8>>, bytes: Vec<u8>) -> libc::c_long {
    let at = bytes.as_ptr() as libc::c_long;
    held.push(bytes);
    at
}

fn bytes(digits: &str) -> Vec<u8> {
    let value = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    digits.as_bytes().chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

fn close(descriptor: RawFd) {
    // SAFETY: the descriptor came with an order, or is the line, and is used no more.
    unsafe { libc::close(descriptor) };
}

fn send(to: RawFd, bytes: &[u8]) {
    // SAFETY: the pointer and the length describe `bytes`.
    let sent = unsafe { libc::send(to, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) };
    if sent < 0 {
        socket::leave();
    }
}

/// The next order with its descriptors; leaves when there is nobody left to give one.
fn receive(packet: &mut [u8]) -> (usize, Vec<RawFd>) {
    let mut part = libc::iovec { iov_base: packet.as_mut_ptr().cast(), iov_len: packet.len() };
    let mut control = [0_u64; CONTROL_WORDS];
    let mut descriptors = Vec::with_capacity(MAX_ORDER_FDS);
    // SAFETY: all-zero is a valid msghdr; it is then made to describe memory that outlives the call. The kernel fills
    // the control buffer, which CMSG_* walk within its length.
    let size = unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_iov = &raw mut part;
        header.msg_iovlen = 1;
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&control) as _;
        let size = libc::recvmsg(SOCKET_FD, &raw mut header, libc::MSG_CMSG_CLOEXEC);
        let mut entry = if size > 0 { libc::CMSG_FIRSTHDR(&raw const header) } else { std::ptr::null_mut() };
        while !entry.is_null() {
            if ((*entry).cmsg_level, (*entry).cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                let bytes = (*entry).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                let data = libc::CMSG_DATA(entry).cast::<RawFd>();
                descriptors.extend((0..bytes / size_of::<RawFd>()).map(|at| data.add(at).read_unaligned()));
            }
            entry = libc::CMSG_NXTHDR(&raw const header, entry);
        }
        size
    };
    if size <= 0 {
        socket::leave();
    }
    (size.unsigned_abs(), descriptors)
}
