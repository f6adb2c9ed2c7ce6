//! A network of a worker's own: one listener on the loopback device of its namespace, and no way out.
#![allow(unsafe_code, reason = "the loopback device is brought up by ioctl")]

use super::check_int;
use libc::c_long;
use std::io;
use std::mem;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::fd::AsRawFd;

/// Where programs find the host's proxy.
pub(crate) const PORT: u16 = 3128;

/// What a networked worker may call beside `socket`, whose arguments are checked. `bind`, `listen` and `accept`
/// stay absent: the listener is made before the filter is.
pub(crate) const NETWORK: &[(c_long, &str)] = &[(libc::SYS_connect, "to the listener; Landlock allows its port alone")];

/// Brings the loopback device of this network namespace up and listens there. Needs the namespace's capabilities.
pub(crate) fn listen() -> io::Result<TcpListener> {
    // Any socket tells the kernel which namespace is meant.
    let any = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    // SAFETY: all-zero is a valid ifreq.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (place, letter) in request.ifr_name.iter_mut().zip(b"lo") {
        *place = *letter as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the request has the layout that the kernel reads.
    check_int(unsafe { libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) })?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))
}
