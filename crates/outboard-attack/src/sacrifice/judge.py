# The judge of risky programs: the first process of namespaces of its own, with a root that is made to be lost.
# Whether a program did harm is read from this root, its listeners and its daemons, never from the program.
import base64, codecs, hashlib, json, os, secrets, select, shutil, signal, socket, stat, subprocess, sys, threading, time

TASK = json.load(sys.stdin)
ROOT = TASK['root']
HERE = '/opt/attack'
DEVICES = ('null', 'zero', 'full', 'random', 'urandom')
KEPT = ('/usr', HERE, '/proc', '/etc/alternatives', '/lib', '/lib64', '/bin', '/sbin') + tuple('/dev/' + name for name in DEVICES)
WORKSPACE = '/home/alice/project'
canaries = {}

def canary(place):
    return canaries.setdefault(place, 'canary' + secrets.token_hex(8))

def mount(*words):
    subprocess.run(['mount', *words], check=True)

def enter():
    """A root in memory with the host's programs; nothing of the host's files beside them."""
    mount('-t', 'tmpfs', '-o', 'size=128m,mode=755', 'sacrifice', ROOT)
    for name in ('usr', 'lib', 'lib64', 'bin', 'sbin', 'etc/alternatives'):
        source, target = '/' + name, ROOT + '/' + name
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        elif os.path.isdir(source):
            os.makedirs(target)
            mount('--rbind', source, target)
    for name in DEVICES:
        os.makedirs(ROOT + '/dev', exist_ok=True)
        open(ROOT + '/dev/' + name, 'w').close()
        mount('--bind', '/dev/' + name, ROOT + '/dev/' + name)
    os.makedirs(ROOT + HERE)
    mount('--rbind', TASK['programs'], ROOT + HERE)
    shutil.copy('/etc/ld.so.cache', ROOT + '/etc/ld.so.cache')
    os.makedirs(ROOT + '/proc')
    mount('-t', 'proc', 'proc', ROOT + '/proc')
    os.makedirs(ROOT + '/old')
    subprocess.run(['pivot_root', ROOT, ROOT + '/old'], check=True)
    os.chdir('/')
    subprocess.run(['umount', '-l', '/old'], check=True)
    os.rmdir('/old')

PLAIN = {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/bash\n',
    '/etc/group': 'root:x:0:\nalice:x:1001:\n', '/etc/sudoers': 'root ALL=(ALL) ALL\n', '/etc/hosts': '127.0.0.1 localhost\n',
    '/etc/resolv.conf': 'nameserver 127.0.0.1\n', '/etc/crontab': '# none\n', '/etc/cron.d/none': '', '/etc/profile': '# profile\n',
    '/etc/environment': '', '/etc/ssh/sshd_config': 'PermitRootLogin no\n', '/etc/systemd/system/app.service': '[Service]\n',
    '/etc/rc.local': '#!/bin/sh\n', '/etc/pam.d/su': 'auth required pam_unix.so\n', '/root/.bashrc': '# bashrc\n', '/root/.profile': '',
    '/root/.ssh/authorized_keys': '', '/root/.ssh/known_hosts': '', '/root/.gitconfig': '', '/home/alice/.bashrc': '# bashrc\n',
    '/home/alice/.ssh/authorized_keys': '', '/home/alice/.vimrc': '', '/var/spool/cron/crontabs/root': '', '/var/www/index.html': '<h1>hello</h1>\n',
    '/sys/fs/cgroup/release_agent': '', '/sys/fs/cgroup/notify_on_release': '0', '/sys/kernel/uevent_helper': '', '/boot/vmlinuz': 'kernel\n',
    '/boot/grub/grub.cfg': 'set default=0\n', '/opt/app/plugin.py': 'pass\n', '/var/log/syslog': 'quiet\n', '/tmp/lock': '',
    WORKSPACE + '/notes.txt': 'notes\n', '/etc/hostname': 'sacrifice\n', '/dev/kmsg': '', '/etc/modules': '', '/etc/sysctl.conf': '',
}
SECRET = ['/etc/shadow', '/etc/ssh/ssh_host_key', '/etc/outboard.toml', '/root/.ssh/id_ed25519', '/root/.aws/credentials', '/root/.netrc',
          '/root/.git-credentials', '/root/.docker/config.json', '/root/.kube/config', '/root/.config/gh/hosts.yml', '/root/.bash_history',
          '/root/.pgpass', '/root/.npmrc', '/root/.pypirc', '/home/alice/.ssh/id_rsa', '/home/alice/.mozilla/logins.json',
          '/home/alice/Documents/taxes.txt', '/home/alice/wallet.dat', '/srv/app/.env', '/var/log/auth.log', '/var/lib/app/data.db',
          '/run/secrets/token', '/run/secrets/kubernetes.io/serviceaccount/token', '/dev/vda', '/dev/mem', '/srv/backup/data.tar']

def furnish():
    """Puts everything back as it belongs."""
    def lost(folder):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if path in KEPT or path == '/etc/ld.so.cache' or path in SOCKETS:
                continue
            if os.path.isdir(path) and not os.path.islink(path):
                lost(path)
                try:
                    os.rmdir(path)
                except OSError:
                    pass
            else:
                os.unlink(path)
    os.umask(0o022)
    lost('/')
    os.makedirs('/run', exist_ok=True)
    for folder in ('/tmp', '/dev/shm', '/var/tmp', '/media', '/mnt', WORKSPACE):
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o1777)
    # Readable for all: what keeps programs from it must be the jail, not the mode.
    texts = dict(PLAIN, **{path: 'secret = %s\n' % canary(path) for path in SECRET})
    for path, text in texts.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as file:
            file.write(text)
        os.chmod(path, 0o666)
        os.utime(path, (1, 1))
    if not os.path.lexists('/var/run'):
        os.symlink('/run', '/var/run')
    os.symlink(WORKSPACE, '/workspace')

def text_of(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return 'gone'

def state():
    """Everything of this root that a program could have changed, by name."""
    seen = {}
    def walk(folder):
        for entry in os.scandir(folder):
            path = entry.path
            if path in KEPT or path == WORKSPACE:
                continue
            try:
                found = entry.stat(follow_symlinks=False)
                said = [found.st_mode, found.st_uid, found.st_gid]
                if stat.S_ISREG(found.st_mode):
                    with open(path, 'rb') as file:
                        said += [found.st_mtime_ns, hashlib.sha1(file.read()).hexdigest()]
                elif stat.S_ISLNK(found.st_mode):
                    said.append(os.readlink(path))
                seen[path] = said
                if entry.is_dir(follow_symlinks=False):
                    walk(path)
            except FileNotFoundError:
                pass
    walk('/')
    for path in ('/proc/1/mountinfo', '/proc/sys/kernel/hostname', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv4/ip_default_ttl',
                 '/proc/net/route', '/proc/net/dev_mcast'):
        seen[path] = text_of(path)
    for kind in ('shm', 'sem', 'msg'):
        seen['ipc ' + kind] = text_of('/proc/sysvipc/' + kind).count('\n')
    seen['lo'] = [name for _, name in socket.if_nameindex()]
    for number, daemon in enumerate(daemons):
        try:
            with open('/proc/%d/stat' % daemon.pid) as file:
                after = file.read().rsplit(') ', 1)[1].split()
            seen['daemon %d' % number] = [after[0] in 'SR', after[16]]
        except OSError:
            seen['daemon %d' % number] = 'gone'
    return seen

SOCKETS = ('/run/docker.sock', '/run/dbus.sock')
PORTS = (22, 80, 443, 2375, 3306, 4444, 5432, 6379, 8080, 9001)
contacts, heard = [], []

def listen():
    subprocess.run([sys.executable, '-I', '-c', LOOPBACK], check=True)
    sockets = {}
    for port in PORTS:
        one = socket.create_server(('0.0.0.0', port), reuse_port=False)
        sockets[one] = 'port %d' % port
    for port in (53, 514):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(('0.0.0.0', port))
        sockets[one] = 'datagram port %d' % port
    for path in SOCKETS + ('\0sacrifice',):
        one = socket.socket(socket.AF_UNIX)
        one.bind(path)
        one.listen(16)
        sockets[one] = path.replace('\0', '@')
    threading.Thread(target=serve, args=(sockets,), daemon=True).start()

LOOPBACK = '''
import fcntl, socket, struct
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(one, 0x8914, struct.pack('16sh14x', b'lo', 0x41))
address = struct.pack('16sH2s4s8x', b'lo:1', socket.AF_INET, b'', socket.inet_aton('169.254.169.254'))
fcntl.ioctl(one, 0x8916, address)
'''

def serve(sockets):
    talks = {}
    while True:
        for one in select.select([*sockets, *talks], [], [])[0]:
            try:
                if one in talks:
                    data = one.recv(65536)
                    heard.append(data)
                    if not data:
                        talks.pop(one)
                        one.close()
                elif one.type == socket.SOCK_DGRAM:
                    contacts.append(sockets[one])
                    heard.append(one.recv(65536))
                else:
                    contacts.append(sockets[one])
                    talk, _ = one.accept()
                    talks[talk] = talk.send(b'secret = %s\n' % canary('listener').encode())
            except OSError:
                if one in talks:
                    talks.pop(one)

daemons = []
def start_daemons():
    for daemon in daemons:
        daemon.kill()
    secret = {'PATH': '/usr/bin', 'DB_PASSWORD': canary('daemon')}
    daemons[:] = [subprocess.Popen(['sleep', '100000'], env=secret, stdin=subprocess.DEVNULL, start_new_session=True) for _ in range(2)]

def disguises(text):
    raw = text.encode()
    yield from (raw, raw[::-1], raw.hex().encode(), codecs.encode(text, 'rot13').encode())
    for shift in range(3):
        whole = base64.b64encode(b'\0' * shift + raw)
        yield whole[4 if shift else 0:len(whole) - 4]

def leaks(data):
    return [place for place, text in canaries.items() if any(one in data for one in disguises(text))]

def effects(before, said):
    """What happened since the state was taken, in words."""
    time.sleep(0.01)
    after = state()
    found = ['changed ' + name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    data = b''.join(heard)
    found += ['read ' + place for place in leaks(said + b'\n' + data)]
    found += ['contacted ' + name for name in sorted(set(contacts))]
    contacts.clear()
    heard.clear()
    return sorted(found)

# What a program says that ended because the jail has no such module or command.
MISSING = ('No module named', 'command not found', 'no such command', "directory: '/bin/sh'", "directory: '/bin/bash'")

def jailed(cases):
    """Runs the programs in the jail, some at a time."""
    words = [HERE + '/' + TASK['runner'], '--role', 'corpus']
    if TASK['user']:
        words = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--', *words]
    secret = {'PATH': '/usr/bin:/bin', 'HOME': '/root', 'API_TOKEN': canary('environment'), 'TMPDIR': '/tmp', 'LANG': 'C.UTF-8'}
    runner = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=secret, cwd='/')
    first = json.loads(runner.stdout.readline() or '{}')
    if 'tier' not in first:
        raise SystemExit('the jail does not start in the sacrificial root')
    report = {'tier': first['tier'], 'ran': 0, 'effects': [], 'missing': [], 'ends': {}}
    before, began = state(), time.monotonic()
    for start in range(0, len(cases), TASK['width']):
        batch = cases[start:start + TASK['width']]
        runner.stdin.write((json.dumps([[case['language'], case['code']] for case in batch]) + '\n').encode())
        runner.stdin.flush()
        said = json.loads(runner.stdout.readline() or '[]')
        found = effects(before, json.dumps(said, ensure_ascii=False).encode())
        report['effects'] += [[[case['name'] for case in batch], effect] for effect in found]
        for case, text in zip(batch, said):
            report['ran'] += 1
            kind = text[1].split(':')[0]
            report['ends'][kind] = report['ends'].get(kind, 0) + 1
            if any(mark in text[0] + text[1] for mark in MISSING):
                report['missing'].append([case['name'], (text[0] + text[1])[-200:]])
            if TASK.get('verbose'):
                sys.stderr.write('%.1f %s: %s | %s\n' % (time.monotonic() - began, case['name'], text[1], text[0][-160:].replace('\n', ' / ')))
        if found:
            before = state()
    report['seconds'] = round(time.monotonic() - began, 1)
    runner.stdin.close()
    runner.wait(10)
    return report

def limits():
    import resource
    resource.setrlimit(resource.RLIMIT_NPROC, (400, 400))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

def opened(cases):
    """Runs the programs without a jail, as the owner of this root, and puts everything back after each."""
    report = {'ran': 0, 'fired': {}, 'silent': []}
    secret = {'PATH': '/usr/bin:/bin:/usr/sbin', 'HOME': '/root', 'API_TOKEN': canary('environment'), 'LANG': 'C.UTF-8'}
    commands = {'python': [sys.executable, '-I', '-'], 'bash': ['bash', '--norc', '-s']}
    for case in cases:
        before, began = state(), time.monotonic()
        with open(os.memfd_create('out'), 'w+b') as out:
            child = subprocess.Popen(commands[case['language']], stdin=subprocess.PIPE, stdout=out, stderr=out, env=secret,
                                     cwd='/', preexec_fn=limits, start_new_session=True)
            try:
                child.communicate(case['code'].encode(), timeout=TASK['seconds'])
            except (subprocess.TimeoutExpired, BrokenPipeError):
                pass
            out.seek(0)
            said = out.read(1 << 22)
        found = effects(before, said)
        report['ran'] += 1
        took = time.monotonic() - began
        if TASK.get('verbose') and took > 0.5:
            sys.stderr.write('slow: %s: %.1f s\n' % (case['name'], took))
        if found:
            report['fired'][case['name']] = found
        else:
            report['silent'].append(case['name'])
            if TASK.get('verbose'):
                sys.stderr.write('silent: %s: %s\n' % (case['name'], said[-300:]))
        if found or child.poll() is None:
            restore(before, found)
    return report

def restore(before, found):
    for _ in range(50):
        # The first process of these namespaces is this one: everything else goes.
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            break
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        time.sleep(0.002)
    for _ in range(3):
        places = [line.split()[4] for line in text_of('/proc/1/mountinfo').splitlines()]
        known = [line.split()[4] for line in before['/proc/1/mountinfo'].splitlines()]
        for place in reversed(places):
            if place not in known or places.count(place) > known.count(place):
                subprocess.run(['umount', '-l', place], stderr=subprocess.DEVNULL)
    socket.sethostname('sacrifice')
    for path in ('/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv4/ip_default_ttl'):
        if before[path] == text_of(path):
            continue
        with open(path, 'w') as file:
            file.write(before[path])
    if any('ipc ' in effect for effect in found):
        subprocess.run(['ipcrm', '--all'], stderr=subprocess.DEVNULL)
    furnish()
    start_daemons()
    contacts.clear()
    heard.clear()

enter()
os.makedirs('/run')
socket.sethostname('sacrifice')
listen()
furnish()
start_daemons()
result = {'jailed': jailed(TASK['jailed'])}
restore(state(), [])
result['opened'] = opened(TASK['opened'])
result['canaries'] = len(canaries)
print(json.dumps(result))
sys.stdout.flush()
os._exit(0)
