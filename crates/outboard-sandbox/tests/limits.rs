//! Every limit, hit.

use crate::support::{doomed, options, program, python, run, run_in, sandbox, started};
use outboard_sandbox::{ExitReason, Limits, Sandbox};
use outboard_worker_protocol::FromWorker;
use std::time::{Duration, Instant};

async fn limited(limits: Limits) -> Sandbox {
    started(outboard_sandbox::Options { limits, ..options() }).await
}

#[tokio::test]
async fn a_busy_loop_ends_at_the_cpu_limit() {
    let sandbox = limited(Limits { cpu: Duration::from_millis(300), ..Limits::default() }).await;
    let exit = doomed(sandbox.worker(python()).await.unwrap(), "while True: pass").await;
    assert_eq!(exit.reason, ExitReason::Cpu);
    assert!(exit.cpu >= Duration::from_millis(290) && exit.cpu < Duration::from_millis(1500), "{exit:?}");
}

#[tokio::test]
async fn many_processes_share_one_cpu_limit() {
    let sandbox = limited(Limits { cpu: Duration::from_millis(500), ..Limits::default() }).await;
    let code = "import os\nfor _ in range(3): os.fork()\nwhile True: pass";
    assert_eq!(doomed(sandbox.worker(python()).await.unwrap(), code).await.reason, ExitReason::Cpu);
}

#[tokio::test]
async fn a_memory_bomb_ends_at_the_memory_limit() {
    let sandbox = limited(Limits { memory_bytes: 128 << 20, ..Limits::default() }).await;
    let code = "import time\nhold = []\nwhile True: hold.append(bytearray(1 << 20)); time.sleep(0.001)";
    let exit = doomed(sandbox.worker(python()).await.unwrap(), code).await;
    assert_eq!(exit.reason, ExitReason::Memory);
    assert!(exit.peak_memory > 100 << 20, "{exit:?}");
}

#[tokio::test]
async fn a_page_that_processes_share_counts_once_where_the_kernel_counts() {
    let sandbox = limited(Limits { memory_bytes: 192 << 20, ..Limits::default() }).await;
    let weighed = sandbox.ready().await.unwrap().to_string().contains("memory: cgroup");
    // Of what the first one has, each of the others has the same: 20 times 24 MiB that are there once.
    let code = "
import os, time
hold = bytearray(b'x') * (24 << 20)
for _ in range(20):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(1)
result = len(hold)";
    let worker = sandbox.worker(python()).await.unwrap();
    if weighed {
        assert_eq!(run_in(worker, code).await.unwrap(), 24 << 20);
    } else {
        assert_eq!(doomed(worker, code).await.reason, ExitReason::Memory);
    }
}

#[tokio::test]
async fn memory_that_outlives_its_mapping_cannot_be_had() {
    let code = "
import mmap, os
def made(file, flags):
    try:
        block = mmap.mmap(file() if file else -1, 1 << 20, flags=flags)
        block[:1] = b'x'
        return True
    except OSError:
        return False
zero = lambda: os.open('/dev/zero', os.O_RDWR)
own = lambda: os.open('/workspace/own', os.O_RDWR | os.O_CREAT)
os.truncate(own(), 1 << 20)
shared = mmap.MAP_SHARED
result = [made(None, shared | mmap.MAP_ANONYMOUS), made(zero, shared), made(own, shared), made(None, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)]";
    let folder = tempfile::tempdir().unwrap();
    let mut options = options();
    options.pool = outboard_sandbox::PoolSize { min: 1, max: 1 };
    let sandbox = started(options).await;
    let grant = || python().writable(folder.path(), "/workspace");
    let wanted = serde_json::json!([false, false, true, true]);
    assert_eq!(run(&sandbox, grant(), code).await.unwrap(), wanted, "a new worker");
    while sandbox.idle(&grant()) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(run(&sandbox, grant(), code).await.unwrap(), wanted, "one that has waited");
}

#[tokio::test]
async fn one_giant_allocation_is_refused() {
    let value = run(&sandbox().await, python(), "bytearray(10 << 30)").await;
    assert_eq!(value.unwrap_err(), "MemoryError()");
}

#[tokio::test]
async fn a_fork_bomb_is_bounded() {
    let limits = Limits { processes: 20, cpu: Duration::from_secs(1), ..Limits::default() };
    let sandbox = limited(limits).await;
    let code = "
import os
made = 0
while True:
    try: pid = os.fork()
    except OSError: break
    if pid == 0:
        import time; time.sleep(60)
    made += 1
result = made";
    let made = run(&sandbox, python(), code).await.unwrap().as_u64().unwrap();
    assert!((10..20).contains(&made), "{made}");
    let bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass";
    let exit = doomed(sandbox.worker(python()).await.unwrap(), bomb).await;
    assert!(matches!(exit.reason, ExitReason::Cpu | ExitReason::Memory), "{exit:?}");
}

#[tokio::test]
async fn files_and_the_temporary_folder_are_bounded() {
    let sandbox = limited(Limits { file_bytes: 1 << 20, open_files: 32, ..Limits::default() }).await;
    let code = "
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def fails(what):
    try: what(); return False
    except OSError: return True
def large():
    with open('/tmp/a', 'wb') as file: file.write(b'x' * (2 << 20))
def many():
    for n in range(200): open('/tmp/%d' % n, 'wb').write(b'x' * 1000000)
hold = []
def descriptors():
    for _ in range(100): hold.append(os.dup(0))
result = [fails(large), fails(many), fails(descriptors)]";
    assert_eq!(run(&sandbox, python(), code).await.unwrap(), serde_json::json!([true, true, true]));
}

#[tokio::test]
async fn who_has_used_much_leaves_one_processor_and_so_does_what_it_started() {
    let code = "
import os, time
def seen(): return len(os.sched_getaffinity(0))
read, write = os.pipe()
before = seen()
child = os.fork()
if child == 0:
    end = time.monotonic() + 20
    while seen() == before > 1 and time.monotonic() < end: time.sleep(0.01)
    os.write(write, bytes([seen()]))
    os._exit(0)
while time.process_time() < 0.25: pass
end = time.monotonic() + 20
while seen() == before > 1 and time.monotonic() < end: pass
of_child = os.read(read, 1)[0]
if os.fork() == 0:
    os.write(write, bytes([seen()]))
    os._exit(0)
result = [before, seen(), of_child, os.read(read, 1)[0]]";
    let found = run(&sandbox().await, python(), code).await.unwrap();
    let left = found[0].as_u64().unwrap().max(2) - 1;
    assert_eq!(found, serde_json::json!([found[0], left, left, left]));
}

#[tokio::test]
async fn a_kill_is_at_once_and_has_its_reason() {
    let sandbox = sandbox().await;
    let (mut sender, mut receiver, control) = sandbox.worker(python()).await.unwrap().split();
    let code = "import signal, os, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nif os.fork() == 0: time.sleep(60)\n\
                send({'console': {'stream': 'out', 'text': 'x'}})\ntime.sleep(60)";
    sender.send(&program(code)).await.unwrap();
    assert!(matches!(receiver.next().await, Ok(Some(FromWorker::Console { .. }))));
    let start = Instant::now();
    control.kill();
    assert_eq!(control.wait().await.reason, ExitReason::Killed);
    assert!(start.elapsed() < Duration::from_secs(30), "both sleep for a minute");
    assert!(matches!(receiver.next().await, Ok(None)));
}

#[tokio::test]
async fn a_worker_that_exits_says_its_code() {
    let sandbox = sandbox().await;
    let exit = doomed(sandbox.worker(python()).await.unwrap(), "import os\nos._exit(7)").await;
    assert_eq!(exit.reason, ExitReason::Exited(7));
    let exit = doomed(sandbox.worker(python()).await.unwrap(), "import ctypes\nctypes.string_at(0)").await;
    assert_eq!(exit.reason, ExitReason::Signalled(11));
}

#[tokio::test]
async fn cpu_time_counts_from_the_hand_over() {
    let sandbox = sandbox().await;
    let worker = sandbox.worker(python()).await.unwrap();
    let (mut sender, mut receiver, control) = worker.split();
    assert!(control.cpu_time() <= Duration::from_millis(20));
    sender
        .send(&program(
            "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n\
             send({'result': {}})\ntime.sleep(60)",
        ))
        .await
        .unwrap();
    // It lives: of one that has just gone, the host knows what the latest look saw.
    assert!(matches!(receiver.next().await, Ok(Some(_))));
    assert!(control.cpu_time() >= Duration::from_millis(150), "{:?}", control.cpu_time());
}

#[tokio::test]
async fn a_full_folder_ends_the_worker_and_keeps_the_next_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let grant = || python().writable(folder.path(), "/workspace");
    let sandbox = limited(Limits { disk_bytes: 8 << 20, ..Limits::default() }).await;
    let code =
        "import time\nfor n in range(40):\n  open('/workspace/%d' % n, 'wb').write(b'x' * (1 << 20))\ntime.sleep(60)";
    assert_eq!(doomed(sandbox.worker(grant()).await.unwrap(), code).await.reason, ExitReason::Disk);
    let error = sandbox.worker(grant()).await.unwrap_err();
    assert!(error.to_string().contains("sandbox.disk_mb"), "{error}");
}

#[tokio::test]
async fn too_many_files_end_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let grant = || python().writable(folder.path(), "/workspace");
    let sandbox = limited(Limits { disk_files: 50, ..Limits::default() }).await;
    let code = "import os, time\nfor n in range(200): os.mkdir('/workspace/%d' % n)\ntime.sleep(60)";
    assert_eq!(doomed(sandbox.worker(grant()).await.unwrap(), code).await.reason, ExitReason::DiskFiles);
    let error = sandbox.worker(grant()).await.unwrap_err();
    assert!(error.to_string().contains("sandbox.disk_files"), "{error}");
}

#[tokio::test]
async fn a_burst_of_processes_ends_at_the_memory_limit() {
    let limit = 128 << 20;
    let sandbox = limited(Limits { memory_bytes: limit, ..Limits::default() }).await;
    let note = sandbox.describe().to_string();
    assert!(note.contains("memory: cgroup v") || note.contains("memory: sampled"), "{note}");
    let code = "
import os, time
for _ in range(5): os.fork()
hold = bytearray(10 << 20)
hold[::4096] = b'x' * len(hold[::4096])
hold2 = bytearray(300 << 20)
hold2[::4096] = b'x' * len(hold2[::4096])
time.sleep(60)";
    let exit = doomed(sandbox.worker(python()).await.unwrap(), code).await;
    assert_eq!(exit.reason, ExitReason::Memory);
    if note.contains("memory: cgroup v") {
        assert!(exit.peak_memory <= limit + limit / 10, "{exit:?}");
    }
}

#[tokio::test]
async fn what_allocates_ten_gigabytes_bit_by_bit_ends_within_a_tenth_of_the_limit() {
    let limit = 256 << 20;
    let sandbox = limited(Limits { memory_bytes: limit, ..Limits::default() }).await;
    let code = "hold = []\nfor _ in range(640): hold.append(bytearray(b'x' * (16 << 20)))";
    let exit = doomed(sandbox.worker(python()).await.unwrap(), code).await;
    assert_eq!(exit.reason, ExitReason::Memory);
    if sandbox.describe().to_string().contains("memory: cgroup v") {
        assert!(exit.peak_memory <= limit + limit / 10, "{exit:?}");
    }
}

#[tokio::test]
async fn who_is_refused_processes_is_known_where_the_kernel_counts() {
    let sandbox = limited(Limits { processes: 8, ..Limits::default() }).await;
    let code = "
import os, time
try:
    for _ in range(20):
        if os.fork() == 0: time.sleep(60)
except OSError: os._exit(3)";
    let exit = doomed(sandbox.worker(python()).await.unwrap(), code).await;
    assert_eq!(exit.reason, ExitReason::Exited(3));
    assert_eq!(exit.out_of_processes, sandbox.describe().to_string().contains("processes: cgroup v"));
}

#[tokio::test]
async fn what_a_program_leaves_is_counted_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = limited(Limits { disk_bytes: 4 << 20, ..Limits::default() }).await;
    let grant = python().writable(folder.path(), "/workspace");
    let (mut sender, mut receiver, control) = sandbox.worker(grant).await.unwrap().split();
    let code = "for name in 'abc': open('/workspace/' + name, 'wb').write(bytes(2 << 20))";
    sender.send(&program(code)).await.unwrap();
    assert!(matches!(receiver.next().await.unwrap(), Some(FromWorker::Result { .. })));
    control.kill();
    assert_eq!(control.wait().await.reason, ExitReason::Disk);
}

#[tokio::test]
async fn no_file_is_larger_than_all_files_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = limited(Limits { disk_bytes: 4 << 20, ..Limits::default() }).await;
    let grant = python().writable(folder.path(), "/workspace");
    let code = "
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
open('/workspace/a', 'wb').write(bytes(8 << 20))";
    let error = run(&sandbox, grant, code).await.unwrap_err();
    assert!(error.contains("File too large"), "{error}");
}
