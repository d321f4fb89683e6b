"""One run in a real world: steps in schedule time, quiet, and the history merged from the tap and the oracles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from itertools import chain
from typing import Any, TypeVar, assert_never

from shaketable.boundary import Boundary
from shaketable.errors import HarnessError, PartNotStarted, UsageError
from shaketable.history import History
from shaketable.real.clock import RunClock
from shaketable.real.loop_thread import LoopThread
from shaketable.real.oracles.oracle import Seen
from shaketable.real.run.client import ClientBroker, ClientHttp, RealClientPorts
from shaketable.real.run.effects import merge
from shaketable.real.run.injector import RealInjector
from shaketable.real.run.quiet import QuietDetector
from shaketable.real.stack.external_server import RunLedger
from shaketable.real.stack.namespace import Namespace
from shaketable.real.stack.power import CLIENT
from shaketable.real.stack.stack import Stack
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait
from shaketable.subject import Completion

T = TypeVar("T")
R = TypeVar("R")
_ORACLE_WITHIN_S = 90
"""Longer than any wait inside an oracle, which says more exactly what it is for."""


class RealSession:
    """See `shaketable.world.Session`. Opened by a world on its stack; one at a time."""

    def __init__(self, stack: Stack, thread: LoopThread, number: int, *, trace: bool) -> None:
        self._stack = stack
        self._thread = thread
        self._trace = trace
        self._history = History()
        self._ops: dict[asyncio.Task[None], None] = {}
        self._became_quiet = False  # until it was seen to be: a run that is left in the middle is not
        self._closed = False
        self.failed = False  # for a fault of the servers or the harness: no run follows on this stack
        partitions = (topic.partitions for topic in stack.system.topics)
        stack.namespace = Namespace(number, partitions, stack.namespace)
        self._call(self._begin())

    @property
    def history(self) -> History:
        return self._history

    @property
    def now_ms(self) -> int:
        return self._stack.clock.elapsed_ms()

    def apply(self, step: Step) -> None:
        """Apply one step; a wait takes its time."""
        self._call(self._apply(step))

    def drain(self) -> None:
        """See `shaketable.world.Session.drain`."""
        if self._stack.board.arming:
            self._call(self._quiet_detector.wait(healed=False))

    def heal(self) -> None:
        self._call(self._injector.heal())

    def settle(self) -> bool:
        """Wait until it is quiet (`shaketable.real.run.quiet`); at once if `drain` saw it and nothing had to be healed."""
        self._became_quiet = self._call(self._quiet_detector.wait(healed=True))
        return self._became_quiet

    def boundaries(self) -> list[Boundary]:
        return list(self._stack.board.crossed or ())

    def close(self) -> None:
        """Read the oracles and merge; the stack stays for the next run. After a failure of the servers nothing is read."""
        if not self._closed:
            self._closed = True
            if self.failed:
                self._thread.call(self._give_up())
            else:
                self._call(self._end())

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it on the stack's loop; where a server has died, that is what is raised, and not what came of it."""
        return self._thread.call(self._blaming(coroutine))

    # -- on the stack's loop -----------------------------------------------------------------------------

    async def _blaming(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return await coroutine
        except Exception as error:
            self.failed |= not isinstance(error, UsageError) or isinstance(error, PartNotStarted)
            await self._stack.require_servers()
            raise

    async def _give_up(self) -> None:
        """End the ops of a run that has failed: its error is told already, and there is no next run."""
        for task in list(self._ops):
            task.cancel()
        await asyncio.gather(*self._ops, return_exceptions=True)

    async def _asked(self, what: str, asked: Sequence[Awaitable[R]]) -> list[R]:
        """Wait for every oracle's answer, `what` it is asked for; HarnessError for the one that is too late."""

        async def within(server: str, answer: Awaitable[R]) -> R:
            try:
                return await asyncio.wait_for(answer, _ORACLE_WITHIN_S)
            except TimeoutError:
                raise HarnessError(f"waited {_ORACLE_WITHIN_S} s for {what} of {server}, in vain") from None

        return await asyncio.gather(*map(within, self._stack.observed, asked))

    async def _begin(self) -> None:
        stack, system = self._stack, self._stack.system
        states = await self._asked("the state to begin with", [oracle.begin() for oracle in stack.oracles])
        edges = {
            server: (stack.launcher.tap_host, edge.port)
            for (client, server), edge in stack.edges.items()
            if client == CLIENT
        }
        http = ClientHttp(system.errors, lambda: stack.clock, edges)
        broker = ClientBroker(
            system.errors, lambda: stack.clock, edges.get(system.server_speaking("kafka"), ("", 0))
        )
        self._ports = RealClientPorts(http, broker)
        stack.clock = RunClock(stack.scale)
        self._quiet_detector = QuietDetector(stack, self._history, self._ops)
        stack.board.begin(self._history, system.polls, trace=self._trace)
        stack.power.begin(
            stack.clock, self._history, stack.board.members, groups_may_rebalance=stack.restarted
        )
        stack.restarted = False
        self._injector = RealInjector(
            stack.launcher,
            stack.kinds,
            stack.board,
            stack.power,
            stack.edges,
            stack.wiring.toxiproxy,
        )
        self._injector.begin(stack.clock, self._history)
        for external in system.externals:
            ledger = RunLedger(external.name, self._history, stack.clock, stack.namespace)
            stack.externals[external.name].external = external.make(ledger)
        for state in chain.from_iterable(states):
            self._history.add(state.time_ms, state.kind, state.process, state.name, state.value)

    async def _apply(self, step: Step) -> None:
        match step:
            case Do(f=f, value=value):
                invoked = self._history.add(self.now_ms, "invoke", CLIENT, f, value)
                named = self._stack.namespace.put_in(value, self._stack.system.id_fields)
                task = asyncio.ensure_future(self._perform(Do(f, named), invoked))
                self._ops[task] = None
                task.add_done_callback(lambda done: self._ops.pop(done, None))
                await asyncio.sleep(0)
            case Inject(fault=fault):
                await self._injector.inject(fault)
            case Heal():
                await self._injector.heal()
            case Wait(ms=ms):
                await asyncio.sleep(self._stack.clock.real_s(ms))
            case AtPoint(point=point):
                raise UsageError(
                    f"a system has boundaries and no fault point {point!r}: those are of components"
                )
            case _:
                assert_never(step)

    async def _perform(self, do: Do, invoked: int) -> None:
        try:
            done = await self._stack.system.perform(self._ports, do)
        except asyncio.CancelledError:
            done = Completion("info", "the run ended first")
        self._history.add(self.now_ms, done.kind, CLIENT, do.f, done.value, invoked)

    async def _end(self) -> None:
        stack = self._stack
        for task in list(self._ops):
            task.cancel()
        await asyncio.gather(*self._ops, return_exceptions=True)
        await self._injector.end()
        await stack.board.finished()
        await self._ports.http.close()
        await self._ports.broker.close()
        seen = Seen(stack.clock, stack.board)
        await stack.require_servers()
        observed = await self._asked("what happened", [oracle.read(seen) for oracle in stack.oracles])
        self._history = merge(self._history, chain(*observed), stack.namespace)
        if not self._became_quiet:
            await stack.restart_services()
