"""A cache port that tells every access of a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shaketable.access import AccessKind, NoteAccess
from shaketable.sim.cache.cache import Cache
from shaketable.sim.cache.port import CachePort
from shaketable.sim.channel import Channel, Oracle

T = TypeVar("T")
_READS = frozenset({"GET", "ZRANGE", "ZRANK"})


class RecordedCachePort(CachePort):
    """The same port. A command that would change a key and finds that it must not, reads it."""

    __slots__ = ("_note",)

    def __init__(self, channel: Channel, cache: Cache, oracle: Oracle, note: NoteAccess) -> None:
        super().__init__(channel, cache, oracle)
        self._note = note

    async def _ask(self, verb: str, key: str, effect: Callable[[], T], *others: str) -> T:
        def told() -> T:
            result = effect()
            kind: AccessKind = "read" if verb in _READS or result is False else "write"
            for one in (key, *others):
                self._note(self._channel.sender, kind, f"redis {one}", verb)
            return result

        return await super()._ask(verb, key, told, *others)
