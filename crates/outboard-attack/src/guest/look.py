# Looks for a canary that is written backwards here.
import ctypes, os, socket
needle = NEEDLE[::-1]
raw = needle.encode()
found = []
for name, value in os.environ.items():
    if needle in name + value:
        found.append('environment')
if needle in socket.gethostname() or hasattr(os, needle):
    found.append('name of the host or module')
for top in ('/tmp', '/workspace', '/servers', '/dev', '/outboard', '/proc', '/etc', '/run', '/var'):
    for folder, folders, names in os.walk(top):
        for name in folders + names:
            path = os.path.join(folder, name)
            if needle in path:
                found.append(path)
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 4 << 20:
                    with open(path, 'rb') as file:
                        if raw in file.read():
                            found.append('in ' + path)
            except OSError:
                pass
for folder in ('/', os.path.dirname(os.__file__)):
    found += [folder + name for name in os.listdir(folder) if needle in name]
for path in THEIRS:
    for way in (path, '/workspace/' + '../' * 12 + path, '/tmp/' + '../' * 12 + path):
        if os.path.exists(way):
            found.append('exists ' + way)
# Fresh memory must be empty.
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
block = libc.malloc(32 << 20)
if raw in ctypes.string_at(block, 32 << 20):
    found.append('memory')
for pid in range(2, 400):
    try:
        os.kill(pid, 0)
        found.append('process %d' % pid)
    except OSError:
        pass
result = found
