//! What a program uses where a plain look at its processes and folders does not show it.

use crate::support::{doomed, options, program, python, run, started};
use outboard_sandbox::{ExitReason, Limits, Options, Sandbox};
use std::time::Duration;

async fn limited(limits: Limits) -> Sandbox {
    started(Options { limits, ..options() }).await
}

#[tokio::test]
async fn children_that_nobody_waits_for_use_processor_time() {
    let sandbox = limited(Limits { cpu: Duration::from_millis(900), ..Limits::default() }).await;
    let code = "
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def child():
    try: return os.fork() == 0
    except OSError: return False
while True:
    if child():
        while time.process_time() < 0.4: pass
        os._exit(0)
    time.sleep(0.1)";
    let exit = doomed(sandbox.worker(python()).await.unwrap(), code).await;
    assert_eq!(exit.reason, ExitReason::Cpu, "{exit:?}");
}

#[tokio::test]
async fn locks_count_as_files_and_those_of_open_files_cannot_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let grant = || python().writable(folder.path(), "/workspace");
    let sandbox = limited(Limits { disk_files: 1_000, ..Limits::default() }).await;
    let code = "
import fcntl, struct, time
file = open('/workspace/a', 'wb')
def of_file():
    try: fcntl.fcntl(file, 37, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 1, 0))
    except PermissionError: return 'refused'
for n in range(200): fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * n)
time.sleep(0.5)
result = of_file()";
    assert_eq!(
        run(&sandbox, grant(), code).await.unwrap(),
        "refused",
        "and as many as there may be files are no trouble"
    );
    for file in ["open('/workspace/a', 'wb')", "0", "channel"] {
        let code = format!(
            "import fcntl, time\nfile = {file}\nfor n in range(2_000): fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * n)\ntime.sleep(60)"
        );
        let exit = doomed(sandbox.worker(grant()).await.unwrap(), &code).await;
        assert_eq!(exit.reason, ExitReason::DiskFiles, "{file}");
    }
}

/// Where the host does not listen for a while, they are nobody's until it does.
#[tokio::test]
async fn files_that_were_sent_to_the_host_are_found_in_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = limited(Limits::default()).await;
    let grant = python().writable(folder.path(), "/workspace");
    let (mut sender, _unread, control) = sandbox.worker(grant).await.unwrap().split();
    let code = "
import os, socket, time
file = open('/workspace/a', 'wb')
os.unlink('/workspace/a')
socket.send_fds(channel, [b'x'], [file.fileno()])
file.close()
time.sleep(60)";
    sender.send(&program(code)).await.unwrap();
    let exit = tokio::time::timeout(Duration::from_secs(30), control.wait()).await.unwrap();
    assert_eq!(exit.reason, ExitReason::DiskFiles);
}
