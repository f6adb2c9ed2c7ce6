//! Drives the real binary through its socket.

mod calls;
mod forms;
mod limits;
mod platform;
mod shapes;
mod worker;
