//! One hostile case for each thing that a program must not reach.

use crate::support::{alone, inside, is_mapped, python, run, sandbox};
use outboard_sandbox::{Layer, Tier, layers};
use serde_json::json;
use std::fs;
use std::os::unix::fs::MetadataExt;

async fn says(code: &str) -> serde_json::Value {
    alone(code).await.unwrap()
}

#[tokio::test]
async fn a_program_runs_and_answers() {
    assert_eq!(says("import json, re, datetime, zlib\nresult = {'sum': 6 * 7}").await, json!({"sum": 42}));
}

#[tokio::test]
async fn the_environment_is_empty() {
    let code = "import os\nresult = [list(os.environ), open('/nope').read() if os.path.exists('/proc') else None]";
    // CPython itself sets LC_CTYPE when it finds no locale; the others bound the threads of numeric libraries.
    let value = says(code).await;
    let names: Vec<&str> = value[0].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.iter().all(|name| *name == "LC_CTYPE" || name.ends_with("_NUM_THREADS")), "{names:?}");
}

#[tokio::test]
async fn only_four_descriptors_are_open() {
    let code = "
import os
def is_open(fd):
    try: os.fstat(fd); return True
    except OSError: return False
result = [fd for fd in range(256) if is_open(fd)]";
    assert_eq!(says(code).await, json!([0, 1, 2, 3]));
}

#[tokio::test]
async fn host_files_have_no_name() {
    // An interpreter with libraries of its own stays at its path, so the folders above it exist, empty but for it.
    let code = "
import os, sys
paths = ['/etc/passwd', '/etc/shadow', '/root', '/home', '/proc', '/proc/self', '/sys', '/var', '/bin/sh', '/usr/bin/env',
         '/dev/shm', '/dev/tty', '/dev/mem', '/.dockerenv', '/boot', '/run', '/opt', '/mnt', '/work']
def holds_more(path):
    if not sys.base_prefix.startswith(path + '/'): return os.path.lexists(path)
    return os.listdir(path) != [sys.base_prefix[len(path) + 1:].split('/')[0]]
result = [path for path in paths if holds_more(path)]";
    assert_eq!(says(code).await, json!([]));
}

#[tokio::test]
async fn the_root_is_small_and_cannot_be_written() {
    let code = "
import os, sys
def fails(what):
    try: what(); return False
    except OSError: return True
top = sorted(set(os.listdir('/')) - {sys.base_prefix.split('/')[1]})
writes = [lambda: open('/x', 'w'), lambda: open('/outboard/worker.py', 'a'), lambda: os.mkdir('/usr/lib/x'),
          lambda: os.unlink('/outboard/worker.py'), lambda: os.mkdir('/dev/x'), lambda: os.rename('/tmp', '/t'),
          lambda: os.chmod('/outboard/worker.py', 0o777)]
result = [top, [index for index, one in enumerate(writes) if not fails(one)]]";
    let value = says(code).await;
    assert_eq!(value[1], json!([]));
    let top: Vec<&str> = value[0].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let known = ["dev", "etc", "lib", "lib64", "outboard", "servers", "skills", "tmp", "usr", "workspace"];
    assert!(top.iter().all(|name| known.contains(name)), "{top:?}");
}

#[tokio::test]
async fn other_processes_are_out_of_sight() {
    let code = "
import os
def answers(pid):
    try: os.kill(pid, 0); return True
    except ProcessLookupError: return False
    except PermissionError: return True
result = [os.getpid(), os.getppid(), [pid for pid in range(1, 70000) if answers(pid)]]";
    assert_eq!(says(code).await, json!([1, 0, [1]]));
}

#[tokio::test]
async fn there_is_no_network() {
    let code = "
import socket
kinds = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET6, socket.SOCK_DGRAM), (socket.AF_UNIX, socket.SOCK_STREAM),
         (socket.AF_NETLINK, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_RAW)]
made = []
for family, kind in kinds:
    try: socket.socket(family, kind); made.append(int(family))
    except PermissionError: pass
one, other = socket.socketpair()
one.send(b'x')
result = [made, other.recv(1).decode()]";
    assert_eq!(says(code).await, json!([[], "x"]));
}

#[tokio::test]
async fn the_user_is_nobody_and_has_no_capability() {
    let code = "
import os
def fails(what):
    try: what(); return False
    except OSError: return True
tries = [lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.chroot('/tmp'), lambda: os.setgroups([0]),
         lambda: os.mknod('/tmp/d', 0o20600, os.makedev(1, 1)), lambda: os.chown('/tmp', 0, 0)]
result = [os.getresuid(), os.getresgid(), [index for index, one in enumerate(tries) if not fails(one)]]";
    let nobody = [if is_mapped() { 1000 } else { inside() }; 3];
    assert_eq!(says(code).await, json!([nobody, nobody, []]));
}

#[tokio::test]
async fn dangerous_system_calls_are_refused() {
    let code = "
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
numbers = {'ptrace': 101, 'mount': 165, 'unshare': 272, 'setns': 308, 'bpf': 321, 'perf_event_open': 298, 'keyctl': 250,
           'io_uring_setup': 425, 'userfaultfd': 323, 'process_vm_readv': 310, 'pidfd_getfd': 438, 'memfd_create': 319,
           'kexec_load': 246, 'init_module': 175, 'open_by_handle_at': 304, 'name_to_handle_at': 303, 'personality': 135,
           'seccomp': 317, 'fsopen': 430, 'open_tree': 428, 'socket': 41, 'setrlimit': 160, 'pivot_root': 155, 'umount2': 166}
passed = []
for name, number in numbers.items():
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 1:
        passed.append(name)
libc.syscall(435, 0, 0)
clone3 = ctypes.get_errno()
ctypes.set_errno(0)
prctl = [libc.prctl(1, 0, 0, 0, 0), libc.prctl(4, 1, 0, 0, 0)]
result = [passed, clone3, prctl, libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)]";
    if cfg!(target_arch = "x86_64") {
        assert_eq!(says(code).await, json!([[], 38, [-1, -1], -1]));
    }
}

#[tokio::test]
async fn a_read_only_folder_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let code = "
import os
try: open('/servers/a.txt', 'a'); refused = False
except OSError: refused = True
try: os.mkdir('/servers/b'); refused = False
except OSError: pass
result = [refused, open('/servers/a.txt').read(), os.listdir('/servers')]";
    let value = run(&sandbox().await, python().read_only(folder.path(), "/servers"), code).await.unwrap();
    assert_eq!(value, json!([true, "text", ["a.txt"]]));
}

#[tokio::test]
async fn a_private_read_only_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    fs::set_permissions(folder.path().join("a.txt"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let grant = python().read_only(folder.path(), "/servers");
    let read = run(&sandbox().await, grant, "result = open('/servers/a.txt').read()").await;
    if is_mapped() {
        assert_eq!(read.unwrap(), json!("text"));
    } else {
        assert!(read.unwrap_err().contains("PermissionError"), "its owner's alone");
    }
}

#[tokio::test]
async fn a_writable_folder_keeps_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.txt"), "old").unwrap();
    let grant = || python().writable(folder.path(), "/workspace");
    let sandbox = sandbox().await;
    let code = "
import os
os.mkdir('/workspace/d')
open('/workspace/d/a.txt', 'w').write('first')
open('/workspace/old.txt', 'a').write(' and new')
open('/tmp/t.txt', 'w').write('gone')
result = os.stat('/workspace').st_uid";
    assert_eq!(run(&sandbox, grant(), code).await.unwrap(), json!(if is_mapped() { 1000 } else { inside() }));
    let code = "import os\nresult = [open('/workspace/d/a.txt').read(), os.path.exists('/tmp/t.txt')]";
    assert_eq!(run(&sandbox, grant(), code).await.unwrap(), json!(["first", false]));
    let (written, own) = (folder.path().join("d/a.txt"), fs::metadata(folder.path()).unwrap());
    assert_eq!(fs::read_to_string(folder.path().join("old.txt")).unwrap(), "old and new");
    assert_eq!(fs::metadata(written).unwrap().uid(), own.uid(), "what is written belongs to the folder's owner");
}

#[tokio::test]
async fn links_and_dots_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
    let code = "
import os
paths = ['/workspace/link', '/workspace/../../../etc/passwd', '/../../etc/passwd']
result = [path for path in paths if os.path.exists(path)]";
    assert_eq!(run(&sandbox().await, python().writable(folder.path(), "/workspace"), code).await.unwrap(), json!([]));
}

#[tokio::test]
async fn targets_that_hide_the_jail_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    for target in ["/tmp", "/usr", "/", "/a/b", "relative", "/.."] {
        let refused = sandbox.worker(python().writable(folder.path(), target)).await;
        assert!(refused.is_err(), "{target}");
    }
    assert!(sandbox.worker(python().writable(&folder.path().join("none"), "/workspace")).await.is_err());
}

#[tokio::test]
async fn the_description_names_every_layer() {
    let isolation = sandbox().await.describe();
    assert_eq!(isolation.tier, Some(Tier::A));
    assert_eq!(isolation.layers.len(), layers().len());
    assert!(isolation.layers.iter().all(|state| state.on || state.layer == Layer::Landlock));
    let without = if is_mapped() { "" } else { " (without a user namespace: No space left on device (os error 28))" };
    assert!(isolation.to_string().starts_with(&format!("tier A: namespaces{without}, identity (")), "{isolation}");
}
