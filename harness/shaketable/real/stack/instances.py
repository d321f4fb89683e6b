"""What both launchers do with whom they have started: find it by name, and tell it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from shaketable.real.servers import redis
from shaketable.real.stack.launcher import REDIS, Address


class Party(Protocol):
    """What processes, containers and the services in them have in common."""

    async def start(self) -> None: ...
    async def wait_ready(self) -> None: ...
    async def why_ended(self) -> str: ...
    async def last_words(self) -> str: ...
    async def kill(self) -> bool: ...
    async def stop(self) -> bool: ...
    async def pause(self) -> bool: ...
    async def resume(self) -> bool: ...


class Parties(ABC):
    """The half of `shaketable.real.stack.launcher.Launcher` that is the same wherever the parties run."""

    cannot_crash: frozenset[str] = frozenset()

    @abstractmethod
    def address(self, party: str) -> Address: ...

    @abstractmethod
    def _party(self, name: str) -> Party:
        """HarnessError when it was never started."""

    def from_toxiproxy(self, address: Address) -> Address:
        return address

    async def lose_cache(self) -> None:
        await redis.forget_everything(*self.address(REDIS))

    async def why_ended(self, party: str) -> str:
        """How `party` ended and the last lines of its log; empty while it runs."""
        return await self._party(party).why_ended()

    async def last_words(self, party: str) -> str:
        """The end of its log, also while it runs."""
        return await self._party(party).last_words()

    async def kill(self, party: str) -> bool:
        return party not in self.cannot_crash and await self._party(party).kill()

    async def start_again(self, party: str) -> None:
        there = self._party(party)
        await there.start()
        await there.wait_ready()

    async def stop(self, party: str) -> bool:
        """Also False for a server that may not crash: an orderly stop would lose as much."""
        return party not in self.cannot_crash and await self._party(party).stop()

    async def pause(self, party: str) -> bool:
        return await self._party(party).pause()

    async def resume(self, party: str) -> bool:
        return await self._party(party).resume()
