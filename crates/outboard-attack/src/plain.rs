//! A worker without a jail: the same program as a plain process, its socket on descriptor 3.

use crate::guests::Ran;
use anyhow::{Context, Result, bail};
use outboard_worker_protocol::{FrameBuffer, FromWorker, MAX_FROM_WORKER, ToWorker, encode};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longer than any honest program takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs one program to its end.
pub(crate) fn run(worker: &[OsString], start: &ToWorker) -> Result<Ran> {
    let (mut ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(PATIENCE))?;
    // The shell moves the socket from its input to descriptor 3: no code of ours runs between fork and exec.
    let mut child = Command::new("/bin/sh")
        .args(["-c", "exec \"$@\" 3<&0 </dev/null", "sh"])
        .args(worker)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("/bin/sh does not start")?;
    let ran = talk(&mut ours, start);
    let _ = child.kill();
    child.wait()?;
    ran
}

fn talk(stream: &mut UnixStream, start: &ToWorker) -> Result<Ran> {
    let mut bytes = Vec::new();
    encode(start, &mut bytes)?;
    stream.write_all(&bytes)?;
    let (mut frames, mut ran, mut part) = (FrameBuffer::new(MAX_FROM_WORKER), Ran::default(), vec![0; 64 << 10]);
    loop {
        let count = stream.read(&mut part).context("the plain worker gave no answer in time")?;
        if count == 0 {
            bail!("the plain worker ended without a last frame");
        }
        frames.extend(&part[..count]);
        while let Some(body) = frames.next_frame()? {
            if ran.take(FromWorker::read(body)?) {
                return Ok(ran);
            }
        }
    }
}
