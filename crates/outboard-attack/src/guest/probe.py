# Every attempt runs in a process of its own, so that none spoils the next.
import ctypes, errno, os, select, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
found = []
ONLY = globals().get('HOST', {}).get('only') or []

def call(number, *arguments):
    ctypes.set_errno(0)
    got = libc.syscall(ctypes.c_long(number), *[a if isinstance(a, (bytes, ctypes.Array)) or hasattr(a, '_obj') else ctypes.c_long(a) for a in arguments])
    return got, (ctypes.get_errno() if got == -1 else 0)

def reaches(number, *arguments):
    """Whether the kernel looked at the arguments: the list did not stop the call."""
    _, number = call(number, *arguments)
    return number not in REFUSED and errno.errorcode.get(number, 'success')

def apart(attempt, seconds=3.0):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            said = attempt()
            text = 'open ' + str(said) if said else 'shut'
        except BaseException as error:
            text = 'shut ' + type(error).__name__
        try:
            os.write(writer, text.encode()[:200])
        finally:
            os._exit(0)
    os.close(writer)
    ready = select.select([reader], [], [], seconds)[0]
    text = os.read(reader, 200).decode() if ready else 'open hangs'
    os.close(reader)
    if not ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not text:
        text = 'shut died %d' % status if os.WIFSIGNALED(status) else 'open vanished'
    return text

def check(group, name, attempt):
    if ONLY and group not in ONLY:
        return
    text = apart(attempt)
    found.append([group, name, text.startswith('open'), text])

def does(action):
    """An attempt that succeeds when the action raises nothing."""
    def attempt():
        action()
        return 'done'
    return attempt
