"""The control of started instances by name, which is the same in every launcher."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from shaketable.real.stack.launcher import Address


class Instance(Protocol):
    """One server or service that a launcher has started: a process, a container, or the child in one."""

    async def start(self) -> None: ...
    async def wait_ready(self) -> None: ...
    async def why_ended(self) -> str: ...
    async def log_tail(self) -> str: ...
    async def kill(self) -> bool: ...
    async def stop(self) -> bool: ...
    async def pause(self) -> bool: ...
    async def resume(self) -> bool: ...


class Instances(ABC):
    """The half of `shaketable.real.stack.launcher.Launcher` that is the same wherever its instances run."""

    cannot_crash: frozenset[str] = frozenset()

    @abstractmethod
    def address(self, party: str) -> Address: ...

    @abstractmethod
    def _instance(self, party: str) -> Instance:
        """Return the instance of `party`; HarnessError when it was never started."""

    def from_toxiproxy(self, address: Address) -> Address:
        return address

    async def why_ended(self, party: str) -> str:
        """Say how `party` ended, with the last lines of its log; empty while it runs."""
        return await self._instance(party).why_ended()

    async def log_tail(self, party: str) -> str:
        """Return the end of its log, also while it runs."""
        return await self._instance(party).log_tail()

    async def kill(self, party: str) -> bool:
        return party not in self.cannot_crash and await self._instance(party).kill()

    async def start_again(self, party: str) -> None:
        instance = self._instance(party)
        await instance.start()
        await instance.wait_ready()

    async def stop(self, party: str) -> bool:
        """Stop it in order; False too for a server that may not crash: an orderly stop would lose as much."""
        return party not in self.cannot_crash and await self._instance(party).stop()

    async def pause(self, party: str) -> bool:
        return await self._instance(party).pause()

    async def resume(self, party: str) -> bool:
        return await self._instance(party).resume()
