"""Everything one system needs in a real world, built once and kept for many runs: servers, edges, services."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial

from shaketable.errors import ServerDied, UsageError
from shaketable.history import Json
from shaketable.network.replica_roles import Roles
from shaketable.real.clock import RunClock
from shaketable.real.oracles.oracle import LimitedOracle
from shaketable.real.servers.registry import kind_of
from shaketable.real.stack.environment import environment
from shaketable.real.stack.external_server import ExternalServer
from shaketable.real.stack.launcher import Launcher, Needs
from shaketable.real.stack.migrations import migrate
from shaketable.real.stack.namespace import Namespace
from shaketable.real.stack.part_starter import PartStarter
from shaketable.real.stack.power import CLIENT, RealPower
from shaketable.real.stack.wiring import Wiring
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import Part, System

SESSION_TIMEOUT_MIN_MS = 1_000
"""Real milliseconds; below this, members are evicted for being slow."""
_WITH_APACHE_KAFKA = "run it on `containers`, which has Apache Kafka"
_LINES_MAX = 3
"""Of a dead server's log."""


class Stack:
    """`open` builds it, `close` takes it all down again.

    Without a tap (`is_tapped`) every party is told the servers' own addresses: no run can be judged there, but the same
    work can be measured. `has_transactions`: its broker keeps what transactions of producers promise.
    """

    def __init__(
        self,
        system: System,
        launcher: Launcher,
        scale: float,
        *,
        is_tapped: bool = True,
        has_transactions: bool = True,
    ) -> None:
        self.system = system
        self._has_transactions = has_transactions
        self.launcher = launcher
        self.scale = scale
        self.clock = RunClock(scale)
        self.externals = {external.name: ExternalServer() for external in system.externals}
        self.kinds = {server.name: kind_of(server.protocol) for server in system.servers}
        self.wiring = Wiring(system, launcher, self.kinds, self.externals, is_tapped=is_tapped)
        self._starter = PartStarter(launcher, system.parts, self._members_of)
        with_groups = {name for name, kind in self.kinds.items() if kind.has_groups}
        self.power = RealPower(launcher, self.edges, self.externals, self._starter.start_again, with_groups)
        self.restarted = True  # the services, since the last run: its consumers may still be joining
        self.namespace = Namespace(0, ())
        self.board = Switchboard(
            self.power,
            lambda: self.clock.elapsed_ms(),
            lambda key: self.namespace.off(key),
            scale=scale,
            roles=Roles(
                ((part.name, part.role) for part in system.parts), (CLIENT, *self.kinds, *self.externals)
            ),
            put_out=self._put_out,
        )
        self.oracles = tuple(
            LimitedOracle(kind.oracle(system, name, partial(launcher.address, name)), name)
            for name, kind in self.kinds.items()
            if kind.oracle is not None
        )

    @property
    def edges(self) -> Mapping[tuple[str, str], Edge]:
        """The edge of every (client, server) between which anything can be sent."""
        return self.wiring.edges

    @property
    def session_timeout_ms(self) -> int:
        """The time that the broker waits for a silent member, in real milliseconds."""
        return max(SESSION_TIMEOUT_MIN_MS, round(self.system.session_timeout_ms / self.scale))

    async def open(self) -> None:
        """Start everything and wait until every service is ready. Where a server has died, that is what is raised."""
        await self.launcher.start_servers(Needs(self.system.servers, self.system.parts))
        try:
            await self._open_on_servers()
        except Exception:
            await self.require_servers()
            raise

    async def _open_on_servers(self) -> None:
        system, launcher = self.system, self.launcher
        for server in self.externals.values():
            await server.open(launcher.tap_host)
        for oracle in self.oracles:
            await oracle.open()
        await migrate(system.migrations, launcher, self.scale)
        for oracle in self.oracles:
            await oracle.watch()
        await self.wiring.open(self.board)
        await self.start_services()
        self._require_producers()

    async def _members_of(self, part: Part) -> int:
        """Count the members of a part's consumer group, whichever server has it."""
        asked = [
            kind.members_of(*self.launcher.address(name), part.group)
            for name, kind in self.kinds.items()
            if kind.members_of is not None
        ]
        return max(await asyncio.gather(*asked), default=0)

    async def expire(self, server: str, keep: int) -> dict[str, Json] | None:
        """Let a broker delete records of what expires there; None if it deletes none."""
        for oracle in self.oracles:
            if (gone := await oracle.expire(server, keep, self.board)) is not None:
                return gone
        return None

    async def _put_out(self, server: str, group: str, member: str) -> bool:
        """Put a member out of its group at a server."""
        act = self.kinds[server].put_out
        if act is None or not await act(*self.launcher.address(server), group, member):
            return False
        self.power.groups_may_rebalance = True
        return True

    async def start_services(self) -> None:
        """Start every service and wait until all are ready."""
        await self._starter.start_all({part.name: self._environment_of(part) for part in self.system.parts})

    async def restart_services(self) -> None:
        """Kill and start every service after a run that did not become quiet: nothing of it may reach the next."""
        self.restarted = True
        for part in self.system.parts:
            await self.launcher.kill(part.name)
        for edge in self.edges.values():
            edge.abort_all()
        for oracle in self.oracles:
            await oracle.drop_work(self.board)
        await asyncio.gather(*(self._starter.start_again(part.name) for part in self.system.parts))
        if any(
            kind.has_groups for kind in self.kinds.values()
        ):  # no group lets a new member in before it has given up the dead one
            await asyncio.sleep(self.session_timeout_ms / 1000)

    async def require_servers(self) -> None:
        """Raise ServerDied when a server runs no more and no fault of this run has taken its power.

        Raise UsageError when a part asks for what its broker does not have.
        """
        self._require_producers()
        for server in self.system.servers:
            if self.power.is_down(server.name):
                continue
            why = await self.launcher.why_ended(server.name)
            if why:
                how, *log = (line.strip() for line in why.splitlines())
                last = " | ".join([line for line in log if line][-_LINES_MAX:])
                how = f"{how.removeprefix(server.name).strip()} {last}".strip()
                raise ServerDied(f"the server {server.name} died: it {how}")

    def _require_producers(self) -> None:
        for client, (broker, error) in self.board.refused.items():
            raise UsageError(
                f"a producer of {client} asks {broker} for its id, which it refuses for good (error {error}): it has neither "
                f"idempotent producers nor transactions; {_WITH_APACHE_KAFKA}, or set enable.idempotence=false"
            )
        if self.board.transactional and not self._has_transactions:
            transaction, client = next(iter(self.board.transactional.items()))
            raise UsageError(
                f"a producer of {client} has transactions (its transactional id is {transaction!r}), and the broker of this "
                f"world, Tansu, does not keep what they promise; {_WITH_APACHE_KAFKA}"
            )

    async def close(self) -> None:
        """Stop everything that `open` started, also after it failed half-way."""
        for oracle in self.oracles:
            with contextlib.suppress(Exception):  # a server that is gone already must not keep the rest up
                await oracle.close()
        await self.wiring.close()
        for server in self.externals.values():
            await server.close()
        await self.launcher.close()

    async def log_tails(self) -> dict[str, str]:
        """Return the end of each part's log, by the name of the part."""
        return {part.name: await self.launcher.log_tail(part.name) for part in self.system.parts}

    def _environment_of(self, part: Part) -> dict[str, str]:
        return environment(
            part,
            self.system,
            self.launcher,
            self.kinds,
            self.wiring.places(part.name),
            scale=self.scale,
            session_timeout_ms=self.session_timeout_ms,
        )
