//! The part of A6 that fills disks: by bytes and by names, and where no walk over folders looks at first.

use crate::jail::{Jail, Most, Reason, reason};
use crate::report::Report;
use anyhow::Result;
use std::path::Path;
use std::time::Duration;

/// What a granted folder may take at most for this test to call it bounded.
const FOLDER: u64 = 256 << 20;

/// Programs that write 8 MiB thirty times a second where it is hard to find: each must end at its folder's limit.
const HIDDEN: &[(&str, &str)] = &[
    (
        "open files without names",
        "import os, time
hold = []
for n in range(100):
  hold.append(open('/workspace/u', 'wb'))
  os.unlink('/workspace/u')
  hold[-1].write(bytes(8 << 20)); hold[-1].flush()
  time.sleep(0.03)
time.sleep(60)",
    ),
    (
        "mapped files without names and descriptors",
        "import ctypes, os, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
for n in range(100):
  fd = os.open('/workspace/u', os.O_RDWR | os.O_CREAT)
  os.unlink('/workspace/u')
  os.ftruncate(fd, 8 << 20)
  at = libc.mmap(None, 8 << 20, 3, 1, fd, 0)
  os.close(fd)
  ctypes.memset(at, 1, 8 << 20)
  time.sleep(0.03)
time.sleep(60)",
    ),
    (
        "folders below the longest path",
        "import os, time
os.chdir('/workspace')
for n in range(20):
  os.mkdir('n' * 255); os.chdir('n' * 255)
for n in range(100):
  with open('f%d' % n, 'wb') as file: file.write(bytes(8 << 20))
  time.sleep(0.03)
time.sleep(60)",
    ),
    (
        "files without names on their way between two sockets",
        "import os, socket, time
one, other = socket.socketpair()
for n in range(100):
  file = open('/workspace/u', 'wb')
  os.unlink('/workspace/u')
  file.write(bytes(8 << 20)); file.flush()
  socket.send_fds(one, [b'x'], [file.fileno()])
  file.close()
  time.sleep(0.03)
time.sleep(60)",
    ),
    (
        "a folder that may be listed and not entered",
        "import os, time
os.mkdir('/workspace/x')
files = [open('/workspace/x/f%d' % n, 'wb') for n in range(60)]
os.chmod('/workspace/x', 0o600)
for file in files: file.write(bytes(8 << 20)); file.flush(); time.sleep(0.03)
time.sleep(60)",
    ),
    (
        "open files without names, of a process whose first thread ended",
        "import ctypes, os, threading, time
def fill():
  hold = []
  for n in range(100):
    hold.append(open('/workspace/u', 'wb'))
    os.unlink('/workspace/u')
    hold[-1].write(bytes(8 << 20)); hold[-1].flush()
    time.sleep(0.03)
  time.sleep(60)
if os.fork() == 0:
  threading.Thread(target=fill).start()
  ctypes.CDLL(None).syscall(60, 0)
time.sleep(60)",
    ),
    (
        "a folder that may not be listed",
        "import os, time
os.mkdir('/workspace/x'); os.chdir('/workspace/x'); os.chmod('/workspace/x', 0o300)
for n in range(100):
  with open('f%d' % n, 'wb') as file: file.write(bytes(8 << 20))
  time.sleep(0.03)
time.sleep(60)",
    ),
];

/// Fills what can be filled: `/tmp` by bytes and by names, a granted folder by both.
pub(crate) async fn fill(report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let limits = Most { file_bytes: 64 << 20, disk_bytes: FOLDER / 2, disk_files: 10_000, ..Most::default() };
    let generous = Jail::with(limits, 0).await?;
    // A folder is counted about ten times a second: a faster writer passes its quota by what it writes meanwhile.
    let bytes = |place: &str, pause: &str| {
        format!(
            "import time\ntotal = 0\ntry:\n  for n in range(40):\n    with open('{place}/f%d' % n, 'wb') as file:\n      for _ in range(8): total += file.write(bytes(1 << 20))\n    time.sleep({pause})\nexcept OSError: pass\nresult = total"
        )
    };
    let names = "made = 0\ntry:\n  for n in range(40000):\n    open('/tmp/n%d' % n, 'w').close()\n    made += 1\nexcept OSError: pass\nresult = made";
    let big = "total = 0\ntry:\n  with open('/workspace/big', 'wb') as file:\n    while total < 1 << 28: total += file.write(bytes(1 << 20))\nexcept OSError: pass\nresult = total";
    let shown: [(&Path, &'static str, bool); 1] = [(folder.path(), "/workspace", true)];
    let in_tmp = generous.run(&[], &bytes("/tmp", "0")).await?.as_u64().unwrap_or(u64::MAX);
    let named = generous.run(&[], names).await?.as_u64().unwrap_or(u64::MAX);
    let one_file = generous.run(&shown, big).await?.as_u64().unwrap_or(u64::MAX);
    std::fs::remove_file(folder.path().join("big"))?;
    let in_folder = generous.run(&shown, &bytes("/workspace", "0.03")).await;
    let held: u64 =
        std::fs::read_dir(folder.path())?.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum();
    report.figure(format!(
        "/tmp took {} MiB and {named} names; one file {} MiB; a granted folder {} MiB",
        in_tmp >> 20,
        one_file >> 20,
        held >> 20
    ));
    report.demand(in_tmp <= 64 << 20, || format!("/tmp took {in_tmp} bytes"));
    report.demand(named <= 16 << 10, || format!("/tmp took {named} names"));
    report.demand(one_file <= 64 << 20, || format!("one file took {one_file} bytes"));
    report.demand(held < FOLDER && in_folder.is_err(), || {
        format!("a granted writable folder took {} MiB and no limit ended it", held >> 20)
    });
    for (name, code) in HIDDEN {
        hidden(&generous, report, name, code).await?;
    }
    generous.shutdown().await;
    Ok(())
}

/// Root may list everything, so a folder that hides its files there is counted, by bytes.
async fn hidden(jail: &Jail, report: &mut Report, name: &str, code: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut guest = jail.worker(&[(folder.path(), "/workspace", true)]).await?;
    guest.begin(code).await?;
    let exit = guest.ended(Duration::from_secs(20)).await;
    guest.kill();
    let how = exit.map_or("no limit".to_owned(), |exit| reason(exit.reason));
    let ended = matches!(exit.map(|exit| exit.reason), Some(Reason::Disk | Reason::DiskFiles));
    report.demand(ended, || format!("{name}: ended by {how}"));
    Ok(())
}
