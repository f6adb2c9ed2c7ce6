//! The weaker tier, on a machine made to forbid user namespaces.

use crate::support::{GUEST, Space, doomed, engines, inside, is_root, python, python_of, refused, run, started};
use outboard_sandbox::{ExitReason, FileGrant, Grant, Layer, Limits, Options, Sandbox, SandboxError, Tier};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const WORKER: &str = outboard_python::WORKER;

/// Options whose spawner is an ordinary user that cannot make namespaces: it runs in a user namespace whose limit
/// of further ones is 0, without any capability there.
fn forbidden(guest: &'static str) -> Options {
    let unshare = "unshare --user --map-user=1000 --map-group=1000 --keep-caps true";
    let works = std::process::Command::new("sh").args(["-c", unshare]).status().is_ok_and(|done| done.success());
    assert!(works, "apt-get install util-linux, and allow user namespaces for the test's own set-up");
    let shut = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all \"$0\"";
    let words = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-c", shut];
    let mut spawner: Vec<OsString> = words.map(OsString::from).to_vec();
    // The spawner's environment is empty, so the shell looks in its own default path.
    spawner[0] =
        ["/usr/bin/unshare", "/bin/unshare"].into_iter().find(|file| fs::exists(file).unwrap()).unwrap().into();
    spawner.push(crate::support::spawner());
    Options { minimum: Tier::B, spawner, ..engines("/bin/true".into(), Some(python_of("python3", guest))) }
}

#[tokio::test]
async fn less_than_is_demanded_is_refused_with_names() {
    let error = refused(Options { minimum: Tier::A, ..forbidden(GUEST) }).await;
    let SandboxError::TooWeak { found: Tier::B, minimum: Tier::A, missing, .. } = &error else { panic!("{error}") };
    assert!(missing.contains("namespaces (clone3 with new namespaces: ") && missing.contains("files"), "{missing}");
    let text = error.to_string();
    assert!(text.contains("max_user_namespaces") && text.contains("tier B only"), "{text}");
    assert!(text.contains("sandbox.tier = \"B\""), "{text}");
}

#[tokio::test]
async fn tier_b_says_what_it_lacks() {
    let isolation = started(forbidden(GUEST)).await.ready().await.unwrap();
    assert_eq!(isolation.tier, Some(Tier::B));
    for layer in [Layer::Namespaces, Layer::Files] {
        assert!(isolation.missing.contains(&layer), "{layer}");
    }
    let mandatory = [Layer::Landlock, Layer::Seccomp, Layer::NoNewPrivileges, Layer::Capabilities, Layer::Descriptors];
    assert!(mandatory.iter().all(|layer| !isolation.missing.contains(layer)), "{isolation}");
    assert!(isolation.to_string().starts_with("tier B: "), "{isolation}");
}

#[tokio::test]
async fn files_of_the_host_cannot_be_reached() {
    let (workspace, servers, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(servers.path().join("index"), "api").unwrap();
    fs::write(other.path().join("secret"), "theirs").unwrap();
    let code = format!(
        "
import os, sys
root = sys.argv[sys.argv.index('--root') + 1]
def fails(what):
    try: what(); return False
    except OSError: return True
reads = ['/etc/passwd', '/etc/hostname', '/root', '/home', '/proc/self/environ', '/proc/1/cmdline', '/var', '{0}/secret', '/bin/ls']
def read(path):
    return lambda: os.listdir(path) if os.path.isdir(path) else open(path).read()
writes = [lambda: open(root + '/x', 'w'), lambda: open(root + '/servers/index', 'a'), lambda: open('/tmp/outside', 'w'),
          lambda: open('{0}/x', 'w'), lambda: os.chmod('{0}', 0o700), lambda: os.utime('{0}/secret'), lambda: os.chmod('{0}/secret', 0o777), lambda: os.unlink(root + '/workspace'), lambda: open(root + '/outboard/worker.py', 'a')]
open(root + '/workspace/a.txt', 'w').write('mine')
open(root + '/tmp/t', 'w').write('t')
result = [[path for path in reads if not fails(read(path))], [index for index, one in enumerate(writes) if not fails(one)],
          open(root + '/servers/index').read(), os.getcwd() == root, fails(lambda: os.setsid()), fails(lambda: os.setpgid(0, 0))]",
        other.path().display()
    );
    let sandbox = started(forbidden(GUEST)).await;
    let grant = python().writable(workspace.path(), "/workspace").read_only(servers.path(), "/servers");
    assert_eq!(run(&sandbox, grant, &code).await.unwrap(), json!([[], [], "api", true, true, true]));
    assert_eq!(fs::read_to_string(workspace.path().join("a.txt")).unwrap(), "mine");
}

#[tokio::test]
async fn processes_sockets_and_signals_stay_inside() {
    let code = "
import os, socket
def tried(what):
    try: what(); return 0
    except OSError as error: return error.errno
result = [tried(lambda: os.kill(os.getppid(), 0)), tried(lambda: socket.socket()), sorted(os.environ.keys() & {'HOME', 'PATH'}),
          tried(lambda: os.open('/proc/' + str(os.getppid()) + '/mem', 0)),
          tried(lambda: os.getxattr('/etc/passwd', 'user.x')), tried(lambda: __import__('fcntl').fcntl(3, 8, os.getppid()))]";
    let value = run(&started(forbidden(GUEST)).await, python(), code).await.unwrap();
    assert_eq!(value, json!([1, 1, [], 13, 1, 1]));
}

#[tokio::test]
async fn nothing_is_left_when_a_worker_ends() {
    let sandbox = started(forbidden(GUEST)).await;
    let code = "
import os, sys, time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
send({'console': {'stream': 'out', 'text': sys.argv[sys.argv.index('--root') + 1] + ' ' + str(os.getpgid(0))}})
time.sleep(60)";
    let (mut sender, mut receiver, control) = sandbox.worker(python()).await.unwrap().split();
    sender.send(&crate::support::program(code)).await.unwrap();
    let Ok(Some(FromWorker::Console { text, .. })) = receiver.next().await else { panic!("its folder") };
    let (root, group) = text.split_once(' ').unwrap();
    assert!(fs::exists(root).unwrap());
    control.kill();
    assert_eq!(control.wait().await.reason, ExitReason::Killed);
    assert!(!fs::exists(root).unwrap(), "{root}");
    let base = std::path::Path::new(root).parent().unwrap().to_owned();
    let group: i64 = group.parse().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(members(group), 0);
    sandbox.shutdown().await;
    assert!(!base.exists());
}

#[tokio::test]
async fn what_is_on_the_hosts_disk_and_whose_parent_has_ended_counts_as_well() {
    let limits = Limits { disk_bytes: 8 << 20, cpu: Duration::from_millis(700), ..Limits::default() };
    let sandbox = started(Options { limits, ..forbidden(GUEST) }).await;
    let code = "
import time
for n in range(40): open('tmp/%d' % n, 'wb').write(bytes(1 << 20))
time.sleep(60)";
    assert_eq!(doomed(sandbox.worker(python()).await.unwrap(), code).await.reason, ExitReason::Disk);
    let code = "
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        while True: pass
    os._exit(0)
time.sleep(60)";
    assert_eq!(doomed(sandbox.worker(python()).await.unwrap(), code).await.reason, ExitReason::Cpu);
}

/// Living processes of a group.
fn members(group: i64) -> usize {
    let stats =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let of_group = |stat: &String| {
        let rest: Vec<_> = stat.rsplit_once(") ").map_or("", |parts| parts.1).split(' ').collect();
        rest.get(2).is_some_and(|one| *one == group.to_string()) && rest[0] != "Z"
    };
    stats.filter(of_group).count()
}

#[tokio::test]
async fn the_real_worker_finds_its_folders() {
    let (workspace, packages) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(packages.path().join("extra.py"), "NAME = 'extra'").unwrap();
    let mut options = forbidden(WORKER);
    let kind = outboard_sandbox::EngineKind::Python {
        interpreter: "python3".into(),
        worker: WORKER,
        packages: vec![packages.path().to_owned()],
        preload: vec!["extra".to_owned()],
    };
    options.engines[1].kind = kind;
    let code = "
import os, extra, pathlib
open('/workspace/a.txt', 'w').write('one')
open('/tmp/t', 'w').write('two')
pathlib.Path('workspace/b.txt').write_text('three')
result = [open('/workspace/a.txt').read(), open('/tmp/t').read(), sorted(os.listdir('/workspace')), extra.NAME]";
    let sandbox = started(options).await;
    let grant = Grant::new(Language::Python).writable(workspace.path(), "/workspace");
    let (mut sender, mut receiver, _control) = sandbox.worker(grant).await.unwrap().split();
    let start = Start { code: code.to_owned(), memory_bytes: 1 << 29, stdout_bytes: 1 << 20, ..Start::default() };
    sender.send(&ToWorker::Start(start)).await.unwrap();
    let value: Value = match receiver.next().await.unwrap() {
        Some(FromWorker::Result { value, .. }) => serde_json::from_str(value.unwrap().get()).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(value, json!(["one", "two", ["a.txt", "b.txt"], "extra"]));
}

#[tokio::test]
async fn a_network_is_refused_without_namespaces() {
    let sandbox: Sandbox = started(forbidden(GUEST)).await;
    let error = sandbox.worker(python().network()).await.unwrap_err();
    assert!(matches!(error, SandboxError::NoNetwork(Tier::B)), "{error}");
}

#[tokio::test]
async fn what_must_not_change_in_a_writable_folder_takes_namespaces() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let granted = |writable| FileGrant::checked(folder.path(), "/data/in", writable, &[]).unwrap();
    let sandbox = started(forbidden(GUEST)).await;
    let code = "import sys\nresult = open(sys.argv[sys.argv.index('--root') + 1] + '/data/in/a.txt').read()";
    assert_eq!(run(&sandbox, python().file(granted(false)), code).await.unwrap(), "text");
    let error = sandbox.worker(python().file(granted(true))).await.unwrap_err().to_string();
    assert!(error.contains("/data/in/.git") && error.contains("takes namespaces"), "{error}");
}

#[tokio::test]
async fn roots_workers_reach_folders_that_lie_below_closed_ones() {
    if !is_root() {
        // Only root's workers are somebody else than their host.
        return;
    }
    let (space, closed) = (Space::made(), tempfile::tempdir().unwrap());
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    // The folder around them is open: what is beside them is in the way of nothing but the jail.
    let [workspace, servers, other] =
        ["workspace", "servers", "other"].map(|name| closed.path().join("open").join(name));
    [&workspace, &servers, &other].iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
    fs::write(servers.join("index"), "api").unwrap();
    fs::write(other.join("secret"), "theirs").unwrap();
    // Workspaces of other sessions belong to the same user.
    std::os::unix::fs::chown(&other, Some(inside()), Some(inside())).unwrap();
    std::os::unix::fs::chown(other.join("secret"), Some(inside()), Some(inside())).unwrap();
    let without_mounts = "exec /usr/bin/setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin";
    let mut spawner = space.words(without_mounts);
    spawner.push(crate::support::spawner());
    let python_there = python_of("/usr/bin/python3", GUEST);
    let options = Options { minimum: Tier::B, spawner, ..engines("/bin/true".into(), Some(python_there)) };
    let code = format!(
        "
import os, sys
root = sys.argv[sys.argv.index('--root') + 1]
def fails(what):
    try: what(); return False
    except OSError: return True
os.stat(root + '/workspace/../other/secret')
open(root + '/workspace/a.txt', 'w').write('mine')
tries = [lambda: open('{0}/secret'), lambda: open(root + '/servers/../other/secret'), lambda: os.listdir(root + '/workspace/..'),
         lambda: open(root + '/servers/index', 'a'), lambda: os.open('../other/secret', os.O_RDONLY, dir_fd=5),
         lambda: os.listdir('/proc/self/fd'), lambda: os.chmod(root + '/workspace/../other', 0),
         lambda: os.chmod(root + '/workspace/../other/secret', 0o777), lambda: os.utime(root + '/workspace/../other/secret')]
result = [open(root + '/servers/index').read(), [index for index, one in enumerate(tries) if not fails(one)], os.getuid()]",
        other.display()
    );
    let sandbox = started(options).await;
    let grant = python().writable(&workspace, "/workspace").read_only(&servers, "/servers");
    assert_eq!(run(&sandbox, grant, &code).await.unwrap(), json!(["api", [], inside()]));
    assert_eq!(fs::read_to_string(workspace.join("a.txt")).unwrap(), "mine");
    let folder = fs::metadata(&other).unwrap();
    assert_ne!(folder.permissions().mode() & 0o777, 0);
}

#[tokio::test]
async fn a_root_that_was_robbed_of_what_workers_take_is_told_which_right() {
    if !is_root() {
        // Whoever is not root has workers of the same user, or in a user namespace of its own.
        return;
    }
    let space = Space::made();
    let robbing = |robbed: &str| format!("/usr/bin/setpriv --bounding-set={robbed} --inh-caps={robbed}");
    let here = |robbed: &str| robbing(robbed).split(' ').map(OsString::from).collect::<Vec<_>>();
    let there = |robbed: &str| space.words(&format!("exec {}", robbing(robbed)));
    let with = |mut spawner: Vec<OsString>| {
        spawner.push(crate::support::spawner());
        let python_there = python_of("/usr/bin/python3", GUEST);
        Options { minimum: Tier::B, spawner, ..engines("/bin/true".into(), Some(python_there)) }
    };
    let refusals = [
        (here("-kill"), "CAP_KILL"),
        (there("-kill"), "CAP_KILL"),
        (there("-kill,-sys_admin"), "CAP_KILL"),
        (here("-setuid"), "CAP_SETUID"),
        (there("-setgid"), "CAP_SETGID"),
        (there("-chown,-sys_admin"), "CAP_CHOWN"),
    ];
    for (spawner, right) in refusals {
        let error = refused(with(spawner)).await.to_string();
        assert!(error.contains(right), "{error}");
    }
    // What it lacks for tier A alone, it is told with tier B.
    let sandbox = started(with(there("-setpcap"))).await;
    let isolation = sandbox.ready().await.unwrap();
    assert_eq!(isolation.tier, Some(Tier::B));
    assert!(isolation.to_string().contains("CAP_SETPCAP"), "{isolation}");
    assert_eq!(run(&sandbox, python(), "result = 6 * 7").await.unwrap(), json!(42));
}
