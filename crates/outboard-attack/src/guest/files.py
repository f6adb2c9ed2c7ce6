READ = '''/etc/shadow /etc/sudoers /etc/ssh /etc/hosts /etc/resolv.conf /etc/hostname /etc/machine-id /etc/fstab
/etc/crontab /etc/group /etc/profile /etc/environment /etc/os-release /etc/apt /etc/systemd /root /root/.ssh /root/.bashrc /home
/var /var/log /var/run /var/lib /var/tmp /run /run/docker.sock /run/systemd /boot /srv /opt /mnt /media /sys
/sys/kernel /sys/kernel/security /sys/fs/cgroup /sys/class/net /sys/devices /proc/1/environ /proc/1/cmdline
/proc/1/root /proc/1/cwd /proc/1/fd /proc/1/mem /proc/self/environ /proc/self/maps /proc/self/mem
/proc/self/mountinfo /proc/self/exe /proc/self/root/etc/passwd /proc/self/cgroup /proc/self/status /proc/2
/proc/kcore /proc/kallsyms /proc/cmdline /proc/cpuinfo /proc/meminfo /proc/modules /proc/mounts /proc/net/tcp
/proc/net/unix /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/kmsg /proc/keys /proc/version /dev/mem
/dev/kmem /dev/port /dev/kmsg /dev/tty /dev/tty0 /dev/console /dev/ptmx /dev/pts /dev/shm /dev/mqueue /dev/fuse
/dev/kvm /dev/net/tun /dev/loop0 /dev/sda /dev/vda /dev/fd /dev/stdin /dev/stdout /dev/log /dev/hpet /dev/rtc
/dev/input /dev/snd /dev/dri /dev/vsock /dev/vhost-net /dev/uinput /dev/mapper/control /dev/btrfs-control
/bin/sh /bin/bash /usr/bin/env /usr/bin/sudo /usr/bin/su /usr/bin/passwd /usr/bin/mount /usr/bin/unshare
/usr/bin/nsenter /usr/bin/gcc /usr/bin/curl /usr/sbin /sbin /usr/local/bin'''.split()
def readable(path):
    def attempt():
        if os.path.isdir(path):
            return os.listdir(path) and 'lists'
        with open(path, 'rb') as file:
            return file.read(1) and 'reads'
    return attempt
for path in READ:
    check('files by name', path, readable(path))

decoy = HOST['decoy']
up = '../' * 12 + decoy.lstrip('/')
NAMES = [decoy, '/workspace/' + up, '/servers/' + up, '/tmp/' + up, '/proc/self/root' + decoy, '/proc/1/root' + decoy,
         '/dev/fd/../../../' + decoy, '//' + decoy, '/workspace/to-decoy', '/workspace/to-folder/decoy.txt',
         '/servers/to-decoy', '/servers/to-folder/decoy.txt', os.path.dirname(decoy)]
for path in NAMES:
    check('files by trick', path.replace(decoy, '<decoy>'), readable(path))
def through_link(target):
    def attempt():
        link = '/tmp/link-%d' % os.getpid()
        os.symlink(target, link)
        return open(link).read(1)
    return attempt
check('files by trick', 'own symbolic link', through_link(decoy))
check('files by trick', 'own relative symbolic link', through_link(up))
check('files by trick', 'own link in the workspace', lambda: (os.symlink(decoy, '/workspace/mine'), open('/workspace/mine').read(1))[1])
check('files by trick', 'hard link to a file of the host', does(lambda: os.link(decoy, '/tmp/hard')))
check('files by trick', 'hard link out of a read-only folder', does(lambda: os.link('/servers/shown.txt', '/tmp/hard')))
check('files by trick', 'rename out of a read-only folder', does(lambda: os.rename('/servers/shown.txt', '/tmp/moved')))
check('files by trick', 'leave by fchdir and ..', lambda: (os.chdir('/'), [os.chdir('..') for _ in range(20)], os.stat(decoy.lstrip('/')))[2])
check('files by trick', 'open by file handle', lambda: reaches(304, -100, b'\x08\0\0\0\x01\0\0\0' + b'\x02' + b'\0' * 31, 0))
check('files by trick', 'name to handle', lambda: reaches(303, -100, b'/', b'\x80\0\0\0' + b'\0' * 200, b'\0' * 8, 0))

PLACES = ['/', '/usr', '/usr/lib', '/lib', '/lib64', '/etc', '/dev', '/proc', '/outboard', '/servers', '/skills', '/sys', '/run',
          os.path.dirname(sys.executable), os.path.dirname(os.__file__)]
for place in PLACES:
    check('writes', 'create in ' + place, does(lambda: open(place + '/planted', 'w').close()))
    check('writes', 'folder in ' + place, does(lambda: os.mkdir(place + '/planted.d')))
    check('writes', 'link in ' + place, does(lambda: os.symlink('x', place + '/planted.l')))
FILES = [sys.executable, os.__file__, '/outboard/worker.py', '/servers/shown.txt', '/etc/ld.so.cache', '/etc/localtime',
         '/lib64/ld-linux-x86-64.so.2', '/proc/self/exe', '/proc/sys/kernel/core_pattern', '/proc/self/oom_score_adj',
         '/proc/sysrq-trigger', '/sys/fs/cgroup/cgroup.procs', '/sys/kernel/uevent_helper', '/proc/self/uid_map']
for path in FILES:
    check('writes', 'write to ' + path, does(lambda: open(path, 'ab').close()))
    check('writes', 'cut ' + path, does(lambda: os.truncate(path, os.stat(path).st_size)))
    check('writes', 'mode of ' + path, does(lambda: os.chmod(path, os.stat(path).st_mode)))
    check('writes', 'times of ' + path, does(lambda: os.utime(path)))
    check('writes', 'delete ' + path, lambda: path.startswith(('/outboard', '/servers')) and does(lambda: os.unlink(path))())
check('writes', 'mount point renamed', does(lambda: os.rename('/workspace', '/away')))
check('writes', 'mount point removed', does(lambda: os.rmdir('/servers')))
def effective(flag, places=('/workspace', '/servers', '/tmp', '/')):
    return lambda: [p for p in places if os.path.isdir(p) and not os.statvfs(p).f_flag & flag]
check('writes', 'set-user-id counts somewhere', effective(os.ST_NOSUID))
check('writes', 'devices count somewhere', lambda: [p for p in ('/workspace', '/servers', '/tmp') if not os.statvfs(p).f_flag & os.ST_NODEV])
check('writes', 'a mount that must be read-only', effective(os.ST_RDONLY, ('/', '/servers')))
def copied():
    import shutil
    shutil.copy(sys.executable, '/workspace/copy')
    os.chmod('/workspace/copy', 0o755)
    os.execv('/workspace/copy', ['copy', '-c', 'pass'])
check('writes', 'run a file of the workspace', lambda: executed(copied))
def executed(action):
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(99)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1]) != 99
for kind, name in [(0o20666, 'character'), (0o60666, 'block'), (0o10666, 'pipe'), (0o140666, 'socket')]:
    for folder in ('/tmp', '/workspace'):
        check('writes', '%s node in %s' % (name, folder), does(lambda: os.mknod(folder + '/node', kind, os.makedev(1, 1))))
