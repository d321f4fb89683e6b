"""One run in a real world: steps in schedule time, quiet, and the history merged from the tap and the oracles."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import chain
from typing import Any, TypeVar, assert_never

from shaketable.boundary import Boundary
from shaketable.errors import PartNotStarted, UsageError
from shaketable.history import History
from shaketable.real.bounded_waits import WaitExpired, within
from shaketable.real.clock import RunClock
from shaketable.real.loop_thread import CALL_WITHIN_S, LoopThread
from shaketable.real.oracles.oracle import Seen
from shaketable.real.run.busy_machine import BusyMachine
from shaketable.real.run.client import ClientBroker, ClientHttp, RealClientPorts
from shaketable.real.run.cpu_pressure import CpuPressure
from shaketable.real.run.history_merge import merge
from shaketable.real.run.injector import RealInjector
from shaketable.real.run.quiet_detector import QuietDetector
from shaketable.real.stack.external_server import RunLedger
from shaketable.real.stack.namespace import Namespace
from shaketable.real.stack.power import CLIENT
from shaketable.real.stack.stack import Stack
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait
from shaketable.subject import Completion

T = TypeVar("T")
_OPS_END_WITHIN_S = 10.0
"""For ops that are cancelled at the end of a run."""
_LOOK_EVERY_S = 1.0
"""Whether a server has died, while something is waited for."""
_FAULTS_END_WITHIN_S = 120.0
"""For crashes under way at the end of a run: a server that recovers is waited for less."""


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
        self._call(self._begin(is_first=number == 1), "the run to begin")

    @property
    def history(self) -> History:
        return self._history

    @property
    def now_ms(self) -> int:
        return self._stack.clock.elapsed_ms()

    def apply(self, step: Step) -> None:
        """Apply one step; a wait takes its time."""
        takes_s = self._stack.clock.real_s(step.ms) if isinstance(step, Wait) else 0.0
        self._call(self._apply(step), f"the step `{type(step).__name__.lower()}` to be applied", takes_s)

    def drain(self) -> None:
        """See `shaketable.world.Session.drain`."""
        if self._stack.board.arming:
            self._wait_quiet(healed=False)

    def heal(self) -> None:
        self._call(self._injector.heal(), "every fault to be healed")

    def settle(self) -> bool:
        """Wait until it is quiet (`shaketable.real.run.quiet_detector`); at once if `drain` saw it and nothing had to be healed."""
        self._became_quiet = self._wait_quiet(healed=True)
        return self._became_quiet

    def boundaries(self) -> list[Boundary]:
        return list(self._stack.board.crossed or ())

    def close(self) -> None:
        """Read the oracles and merge; the stack stays for the next run. After a failure of the servers nothing is read."""
        if not self._closed:
            self._closed = True
            if self.failed:
                self._thread.call(self._give_up(), within_s=CALL_WITHIN_S, what="the run to be given up")
            else:
                self._call(self._end(), "the run to end")

    def _wait_quiet(self, *, healed: bool) -> bool:
        detector = self._quiet_detector
        return self._call(detector.wait(healed=healed), "the system to become quiet", detector.limit_s_max)

    def _call(self, coroutine: Coroutine[Any, Any, T], what: str, takes_s: float = 0.0) -> T:
        """Run it on the stack's loop. It may take `takes_s` seconds by itself; what else it waits for has a limit.

        Where a server has died, that is what is raised, and not what came of it.
        """
        try:
            return self._thread.call(self._blaming(coroutine), within_s=takes_s + CALL_WITHIN_S, what=what)
        except WaitExpired:
            self.failed = True
            raise

    # -- on the stack's loop -----------------------------------------------------------------------------

    async def _blaming(self, coroutine: Coroutine[Any, Any, T]) -> T:
        work = asyncio.ensure_future(coroutine)
        try:
            while not (await asyncio.wait([work], timeout=_LOOK_EVERY_S))[
                0
            ]:  # the call that waits has a limit
                # A client of a dead one may try again for most of a minute.
                await self._stack.require_servers()
            return work.result()
        except Exception as error:
            self.failed |= not isinstance(error, UsageError) or isinstance(error, PartNotStarted)
            await self._stack.require_servers()
            raise
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait([work], timeout=_OPS_END_WITHIN_S)

    async def _give_up(self) -> None:
        """End the ops of a run that has failed: its error is told already, and there is no next run."""
        await self._busy_machine.end()
        await self._end_ops()

    async def _end_ops(self) -> None:
        for task in list(self._ops):
            task.cancel()
        ops = asyncio.gather(*self._ops, return_exceptions=True)
        await within(ops, within_s=_OPS_END_WITHIN_S, what="the ops of the client to give up")

    async def _begin(self, *, is_first: bool) -> None:
        stack, system = self._stack, self._stack.system
        states = await asyncio.gather(*(oracle.begin() for oracle in stack.oracles))
        edges = stack.wiring.places(CLIENT)
        http = ClientHttp(system.errors, lambda: stack.clock, edges)
        broker = ClientBroker(
            system.errors, lambda: stack.clock, edges.get(system.server_speaking("kafka"), ("", 0))
        )
        self._ports = RealClientPorts(http, broker)
        stack.clock = RunClock(stack.scale)
        for external in system.externals:
            ledger = RunLedger(external.name, self._history, stack.clock, stack.namespace)
            stack.externals[external.name].external = external.make(ledger)
        if system.starts_anew and not is_first:
            stack.clock.hold()
            await stack.restart_services()
            stack.clock.begin_again()
        self._quiet_detector = QuietDetector(stack, self._history, self._ops, CpuPressure())
        self._busy_machine = BusyMachine(stack.clock, self._history)
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
            tuple(topic.name for topic in system.topics),
            stack.namespace,
            stack.expire,
        )
        self._injector.begin(stack.clock, self._history)
        for state in chain.from_iterable(states):
            self._history.add(state.time_ms, state.kind, state.process, state.name, state.value)
        self._busy_machine.begin()

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
        await self._busy_machine.end()
        await self._end_ops()
        await within(self._injector.end(), within_s=_FAULTS_END_WITHIN_S, what="every fault to be healed")
        await within(
            stack.board.finished(), within_s=_FAULTS_END_WITHIN_S, what="crashes under way to be over"
        )
        await self._ports.http.close()
        await self._ports.broker.close()
        seen = Seen(stack.clock, stack.board)
        await stack.require_servers()
        observed = await asyncio.gather(*(oracle.read(seen) for oracle in stack.oracles))
        self._history = merge(self._history, chain(*observed), stack.namespace)
        if not self._became_quiet or await self._has_left_work():
            try:
                await stack.restart_services()
            except (
                WaitExpired
            ):  # a group is not let begin behind what is left: the next run gets servers of its own
                await stack.require_servers()
                self.failed = True

    async def _has_left_work(self) -> bool:
        """Tell whether something is left that parts would be given in the next run: they were silent, and have not read all.

        Nothing is, if that was the evidence of being quiet. Where a group's topics are unknown nothing can be said.
        """
        stack = self._stack
        if not self._quiet_detector.was_silence or stack.board.unread_joins:
            return False
        return any([await oracle.has_work(stack.board) for oracle in stack.oracles])
