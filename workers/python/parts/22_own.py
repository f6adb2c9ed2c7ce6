# ---- Functions of the host itself -----------------------------------------------------------------------------------


def own(name, label, **arguments):
    """Asks the host for one of its own functions."""
    return invoke("outboard:", name, arguments, label)


class State:
    """What the session keeps for later programs: JSON by key."""

    ROUNDS = 100

    def get(self, key, default=None):
        """The value of a key, or `default` where there is none."""
        return own("state_get", "state.get", key=key, default=default)

    def set(self, key, value):
        """Keeps a value."""
        return own("state_set", "state.set", key=key, value=value)

    def delete(self, key):
        """Forgets a value; says whether there was one."""
        return own("state_delete", "state.delete", key=key)

    def list(self, prefix=""):
        """The keys that begin so, in their order."""
        return own("state_list", "state.list", prefix=prefix)

    def update(self, key, change, default=None):
        """Sets a key to `change(value)`, again and again until nobody else changed it meanwhile; gives the new value."""
        if asyncio._get_running_loop() is not None:
            return self._update_soon(key, change, default)
        for _ in range(self.ROUNDS):
            seen = self._look(key)
            value = change(seen["value"] if seen["version"] else default)
            if self._put(key, value, seen):
                return value
        raise self._crowded(key)

    async def _update_soon(self, key, change, default):
        for _ in range(self.ROUNDS):
            seen = await self._look(key)
            value = change(seen["value"] if seen["version"] else default)
            if inspect.isawaitable(value):
                value = await value
            if await self._put(key, value, seen):
                return value
        raise self._crowded(key)

    def _look(self, key):
        return own("state_look", "state.update", key=key)

    def _put(self, key, value, seen):
        return own("state_put", "state.update", key=key, value=value, version=seen["version"])

    def _crowded(self, key):
        hint = "use a key of its own for each program, and put the parts together afterwards"
        return ToolError(f"state.update: others changed {key} {self.ROUNDS} times meanwhile", "limit_exceeded", hint=hint)

    def __repr__(self):
        return "<state: get, set, update, delete, list>"


def tokenize(value, kind="PRIVATE"):
    """The token of a private value, such as `[EMAIL_1]`; from now on the session hides the value wherever it is shown."""
    return own("tokenize", "tokenize", value=value, kind=kind)


def is_token(text):
    """Whether a text is the token of a private value of this session, and nothing else."""
    return own("is_token", "is_token", text=text)


OWN_NAMES = {"state": State(), "tokenize": tokenize, "is_token": is_token}


