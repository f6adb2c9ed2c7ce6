# Leaves a canary wherever a program can, and stays.
import _socket, os
kept = CANARY * 100
def attempt(action):
    try:
        action()
        return 1
    except Exception:
        return 0
def write(path):
    with open(path, 'w') as file:
        file.write(CANARY)
def fill():
    # Memory and `/tmp` that the next one might get without its being cleared.
    with open('/tmp/large', 'wb') as file:
        file.write((CANARY * 1000).encode())
    block = bytearray((CANARY * 50000).encode())
    del block
actions = [lambda p=place: write(p + '/' + CANARY) for place in
           ('/tmp', '/workspace', '/', '/dev', '/dev/shm', '/var/tmp', '/run', '/usr/lib', '/outboard', '/proc', '/servers', '/etc')]
actions += [lambda: os.environ.__setitem__('CANARY', CANARY), fill,
            lambda: _socket.sethostname(CANARY[:60]), lambda: setattr(os, CANARY, 1),
            lambda: _socket.socket(_socket.AF_UNIX).bind('\0' + CANARY),
            lambda: os.mkdir('/tmp/' + CANARY + '.d'), lambda: os.symlink(CANARY, '/workspace/link'),
            lambda: write(os.path.dirname(os.__file__) + '/' + CANARY + '.py')]
left = sum(attempt(action) for action in actions)
send({'console': {'stream': 'out', 'text': str(left)}})
import time
time.sleep(60)
