# ---- Imports: /servers and /skills ----------------------------------------------------------------------------------


class Surface:
    """The generated listing under /servers/.api, read as far as a program asks."""

    def __init__(self, root):
        self.folder = os.path.join(root, "servers", ".api")
        self._index = None
        self._listings = {}

    @property
    def index(self):
        """All servers; None as long as there is no listing."""
        if self._index is None:
            try:
                with ORIGINAL_OPEN(os.path.join(self.folder, "index.json"), encoding="utf-8") as file:
                    self._index = json.load(file)
            except (OSError, ValueError):
                pass
        return self._index

    @functools.cached_property
    def by_name(self):
        """Every name of a server, as it is and normalised, to its entry."""
        names = {}
        for entry in self.index or ():
            for key in ("server", "folder", "namespace", "package"):
                names.setdefault(normal(entry[key]), entry)
        for entry in self.index or ():
            names.update({entry[key]: entry for key in ("server", "folder", "namespace", "package")})
        return names

    def server(self, name):
        """The entry of a server by any of its names, or None."""
        return self.by_name.get(name) or self.by_name.get(normal(name))

    def unknown(self, name):
        """The error text for a server that is not there."""
        return f"no server {name!r}" + nearest(name, (entry["package"] for entry in self.index or ()), "servers")

    def tools(self, entry):
        """The functions of a server."""
        folder = entry["folder"]
        if folder not in self._listings:
            with ORIGINAL_OPEN(os.path.join(self.folder, f"{folder}.json"), encoding="utf-8") as file:
                self._listings[folder] = Listing(file.read())
        return self._listings[folder]


class Listing:
    """The functions of one server.

    The host writes each on a line of its own, so that those that a program names are found without reading the
    others, of which there may be ten thousand.
    """

    def __init__(self, text):
        self._text, self._found = text, {}

    def find(self, name):
        """The entry of a function by any spelling of its name, or None."""
        if name not in self._found:
            item = self._line("py", name) or self._line("ts", name) or self._line("tool", name)
            self._found[name] = item or self._names.get(name) or self._names.get(normal(name))
        return self._found[name]

    def _line(self, key, name):
        """The entry whose line says this name."""
        at = self._text.find(f'"{key}":{json.dumps(name, ensure_ascii=False)}')
        if at < 0:
            return None
        end = self._text.find("\n", at)
        line = self._text[self._text.rfind("\n", 0, at) + 1 : len(self._text) if end < 0 else end]
        try:
            item = json.loads(line.rstrip(","))
        except ValueError:
            return None
        return item if item.get(key) == name else None

    @functools.cached_property
    def _items(self):
        return json.loads(self._text)["tools"]

    @functools.cached_property
    def _names(self):
        """Every name of every function, as it is and normalised."""
        names = {}
        for key in ("ts", "py", "tool"):
            for item in self._items:
                names.setdefault(normal(item[key]), item)
        for key in ("tool", "ts", "py"):
            names.update({item[key]: item for item in self._items})
        return names

    @property
    def listed(self):
        """The names of all functions."""
        return [item["py"] for item in self._items]


class ServersModule(types.ModuleType):
    """`servers`: servers.google_drive, getattr(servers, "google-drive"), servers["google-drive"]."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        entry = SURFACE.server(name)
        if entry is None:
            raise AttributeError(SURFACE.unknown(name))
        module = importlib.import_module(f"servers.{entry['package']}")
        self.__dict__[name] = module
        return module

    __getitem__ = __getattr__

    def __dir__(self):
        return sorted(entry["package"] for entry in SURFACE.index or ())


class ServerModule(types.ModuleType):
    """`servers.google_drive`: one attribute per tool, under any of its names."""

    def __getattr__(self, name):
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        tools = SURFACE.tools(self.__dict__["__entry__"])
        if name == "__all__":
            return tools.listed
        item = tools.find(name)
        if item is None:
            raise AttributeError(f"no tool {name!r} in {self.__name__}" + nearest(name, tools.listed, "tools"))
        return self.__dict__.setdefault(item["py"], Tool(self.__dict__["__entry__"]["server"], item, self.__name__))

    __getitem__ = __getattr__

    def __setattr__(self, name, value):
        # The import system binds a submodule in its parent; here the function keeps that place.
        if not isinstance(value, ToolModule):
            super().__setattr__(name, value)

    def __dir__(self):
        return sorted(SURFACE.tools(self.__dict__["__entry__"]).listed)


class ToolModule(types.ModuleType):
    """`servers.google_drive.get_document`: holds the one function, and may be called itself."""

    def __getattr__(self, name):
        parent, _, own = self.__name__.rpartition(".")
        if name.startswith("__"):
            raise AttributeError(name)
        if normal(name) == normal(own):
            return getattr(sys.modules[parent], name)
        if not name[:1].isupper():
            raise AttributeError(f"{self.__name__} holds only the function {own}, not {name!r}")
        return self.__dict__.setdefault(name, self._declared(parent, own).get(name, typing.Any))

    def _declared(self, parent, own):
        """What the generated file declares: the types, which only annotations need."""
        entry, space = sys.modules[parent].__dict__["__entry__"], {"__name__": self.__name__}
        path = os.path.join(ROOT, "servers", entry["package"], f"{own}.py")
        try:
            with ORIGINAL_OPEN(path, encoding="utf-8") as file:
                exec(compile(file.read(), path, "exec"), space)
        except Exception:
            pass  # typing as old as the interpreter; the annotation then says nothing
        return space

    def __call__(self, *args, **kwargs):
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


class Finder:
    """Makes the modules below `servers` from the listing, and finds skills by the layouts they may have."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        root, *parts = fullname.split(".")
        if root == "skills" and len(parts) == 1:
            return find_skill(fullname, parts[0])
        if root != "servers" or SURFACE.index is None or len(parts) > 2:
            return None
        entry = SURFACE.server(parts[0]) if parts else None
        if parts and entry is None:
            raise ImportError(SURFACE.unknown(parts[0]), name=fullname)
        if len(parts) == 2:
            tools = SURFACE.tools(entry)
            if tools.find(parts[1]) is None:
                message = f"no tool {parts[1]!r} in servers.{parts[0]}" + nearest(parts[1], tools.listed, "tools")
                raise ImportError(message, name=fullname)
        spec = importlib.machinery.ModuleSpec(fullname, Finder, is_package=len(parts) < 2)
        spec.loader_state = entry
        return spec

    @staticmethod
    def create_module(spec):
        kind = (ServersModule, ServerModule, ToolModule)[spec.name.count(".")]
        return kind(spec.name)

    @staticmethod
    def exec_module(module):
        entry = module.__spec__.loader_state
        if isinstance(module, ServerModule):
            module.__dict__["__entry__"] = entry
        elif isinstance(module, ServersModule):
            module.__dict__["__all__"] = dir(module)


def find_skill(fullname, name):
    """Finds skills/NAME.py, skills/NAME/__init__.py or skills/NAME/skill.py, NAME in any spelling."""
    folder = os.path.join(ROOT, "skills")
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return None
    stems = [entry for entry in entries if normal(entry.split(".")[0]) == normal(name)]
    for entry in stems:
        base = os.path.join(folder, entry)
        for path, package in ((os.path.join(base, "__init__.py"), [base]), (os.path.join(base, "skill.py"), [base]), (base, None)):
            if path.endswith(".py") and os.path.isfile(path):
                return importlib.util.spec_from_file_location(fullname, path, submodule_search_locations=package)
    if stems and any(entry.endswith(".ts") or os.path.exists(os.path.join(folder, entry, "index.ts")) for entry in stems):
        raise ImportError(f"the skill {name} is written in TypeScript; use it from a program in TypeScript", name=fullname)
    if not stems:
        raise ImportError(f"no skill {name!r}" + nearest(name, (e.split(".")[0] for e in entries), "skills"), name=fullname)
    return None


