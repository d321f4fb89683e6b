"""The links of a real world: an edge of ours for every pair of parties that may talk, Toxiproxy behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.real.servers.server_kind import ServerKind
from shaketable.real.stack.external_server import ExternalServer
from shaketable.real.stack.launcher import Address, Launcher
from shaketable.real.stack.power import CLIENT
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.framer import ClientEnd, Framer
from shaketable.real.tap.front import Front
from shaketable.real.tap.http import HttpFramer
from shaketable.real.tap.switchboard import Switchboard
from shaketable.real.toxiproxy import ToxiproxyServer, edge_name
from shaketable.subject import System


class Wiring:
    """`open` makes an edge for every pair of parties that may talk, `close` takes them down.

    Without a tap (`is_tapped`) there are no edges, and every party is told the servers' own addresses.
    """

    def __init__(
        self,
        system: System,
        launcher: Launcher,
        kinds: Mapping[str, ServerKind],
        externals: Mapping[str, ExternalServer],
        *,
        is_tapped: bool,
    ) -> None:
        self.edges: dict[tuple[str, str], Edge] = {}
        self._fronts: dict[tuple[str, str], Front] = {}  # by client and role
        self.toxiproxy: ToxiproxyServer | None = None
        self._system = system
        self._launcher = launcher
        self._kinds = kinds
        self._externals = externals
        self._is_tapped = is_tapped
        self._framers = {name: kind.framers() for name, kind in kinds.items()}

    async def open(self, board: Switchboard) -> None:
        """Listen on every edge. Raises HarnessError when Toxiproxy does not answer."""
        if not self._is_tapped:
            return
        if self._launcher.has_toxiproxy:
            self.toxiproxy = ToxiproxyServer(*self._launcher.toxiproxy_api())
        for n, (client, server) in enumerate(self._links()):
            upstream = self._address(server)
            if self.toxiproxy is not None:
                upstream = await self._through_toxiproxy(n, edge_name(client, server), upstream)
            edge = Edge(client, server, upstream, self._framer_for((client, server), board), board)
            self.edges[client, server] = edge
            await edge.open(self._launcher.tap_host)
        for client, role, replicas in self._replicated():
            edges = {replica: self.edges[client, replica] for replica in replicas}
            front = self._fronts[client, role] = Front(role, edges, board)
            for edge in edges.values():
                edge.front = front
            await front.open(self._launcher.tap_host)

    async def close(self) -> None:
        for front in self._fronts.values():
            front.close()
        for edge in self.edges.values():
            await edge.close()

    def places(self, client: str) -> dict[str, Address]:
        """Return where `client` finds each party that it may talk to."""
        if not self._is_tapped:  # nothing balances there: a role is found at its first replica
            first = {role: self._address(all_[0]) for of, role, all_ in self._replicated() if of == client}
            return first | {server: self._address(server) for of, server in self._links() if of == client}
        fronts = {role: front.port for (of, role), front in self._fronts.items() if of == client}
        ports = fronts | {server: edge.port for (of, server), edge in self.edges.items() if of == client}
        return {party: (self._launcher.tap_host, port) for party, port in ports.items()}

    def _links(self) -> Iterator[tuple[str, str]]:
        """Yield every (client, server) between which anything can be sent."""
        parts = [part.name for part in self._system.parts]
        for client in (CLIENT, *parts):
            for server in (*parts, *self._kinds, *self._externals):
                if server != client and self._is_linked(client, server):
                    yield client, server

    def _replicated(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield every client with the role of several parts that it may ask, and those parts, without itself."""
        parts = self._system.parts
        roles = Counter(part.role for part in parts)
        for client in (CLIENT, *(part.name for part in parts)):
            for role in (role for role, count in roles.items() if count > 1):
                yield client, role, tuple(p.name for p in parts if p.role == role and p.name != client)

    def _is_linked(self, client: str, server: str) -> bool:
        kind = self._kinds.get(server)
        return kind is None or kind.is_linked(next((p for p in self._system.parts if p.name == client), None))

    async def _through_toxiproxy(self, n: int, name: str, upstream: Address) -> Address:
        """Put a new proxy in front of `upstream` and return its address, as the tap must dial it."""
        assert self.toxiproxy is not None
        listen, dial = self._launcher.toxiproxy_listen(n)
        await self.toxiproxy.add(name, joined(listen), joined(self._launcher.from_toxiproxy(upstream)))
        return dial

    def _address(self, party: str) -> Address:
        if party in self._externals:
            return self._launcher.tap_host, self._externals[party].port
        return self._launcher.address(party)

    def _framer_for(self, link: tuple[str, str], board: Switchboard) -> Callable[[], Framer]:
        client, server = link
        make = self._framers.get(server)
        if make is None:
            return HttpFramer

        def note_session(name: str) -> None:
            board.sessions[server, name] = client

        def note_change(change: dict[str, Json]) -> None:
            board.changes.append((board.elapsed_ms(), client, server, change))

        end = ClientEnd(
            lambda: (self._launcher.tap_host, self.edges[link].port),
            note_session,
            note_change,
            partial(board.refuses_session, client, server),
        )
        return lambda: make(end)


def joined(address: Address) -> str:
    """Return `host:port`. Raises HarnessError while it has no port."""
    host, port = address
    if not port:
        raise HarnessError(f"{host} has no port yet: its launcher was asked too early")
    return f"{host}:{port}"
