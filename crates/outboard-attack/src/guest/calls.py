# Which numbers pass? Answers a list of [number, what became of it].
import struct
def outcome(number, *arguments):
    """'refused', 'unknown', or 'passed', which is also what silence means: the kernel took the call and waits."""
    # On a busy machine a child may just not have had its turn, so silence has to last.
    for seconds in (0.25, 0.5, 1.0):
        text = heard(seconds, number, *arguments)
        if text:
            return text
    return 'passed'

def heard(seconds, number, *arguments):
    """What a child says of the call within so many seconds; nothing where it says nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # Arguments that no call can use, so that nothing happens but a complaint.
        got, wrong = call(number, *(arguments or (-1,) * 6))
        name = 'refused' if wrong == errno.EPERM else 'unknown' if wrong == errno.ENOSYS else 'passed'
        os.write(writer, name.encode())
        os._exit(0)
    os.close(writer)
    ready = select.select([reader], [], [], seconds)[0]
    text = os.read(reader, 7).decode() if ready else ''
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    # After a fork both sides write, and a call that ends the child says nothing.
    return text if text in ('refused', 'unknown') else 'passed' if ready else ''
plain = [[number, outcome(number)] for number in range(601)]
other = [[number, outcome(number | 0x40000000)] for number in range(601)]

def interrupt(number):
    """The call by the old door for 32-bit programs: `mov eax, number; int 0x80; ret`."""
    child = os.fork()
    if child == 0:
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        page = libc.mmap(None, 4096, 7, 0x22, -1, 0)
        code = b'\xb8' + struct.pack('<I', number) + b'\xcd\x80\xc3'
        ctypes.memmove(page, code, len(code))
        ctypes.CFUNCTYPE(ctypes.c_int)(page)()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
old = [[number, interrupt(number)] for number in range(470)]

good = ctypes.create_string_buffer(64)
def spawned(flags):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        got, wrong = call(56, flags, 0, 0, 0, 0)
        if got:
            os.write(writer, b'refused' if wrong == errno.EPERM else b'passed')
        os._exit(0)
    os.close(writer)
    text = os.read(reader, 7).decode()
    os.close(reader)
    os.waitpid(child, 0)
    return text
arguments = {
    'ioctl FIONREAD': outcome(16, 3, 0x541B, good), 'ioctl TIOCSTI': outcome(16, 0, 0x5412, good),
    'prctl GET_NAME': outcome(157, 16, good), 'prctl SET_DUMPABLE': outcome(157, 4, 1),
    'prlimit64 read': outcome(302, 0, 7, 0, good), 'prlimit64 write': outcome(302, 0, 7, good, 0),
    'mmap private': outcome(9, 0, 4096, 3, 0x22, -1, 0), 'mmap shared': outcome(9, 0, 4096, 3, 0x21, -1, 0),
    'mmap shared, checked': outcome(9, 0, 4096, 3, 0x23, -1, 0),
    'mmap from the huge reserve': outcome(9, 0, 1 << 21, 3, 0x40022, -1, 0),
    'setsockopt buffer': outcome(54, 3, 1, 7, good, 4), 'setsockopt packet filter': outcome(54, 3, 1, 26, good, 16),
    'sendto': outcome(44, 3, good, 0, 0x4000, 0, 0), 'sendto urgent': outcome(44, 3, good, 0, 0x4001, 0, 0),
    'recvmsg urgent': outcome(47, 3, good, 1), 'madvise': outcome(28, 0, 0, 4), 'madvise mergeable': outcome(28, 0, 0, 12),
    'fcntl flags': outcome(72, 3, 3), 'fcntl lease': outcome(72, 3, 1024, 0),
    'fcntl lock of an open file': outcome(72, 3, 37, 0),
    'fchmod': outcome(91, -1, 0o1644), 'fchmod set-uid': outcome(91, -1, 0o4755),
    'openat': outcome(257, -1, good, 0x40, 0o644), 'openat set-gid': outcome(257, -1, good, 0x40, 0o2755),
    'futex wake': outcome(202, good, 1, 1), 'futex lending': outcome(202, good, 6, 0),
    'socketpair stream': outcome(53, 1, 1, 0, good), 'socketpair datagram': outcome(53, 1, 2, 0, good),
    'socketpair inet': outcome(53, 2, 1, 0, good), 'clone plain': spawned(17), 'clone user': spawned(0x10000011),
    'clone time': spawned(0x91), 'clone net': spawned(0x40000011),
}
result = {'plain': plain, 'other': other, 'old': old, 'arguments': arguments}
