//! Start time and memory of waiting workers, of several binaries in turn:
//! `cargo run --release -p outboard-worker --example idle -- WORKER...`
#![allow(unsafe_code, reason = "the worker's descriptor 3 is set between fork and exec")]
#![allow(clippy::print_stdout, reason = "an example that prints figures")]

use outboard_worker_protocol::SOCKET_FD;
use std::io::{Error, Read as _, Result};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::Instant;

const ROUNDS: usize = 200;

/// A worker that said its first word, its socket, and the microseconds that it took.
fn start(worker: &str) -> Result<(Child, UnixStream, u128)> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let descriptor = theirs.as_raw_fd();
    let mut command = Command::new(worker);
    // SAFETY: dup2 is async-signal-safe; the descriptor is open in the child.
    unsafe {
        command.pre_exec(move || match libc::dup2(descriptor, SOCKET_FD) {
            SOCKET_FD => Ok(()),
            _ => Err(Error::last_os_error()),
        });
    }
    let began = Instant::now();
    let child = command.spawn()?;
    drop(theirs);
    let read = ours.read(&mut [0; 4096])?;
    let took = began.elapsed().as_micros();
    assert!(read > 0, "{worker} said nothing");
    Ok((child, ours, took))
}

/// Microseconds until the first frame, and KiB that no other process shares.
fn once(worker: &str) -> Result<(u128, u64)> {
    let (mut child, _socket, took) = start(worker)?;
    let memory = private_kib(child.id())?;
    child.kill()?;
    child.wait()?;
    Ok((took, memory))
}

fn private_kib(process: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let lines = text.lines().filter(|line| line.starts_with("Private_"));
    Ok(lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum())
}

fn main() -> Result<()> {
    let workers: Vec<String> = std::env::args().skip(1).collect();
    // One of each stays, as in a pool: what they share is shared.
    let mut others = workers.iter().map(|worker| start(worker)).collect::<Result<Vec<_>>>()?;
    let mut figures = vec![(Vec::new(), Vec::new()); workers.len()];
    for _ in 0..ROUNDS {
        for (worker, (times, sizes)) in workers.iter().zip(&mut figures) {
            let (time, size) = once(worker)?;
            times.push(time);
            sizes.push(size);
        }
    }
    for (other, ..) in &mut others {
        other.kill()?;
        other.wait()?;
    }
    for (worker, (times, sizes)) in workers.iter().zip(&mut figures) {
        times.sort_unstable();
        sizes.sort_unstable();
        let middle = ROUNDS / 2;
        println!(
            "{worker}: start minimum {} us, median {} us; private memory minimum {} KiB, median {} KiB",
            times[0], times[middle], sizes[0], sizes[middle]
        );
    }
    Ok(())
}
