# ---- Copies ---------------------------------------------------------------------------------------------------------
#
# Self-contained, because the attack suite's guest has it too. Never here: what the calls of an order do.


def copy_for_each_order(control, line=4):
    """Waits as a template on a packet socket; returns in every copy, once it is jailed, and never in the template."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long

    def made(call, descriptors):
        kept, arguments = [], []
        for argument in call["arguments"]:
            ((kind, value),) = argument.items()
            if kind == "descriptor":
                value = descriptors[value]
            elif kind != "value":
                held = ctypes.create_string_buffer(bytes.fromhex(value), len(value) // 2)
                kept.append(held)
                if kind == "filter":
                    pair = struct.pack("@HxxxxxxQ", len(held) // 8, ctypes.addressof(held))
                    held = ctypes.create_string_buffer(pair, len(pair))
                    kept.append(held)
                value = ctypes.addressof(held)
            arguments.append(value)
        arguments += [0] * (6 - len(arguments))
        return library.syscall(ctypes.c_long(call["number"]), *map(ctypes.c_long, arguments))

    packets = socket.socket(fileno=control)
    packets.send(b"template 1")
    while True:
        packet, descriptors, _, _ = socket.recv_fds(packets, 1 << 17, 64)
        if not packet:
            os._exit(0)
        order = json.loads(packet)
        number = made(order["clone"], descriptors)
        if number == 0:
            break
        answer = {"pid": number} if number > 0 else {"errno": ctypes.get_errno()}
        packets.send(json.dumps(answer).encode())
        for descriptor in descriptors:
            os.close(descriptor)
    packets.detach()
    os.dup2(descriptors[1], control, inheritable=False)
    if descriptors[0] != line:
        os.dup2(descriptors[0], line, inheritable=False)
    if os.read(line, 1) != b"!":
        os._exit(127)
    for place, call in enumerate(order["calls"]):
        if made(call, descriptors) < 0 and not call.get("optional"):
            os.write(line, json.dumps({"call": place, "errno": ctypes.get_errno()}).encode())
            os._exit(127)
    os.close(line)


def renew():
    """Makes a copy of a template differ from its siblings where that matters, and takes costs before they count."""
    Fate.rehearse()
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    rehearse()
    os.sched_yield()
