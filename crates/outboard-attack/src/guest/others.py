import _socket, resource, struct
from _socket import AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, htons, inet_aton
victim = HOST['victim']
PIDS = [(victim, 'a process of the host'), (HOST['host'], 'the host'), (HOST['spawner'], 'the spawner')]
for pid, name in PIDS:
    check('processes', 'signal to ' + name, does(lambda: os.kill(pid, 0)))
    check('processes', 'group of ' + name, does(lambda: os.killpg(pid, 0)))
    check('processes', 'attach to ' + name, lambda: call(101, 16, pid, 0, 0)[0] == 0)
    check('processes', 'seize ' + name, lambda: call(101, 0x4206, pid, 0, 0)[0] == 0)
    check('processes', 'handle of ' + name, lambda: call(434, pid, 0)[0] >= 0)
    check('processes', 'memory of ' + name, lambda: reaches(310, pid, 0, 0, 0, 0, 0))
    check('processes', 'limits of ' + name, lambda: call(302, pid, 7, 0, ctypes.create_string_buffer(16))[0] == 0)
    check('processes', 'priority of ' + name, does(lambda: os.getpriority(os.PRIO_PROCESS, pid)))
    check('processes', 'scheduler of ' + name, does(lambda: os.sched_getscheduler(pid)))
    check('processes', 'affinity of ' + name, does(lambda: os.sched_getaffinity(pid)))
    check('processes', 'session of ' + name, does(lambda: os.getsid(pid)))
    check('processes', 'robust list of ' + name, lambda: call(274, pid, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8))[0] == 0)
check('processes', 'parent has a number', lambda: os.getppid() != 1 and call(110)[0] != 1 and 'pid %d' % os.getppid())

KINDS = {'stream': 1, 'datagram': 2, 'raw': 3, 'packets': 5}
FAMILIES = '''UNIX 1 INET 2 AX25 3 IPX 4 APPLETALK 5 NETROM 6 BRIDGE 7 ATMPVC 8 X25 9 INET6 10 ROSE 11 NETBEUI 13 KEY 15
NETLINK 16 PACKET 17 ECONET 19 RDS 21 IRDA 23 PPPOX 24 LLC 26 IB 27 MPLS 28 CAN 29 TIPC 30 BLUETOOTH 31 IUCV 32 RXRPC 33
ISDN 34 PHONET 35 IEEE802154 36 CAIF 37 ALG 38 NFC 39 VSOCK 40 KCM 41 QIPCRTR 42 SMC 43 XDP 44 MCTP 45'''.split()
for family, number in zip(FAMILIES[::2], FAMILIES[1::2]):
    def attempt():
        return [kind for kind, code in KINDS.items() if call(41, int(number), code, 0)[0] >= 0]
    check('network', 'socket of family ' + family, attempt)
for protocol in range(0, 22):
    check('network', 'netlink protocol %d' % protocol, lambda: call(41, 16, 3, protocol)[0] >= 0)
def connects(family, address):
    def attempt():
        one = _socket.socket(family, SOCK_STREAM)
        one.settimeout(1)
        one.connect(address)
        return 'connected'
    return attempt
check('network', 'listener of the host', connects(AF_INET, ('127.0.0.1', HOST['port'])))
check('network', 'named socket of the host', connects(AF_UNIX, HOST['named']))
check('network', 'named socket in the workspace', connects(AF_UNIX, '/workspace/socket'))
check('network', 'abstract socket of the host', connects(AF_UNIX, '\0' + HOST['abstract']))
def listens():
    one = _socket.socket(AF_INET, SOCK_STREAM)
    one.bind(('0.0.0.0', 0))
    one.listen(1)
    return 'listens'
check('network', 'own TCP listener', listens)
check('network', 'cloud metadata', connects(AF_INET, ('169.254.169.254', 80)))
check('network', 'public address', connects(AF_INET, ('1.1.1.1', 53)))
check('network', 'public address of version 6', connects(AF_INET6, ('2606:4700:4700::1111', 53)))
def rebound():
    return call(42, 3, struct.pack('<HH', 2, htons(HOST['port'])) + inet_aton('127.0.0.1') + b'\0' * 8, 16)[0] == 0
check('network', 'channel connected elsewhere', rebound)
check('network', 'channel bound to a name', lambda: call(49, 3, b'\x01\x00\x00planted', 10)[0] == 0)
check('network', 'datagram through a pair to a name', lambda: _socket.socketpair(AF_UNIX, SOCK_DGRAM)[0].sendto(b'x', HOST['named'].encode()))
check('network', 'seqpacket pair', lambda: _socket.socketpair(AF_UNIX, SOCK_SEQPACKET))
check('network', 'stream pair sends to a name', lambda: _socket.socketpair()[0].sendto(b'x', '\0' + HOST['abstract']) and 'sent')
check('network', 'name lookup', does(lambda: _socket.getaddrinfo('example.com', 80)))
def passed():
    # A descriptor of the channel handed to itself must stay one of ours.
    left, right = _socket.socketpair()
    left.sendmsg([b'x'], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack('i', 3))])
    return any(os.fstat(fd).st_ino != os.fstat(3).st_ino for fd in gifts(right))
def gifts(end):
    rights = [data for _, kind, data in end.recvmsg(1, _socket.CMSG_SPACE(16))[1] if kind == _socket.SCM_RIGHTS]
    return [fd for data in rights for fd in struct.unpack('%di' % (len(data) // 4), data[:len(data) // 4 * 4])]
check('network', 'descriptor that comes from elsewhere', passed)
def waits_for_gift():
    own = _socket.socket(fileno=os.dup(3))
    own.settimeout(0.2)
    return gifts(own)
check('network', 'descriptor from the host', waits_for_gift)

def limits(change):
    def attempt():
        for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
            try:
                resource.setrlimit(which, change(resource.getrlimit(which)))
                return 'raised %d' % which
            except (OSError, ValueError):
                pass
    return attempt
check('limits', 'raise hard limits', limits(lambda now: (now[1], now[1] + 1 if now[1] > 0 else -1)))
check('limits', 'core dumps', lambda: resource.getrlimit(resource.RLIMIT_CORE)[0] != 0)
check('limits', 'locked memory', lambda: call(149, ctypes.create_string_buffer(4096), 4096)[0] == 0)
check('limits', 'message queue bytes', lambda: resource.getrlimit(resource.RLIMIT_MSGQUEUE)[0] != 0)
check('limits', 'no limit of processes', lambda: resource.getrlimit(resource.RLIMIT_NPROC)[0] > 4096 or resource.getrlimit(resource.RLIMIT_NPROC)[0] < 0)
check('limits', 'no limit of memory', lambda: resource.getrlimit(resource.RLIMIT_AS)[0] < 0)
check('limits', 'no limit of CPU time', lambda: resource.getrlimit(resource.RLIMIT_CPU)[0] < 0)
# Memory that stays when nobody has it mapped any more escapes a watch that adds up processes.
def shared(*place):
    def attempt():
        import mmap
        block = mmap.mmap(os.open(place[0], os.O_RDWR) if place else -1, 1 << 20)
        block[:1] = b'x'
        return 'holds'
    return attempt
check('limits', 'shared memory without a file', shared())
check('limits', 'shared memory of the zero device', shared('/dev/zero'))
check('limits', 'raise the priority', does(lambda: os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - 5)))
check('limits', 'real-time scheduling', does(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))))
check('limits', 'other processors', does(lambda: os.sched_setaffinity(0, os.sched_getaffinity(0))))
for text, request in [('TIOCSTI', 0x5412), ('TIOCLINUX', 0x541C), ('TIOCSCTTY', 0x540E), ('TIOCNOTTY', 0x5422), ('TIOCSETD', 0x5423),
                      ('TIOCCONS', 0x541D), ('FS_IOC_SETFLAGS', 0x40086602), ('FICLONE', 0x40049409), ('FIFREEZE', 0xC0045877),
                      ('SIOCGIFCONF', 0x8912), ('SIOCETHTOOL', 0x8946), ('NS_GET_USERNS', 0xB701), ('KVM_CREATE_VM', 0xAE01),
                      ('LOOP_CTL_ADD', 0x4C80), ('BLKROSET', 0x125D), ('FS_IOC_ENABLE_VERITY', 0x40806685)]:
    check('ioctl', text, lambda: reaches(16, 3, request, 0))
    check('ioctl', text + ' with a high half', lambda: reaches(16, 3, request | 1 << 32, 0))
for text, option in [('SET_PDEATHSIG', 1), ('SET_DUMPABLE', 4), ('SET_KEEPCAPS', 8), ('SET_SECCOMP', 22), ('CAPBSET_DROP', 24),
                     ('SET_SECUREBITS', 28), ('SET_MM', 35), ('SET_CHILD_SUBREAPER', 36), ('SET_NO_NEW_PRIVS', 38),
                     ('CAP_AMBIENT', 47), ('SET_SPECULATION_CTRL', 53), ('SET_PTRACER', 0x59616d61), ('SCHED_CORE', 62), ('SET_TSC', 26)]:
    check('prctl', text, lambda: reaches(157, option, -1, -1, -1, -1))
