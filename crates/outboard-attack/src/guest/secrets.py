# The text to look for is written backwards here, or this program would find itself.
import os, socket, ctypes
needle = NEEDLE[::-1].encode()
found = []
def held(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
descriptors = [fd for fd in range(0, 4096) if held(fd)]
for name, value in os.environ.items():
    if needle in value.encode() or needle in name.encode():
        found.append('environment ' + name)
# Arguments, environment and the loader's strings lie above this thread's stack: read up to its end.
class Here(ctypes.Structure):
    _fields_ = [('x', ctypes.c_char)]
environ = ctypes.c_void_p.in_dll(ctypes.CDLL(None), 'environ').value
reader, writer = os.pipe()
libc = ctypes.CDLL(None, use_errno=True)
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
page = 4096
def peek(address):
    return os.read(reader, page) if libc.write(writer, address, page) == page else None
pages = 0
def scan(address, step, most):
    global pages
    before = b''
    for _ in range(most):
        now = peek(address)
        if now is None:
            return
        pages += 1
        if needle in (before + now if step > 0 else now + before):
            found.append('memory at %x' % address)
        before = now
        address += step
# The environment's table lies on the stack, or on the heap where the C library has grown it.
top = ctypes.cast(ctypes.c_void_p.in_dll(ctypes.CDLL(None), '__libc_stack_end'), ctypes.c_void_p).value
for start in {environ // page * page, (top or environ) // page * page}:
    scan(start, page, 4096)
    scan(start - page, -page, 4096)
files = 0
for folder, folders, names in os.walk('/'):
    for name in names:
        path = os.path.join(folder, name)
        if needle in path.encode():
            found.append('name ' + path)
        if path.startswith('/dev/'):
            continue
        try:
            if os.path.getsize(path) <= 1 << 20:
                with open(path, 'rb') as file:
                    if needle in file.read():
                        found.append('file ' + path)
                files += 1
        except OSError:
            pass
result = {'found': found, 'descriptors': descriptors, 'pages': pages, 'files': files}
