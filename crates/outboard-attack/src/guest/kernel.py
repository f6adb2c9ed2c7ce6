CALLS = '''socket 41 connect 42 accept 43 bind 49 listen 50 accept4 288 ptrace 101 syslog 103 setuid 105 setgid 106 setreuid 113
setregid 114 setgroups 116 setresuid 117 setresgid 119 setfsuid 122 setfsgid 123 capset 126 personality 135 ustat 136 sysfs 139
setpriority 141 sched_setparam 142 sched_setscheduler 144 mlock 149 munlock 150 mlockall 151 vhangup 153 modify_ldt 154
pivot_root 155 adjtimex 159 setrlimit 160 chroot 161 sync 162 acct 163 settimeofday 164 mount 165 umount2 166 swapon 167
swapoff 168 reboot 169 sethostname 170 setdomainname 171 iopl 172 ioperm 173 init_module 175 delete_module 176 quotactl 179
setxattr 188 lsetxattr 189 fsetxattr 190 removexattr 197 sched_setaffinity 203 set_thread_area 205 io_setup 206 io_destroy 207 io_getevents 208
io_submit 209 io_cancel 210 remap_file_pages 216 semtimedop 220 clock_settime 227 mbind 237 set_mempolicy 238
get_mempolicy 239 mq_open 240 mq_unlink 241 mq_timedsend 242 mq_notify 244 kexec_load 246 add_key 248 request_key 249 keyctl 250
ioprio_set 251 ioprio_get 252 inotify_init 253 inotify_add_watch 254 migrate_pages 256 mknod 133 mknodat 259 fchownat 260 chown 92
fchown 93 lchown 94 unshare 272 splice 275 tee 276 vmsplice 278 move_pages 279 signalfd 282 signalfd4 289
inotify_init1 294 perf_event_open 298 recvmmsg 299 sendmmsg 307 fanotify_init 300 fanotify_mark 301 name_to_handle_at 303 open_by_handle_at 304
clock_adjtime 305 syncfs 306 setns 308 process_vm_readv 310 process_vm_writev 311 kcmp 312 finit_module 313 sched_setattr 314
sched_getattr 315 seccomp 317 memfd_create 319 kexec_file_load 320 bpf 321 execveat 322 userfaultfd 323 mlock2 325 pkey_mprotect 329
pkey_alloc 330 pkey_free 331 io_pgetevents 333 pidfd_send_signal 424 io_uring_setup 425 io_uring_enter 426 io_uring_register 427
open_tree 428 move_mount 429 fsopen 430 fsconfig 431 fsmount 432 fspick 433 pidfd_open 434 clone3 435 openat2 437 pidfd_getfd 438
process_madvise 440 mount_setattr 442 quotactl_fd 443 landlock_create_ruleset 444 landlock_add_rule 445
landlock_restrict_self 446 memfd_secret 447 process_mrelease 448 futex_waitv 449 set_mempolicy_home_node 450 cachestat 451
fchmodat2 452 map_shadow_stack 453 futex_wake 454 futex_wait 455 futex_requeue 456 statmount 457 listmount 458 lsm_get_self_attr 459
lsm_set_self_attr 460 lsm_list_modules 461 mseal 462 setxattrat 463 getxattrat 464 listxattrat 465 removexattrat 466 open_tree_attr 467
shmget 29 shmat 30 shmctl 31 semget 64 semop 65 semctl 66 shmdt 67 msgget 68 msgsnd 69 msgrcv 70 msgctl 71 uselib 134'''.split()
for name, number in zip(CALLS[::2], CALLS[1::2]):
    check('kernel surface', name, lambda: reaches(int(number), -1, -1, -1, -1, -1, -1))
    check('kernel surface', name + ' by the x32 door', lambda: reaches(int(number) | 0x40000000, -1, -1, -1, -1, -1, -1))

room = ctypes.create_string_buffer(64)
for name, arguments in {
    'pages of the host\'s huge reserve': (9, 0, 1 << 21, 3, 0x40022, -1, 0),
    'pages of the huge reserve by size': (9, 0, 1 << 21, 3, 21 << 26 | 0x40022, -1, 0),
    'memory without a file, with checked flags': (9, 0, 4096, 3, 0x23, -1, 0),
    'a packet filter on the channel': (54, 3, 1, 26, room, 16),
    'a compiled packet filter on the channel': (54, 3, 1, 50, room, 4),
    'another protocol on top of the channel': (54, 3, 6, 31, b'tls', 4),
    'urgent bytes on the channel': (44, 3, room, 1, 1, 0, 0),
    'urgent bytes from the channel': (45, 3, room, 1, 0x41, 0, 0),
    'memory merged with that of others': (28, 0, 0, 12),
    'a lease on a file': (72, 3, 1024, 0), 'a lock of an open file': (72, 3, 37, 0),
    'news of a folder': (72, 3, 1026, 1),
    'a lock that lends priority': (202, room, 6, 0),
    'a wait that changes its lock': (202, room, 11, 0, 0, room, 0),
    'no dump of itself': (157, 4, 0), 'a timer slack': (157, 29, 1), 'memory tags': (157, 55, 1), 'a ptrace friend': (157, 0x59616d61, 1),
    'a subreaper': (157, 36, 1), 'core scheduling': (157, 62, 1, 0, 0), 'executable memory denied': (157, 65, 1),
    'the terminal\'s input': (16, 0, 0x5412, room), 'a terminal of its own': (16, 0, 0x540E, 0), 'the console\'s selection': (16, 0, 0x541C, room),
    'a terminal with a high half': (16, 0, 1 << 32 | 0x5412, room),
}.items():
    check('kernel surface', name, lambda: reaches(*arguments))
for family in (2, 10, 16, 17, 21, 38, 40, 44):
    check('kernel surface', 'a socket of family %d' % family, lambda: reaches(41, family, 2, 0))
    check('kernel surface', 'a pair of sockets of family %d' % family, lambda: reaches(53, family, 1, 0, room))

SPACES = {'mount': 0x20000, 'cgroup': 0x2000000, 'uts': 0x4000000, 'ipc': 0x8000000, 'user': 0x10000000, 'pid': 0x20000000,
          'net': 0x40000000, 'time': 0x80}
def cloned(flags):
    def attempt():
        got, _ = call(56, flags | 17, 0, 0, 0, 0)
        if got == 0:
            os._exit(0)
        return got > 0
    return attempt
for name, flag in SPACES.items():
    check('namespaces', 'unshare ' + name, lambda: call(272, flag)[0] == 0)
    check('namespaces', 'unshare user and ' + name, lambda: call(272, flag | 0x10000000)[0] == 0)
    check('namespaces', 'clone ' + name, cloned(flag))
    check('namespaces', 'clone with a high half ' + name, cloned(flag | 1 << 40))
    check('namespaces', 'clone user and ' + name, cloned(flag | 0x10000000))
    check('namespaces', 'setns ' + name, lambda: reaches(308, 3, flag))
check('namespaces', 'clone in the parent\'s place', lambda: cloned(0x8000)() and 'sibling of the first process')
check('namespaces', 'clone3', lambda: reaches(435, ctypes.create_string_buffer(88), 88))
check('namespaces', 'own namespaces by name', lambda: os.readlink('/proc/self/ns/mnt'))

def identity():
    ids = os.getresuid() + os.getresgid()
    return 0 in ids and str(ids)
check('privileges', 'user or group 0', identity)
check('privileges', 'extra groups', lambda: [g for g in os.getgroups() if g not in (os.getgid(), 65534)])
for target in (0, 1, 65534, 1000):
    check('privileges', 'become user %d' % target, lambda: target != os.getuid() and does(lambda: os.setuid(target))())
    check('privileges', 'become group %d' % target, lambda: target != os.getgid() and does(lambda: os.setgid(target))())
def capabilities():
    header, data = ctypes.create_string_buffer(struct.pack('<II', 0x20080522, 0)), ctypes.create_string_buffer(24)
    if call(125, header, data)[0]:
        return 'unknown'
    return any(data.raw) and data.raw.hex()
check('privileges', 'any capability', capabilities)
for name, action in {'chroot': lambda: os.chroot('/tmp'), 'host name': lambda: _socket.sethostname('x'),
                     'groups': lambda: os.setgroups([0]), 'owner': lambda: os.chown('/tmp', 0, 0)}.items():
    check('privileges', name, does(action))
def bytes_of(path):
    with open(path, 'rb') as file:
        return file.read()
check('privileges', 'mount a memory file system', lambda: call(165, b'x', b'/tmp', b'tmpfs', 0, 0)[0] == 0)
check('privileges', 'remount writable', lambda: call(165, b'none', b'/', b'', 0x1020, 0)[0] == 0)
check('privileges', 'bind a folder', lambda: call(165, b'/', b'/tmp', b'', 0x5000, 0)[0] == 0)
check('privileges', 'unmount the workspace', lambda: call(166, b'/workspace', 2)[0] == 0)
check('privileges', 'unmount the root', lambda: call(166, b'/', 2)[0] == 0)
check('privileges', 'no seccomp', lambda: call(157, 21, 0, 0, 0, 0)[0] == 0)
def rights(make):
    def attempt():
        place = '/tmp/rights-%d' % os.getpid()
        try:
            make(place)
            return os.stat(place).st_mode & 0o6000
        except OSError:
            return False
        finally:
            if os.path.exists(place):
                os.remove(place)
    return attempt
for bits in (0o4755, 0o2755):
    check('privileges', 'a file with mode %o' % bits, rights(lambda place: (open(place, 'w').close(), os.chmod(place, bits))))
    check('privileges', 'a file made with mode %o' % bits, rights(lambda place: os.open(place, os.O_CREAT | os.O_WRONLY, bits)))
    check('privileges', 'a file of mode %o by descriptor' % bits, rights(lambda place: os.fchmod(os.open(place, os.O_CREAT | os.O_WRONLY), bits)))
check('privileges', 'new privileges by execution', lambda: call(157, 39, 0, 0, 0, 0)[0] == 0)
check('privileges', 'install a listener for calls', lambda: reaches(317, 1, 8, 0))

inside = {'LC_CTYPE', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS'}
check('descriptors', 'variables of the host', lambda: sorted(set(os.environ) - inside))
def extra():
    return [fd for fd in range(4, 1024) if fd != writer_of_attempt(fd) and held(fd)]
def held(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
def writer_of_attempt(fd):
    # The pipe of this attempt is the probe's own.
    import stat
    try:
        return fd if stat.S_ISFIFO(os.fstat(fd).st_mode) else -1
    except OSError:
        return fd
check('descriptors', 'descriptors beside the channel', extra)
check('descriptors', 'standard streams that are no null device', lambda: [fd for fd in range(3) if os.fstat(fd).st_rdev != os.makedev(1, 3)])
check('descriptors', 'a terminal', lambda: [fd for fd in range(4) if os.isatty(fd)])
check('descriptors', 'the host\'s name', lambda: os.uname().nodename == HOST['name'])
check('descriptors', 'the host\'s working directory', lambda: os.getcwd() == HOST['folder'])
check('descriptors', 'the host\'s path in the arguments', lambda: HOST['folder'] in ' '.join(sys.argv))
check('descriptors', 'a session of the host', lambda: os.getsid(0) == 0)
check('descriptors', 'the host\'s control group', lambda: [p for p in ('/sys/fs/cgroup', '/proc/self/cgroup') if os.path.exists(p)])
result = found
