"""The one address of several replicas of a service, for one client: each connection goes to one of their edges."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from shaketable.real.tap.listener import Listener
from shaketable.real.tap.switchboard import Switchboard


class Backend(Protocol):
    """The edge of one replica."""

    @property
    def accepts(self) -> bool:
        """False while its replica is down."""
        ...

    def made(self) -> asyncio.BaseProtocol:
        """Make the protocol of a connection to its replica, as if the edge had accepted it."""
        ...


class Front:
    """Spreads the connections of one client to `role` over `backends`, which are by the name of the replica.

    It refuses while every one of them does; so each must tell it when that changes.
    """

    def __init__(self, role: str, backends: Mapping[str, Backend], board: Switchboard) -> None:
        self._role = role
        self._backends = backends
        self._board = board
        self._listener = Listener(self._made)

    @property
    def port(self) -> int:
        return self._listener.port

    async def open(self, host: str) -> int:
        """Listen and return the port, which stays the same until `close`."""
        return await self._listener.open(host)

    def close(self) -> None:
        self._listener.close()

    def refused(self) -> None:
        """Note that a backend refuses now."""
        if not any(backend.accepts for backend in self._backends.values()):
            self._listener.refuse()

    async def accepted(self) -> None:
        """Note that a backend accepts again."""
        await self._listener.listen()

    def _made(self) -> asyncio.BaseProtocol:
        replica = self._board.balancer.next(
            self._role, tuple(self._backends), lambda name: not self._backends[name].accepts
        )
        return self._backends[replica].made()
