"""A client as redis-py's locks use it, on keys one round trip away: SET with NX and PX, GET, and the locks' own scripts.

The scripts are told apart by their text, which is the library's; what they do is written down here again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from redis.lock import Lock

from shaketable_targets.locks.settings import Clock, Points


@dataclass
class Keys:
    """What the server keeps: values and when they end by its own time, and which client set them."""

    values: dict[str, tuple[bytes, int, str]] = field(default_factory=dict)


class LockKeys:
    """The commands, executed at once; each connection is a client of its own, `by` a name."""

    def __init__(self, points: Points, clock: Clock) -> None:
        self._keys: Keys = points.durable("redis", Keys)
        self._clock = clock

    def found(self, key: str) -> tuple[bytes, int, str] | None:
        """Return value, end and setter of a key, None if it is absent or over."""
        found = self._keys.values.get(key)
        return found if found is not None and found[1] > self._clock.now_ms() else None

    def set_if_absent(self, key: str, value: bytes, px: int, by: str) -> bool | None:
        if self.found(key) is not None:
            return None
        self._keys.values[key] = value, self._clock.now_ms() + px, by
        return True

    def delete(self, key: str) -> None:
        del self._keys.values[key]

    def expire(self, key: str, ms: int) -> None:
        """Let a key that is there end so much later than now."""
        value, _, by = self._keys.values[key]
        self._keys.values[key] = value, self._clock.now_ms() + ms, by

    def shown(self, key: str) -> dict[str, object]:
        """Return who set the key and when it ends, as the kind's reading of the store shows it."""
        found = self.found(key)
        return {"owner": found[2] if found else "", "until_ms": found[1] if found else 0}

    def run(self, script: str, key: str, arguments: list[Any]) -> int:
        """Execute one of the three scripts of redis-py's locks."""
        found = self.found(key)
        if found is None or found[0] != arguments[0]:
            return 0
        if script == Lock.LUA_RELEASE_SCRIPT:
            self.delete(key)
            return 1
        value, until_ms, by = found
        added_ms = int(arguments[1])
        from_ms = (
            until_ms if script == Lock.LUA_EXTEND_SCRIPT and arguments[2] == "0" else self._clock.now_ms()
        )
        self._keys.values[key] = value, from_ms + added_ms, by
        return 1


class Script:
    """A script as the library calls it; it is kept on the class of a lock, where a function would become a method."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, *, keys: list[str], args: list[Any], client: Client) -> Any:
        return client.run(self._text, keys[0], args)


class Client:
    """What `redis.Redis` is to a lock. Either message of a command may be lost."""

    def __init__(self, by: str, keys: LockKeys, points: Points) -> None:
        self.by = by
        self._keys = keys
        self._points = points

    def set(self, name: str, value: bytes, *, nx: bool, px: int) -> Any:
        assert nx
        return self._send(lambda: self._keys.set_if_absent(name, value, px, self.by))

    def get(self, name: str) -> Any:
        def get() -> bytes | None:
            found = self._keys.found(name)
            return None if found is None else found[0]

        return self._send(get)

    def register_script(self, script: str) -> Script:
        return Script(script)

    def run(self, script: str, key: str, arguments: list[Any]) -> Any:
        return self._send(lambda: self._keys.run(script, key, arguments))

    def _send(self, command: Callable[[], Any]) -> Any:
        self._points.reach("redis.request")
        answer = command()
        self._points.reach("redis.reply")
        return answer


class AsyncClient(Client):
    """What `redis.asyncio.Redis` is to a lock: the same commands, awaited."""

    def _send(self, command: Callable[[], Any]) -> Any:
        return self._sent(command)

    async def _sent(self, command: Callable[[], Any]) -> Any:
        await self._points.reach("redis.request")
        answer = command()
        await self._points.reach("redis.reply")
        return answer
