# ---- The network ----------------------------------------------------------------------------------------------------
#
# The jail decides what can be reached; this only makes a program hear at once why something cannot be, and lets
# libraries find the proxy. Never here: deciding what is granted.

CERTIFICATES = "/etc/ssl/certs"


class Reach:
    """What the program may reach: nothing, until the host says otherwise."""

    def __init__(self):
        self.proxy, self.allow, self._getaddrinfo = None, (), None

    def begin(self, network):
        """Takes the `network` of a `start` frame; without one, nothing is to be reached."""
        global NO_NETWORK
        if not network:
            return
        self.allow = tuple(str(line) for line in network.get("allow") or ())
        proxy = re.fullmatch(r"http://([^/:]+):(\d+)/?", str(network.get("proxy") or ""))
        if proxy:
            self.proxy = (proxy[1], int(proxy[2]))
            self._tell_libraries(network["proxy"])
            NO_NETWORK = f"the operator grants hosts with [sandbox.network] allow; granted are {self.granted()}"

    def granted(self):
        """The granted hosts, for messages."""
        return ", ".join(self.allow[:12]) + (", …" if len(self.allow) > 12 else "") or "none"

    def advice(self, host=None, port=None):
        """Why something cannot be reached, and what to do."""
        if self.proxy:
            way = "programs reach the network through the proxy in HTTPS_PROXY, which urllib, requests and httpx use by themselves"
            return f"{way}; granted are {self.granted()}"
        known = isinstance(host, str) and host and not host.isspace()
        line = f"{host}:{port if isinstance(port, int) and port > 0 else 443}" if known else "host:443"
        return f'no network: the operator can grant it with [sandbox.network] allow = ["{line}"]'

    @staticmethod
    def _tell_libraries(proxy):
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            os.environ[name] = os.environ[name.lower()] = proxy
        bundle = os.path.join(CERTIFICATES, "ca-certificates.crt")
        if os.path.exists(bundle):
            for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
                os.environ[name] = bundle

    def refuse(self, host=None, port=None):
        """The error of a connection that cannot be made."""
        return OSError(errno.ENETUNREACH, self.advice(host, port))

    def unresolved(self, host, port=None):
        """The error of a name that cannot be looked up."""
        return socket.gaierror(socket.EAI_AGAIN, self.advice(host, port))

    def look_up(self, host, port, *args, **kwargs):
        """`getaddrinfo`: the proxy is known, addresses are addresses, names are the host's business."""
        text = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else host
        if self.proxy is None:
            raise self.unresolved(text, port)
        if (text, port) == self.proxy:
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", self.proxy)]
        if text is not None and not is_address(text):
            raise self.unresolved(text, port)
        return self._getaddrinfo(host, port, *args, **kwargs)

    def look_up_one(self, host):
        """`gethostbyname` and its like."""
        if self.proxy and (host == self.proxy[0] or is_address(host)):
            return host
        raise self.unresolved(host)

    def replace(self):
        """Replaces what the `socket` module offers; once, before the program is known."""
        self._getaddrinfo = socket.getaddrinfo
        internet = (socket.AF_INET, socket.AF_INET6)
        make, connect, connect_ex = socket.socket.__init__, socket.socket.connect, socket.socket.connect_ex
        reach = self

        @functools.wraps(make)
        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            if fileno is None and reach.proxy is None and family in (-1, *internet):
                raise reach.refuse()
            make(self, family, type, proto, fileno)

        def denied(one, address):
            return one.family in internet and (not isinstance(address, tuple) or address[:2] != reach.proxy)

        def refusal(address):
            return reach.refuse(*address[:2]) if isinstance(address, tuple) and len(address) > 1 else reach.refuse()

        @functools.wraps(connect)
        def connect_checked(self, address):
            if denied(self, address):
                raise refusal(address)
            return connect(self, address)

        @functools.wraps(connect_ex)
        def connect_ex_checked(self, address):
            return errno.ENETUNREACH if denied(self, address) else connect_ex(self, address)

        socket.socket.__init__ = __init__
        socket.socket.connect, socket.socket.connect_ex = connect_checked, connect_ex_checked
        socket.getaddrinfo, socket.gethostbyname = self.look_up, self.look_up_one


def is_address(text):
    """Whether a text is an address in its usual form."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
            return True
        except (OSError, ValueError, TypeError):
            continue
    return False


REACH = Reach()


