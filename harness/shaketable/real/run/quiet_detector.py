"""The end of a run's activity: it is quiet when no part works or waits, and nothing is left that one would be given.

Too early would be a false accusation (an order counts as stranded that was about to go on). So either the longest silence
that the system declares has passed, or, much sooner, the servers and the tap show that there is nothing left to do: no
request waits for its answer, every group has committed all that is on its topics, and every poll of work found none
since. Then the system may still be in a pause that it keeps in its memory, so `System.pause_ms` is waited for too.

A group of consumers has silences of its own, which its broker and its members decide, not the system: a member that is gone
is missed when its session ends, the others learn of it by their next heartbeat, and the group waits for all of them. So no
silence counts while a member waits to be let in, was told of a rebalance less than a session ago, or while the broker says
that its word and the members' differ: one that it counts and that does not live, or the other way round.

On a busy machine a process that has work may not be given its turn. Nor is this one then: what it wakes up too late is no
part of a silence. The services may wait where this one does not, for it computes least: with processes waiting all the
time, each silence, each pause and the bound are `_PATIENCE_MAX` times as long, and less so with less.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sized

from shaketable.history import History
from shaketable.real.oracles.oracle import UnsettledOracle
from shaketable.real.run.cpu_pressure import CpuPressure
from shaketable.real.stack.stack import Stack

_CHECK_EVERY_S = 0.01
_ASK_EVERY_S = 0.05
_LOOK_EVERY_S = 0.25
_REGROUP_MARGIN_S = 0.3
_REGROUPS_MAX = 5
"""Rebalances for a member that is gone that one run may need: a session timeout has a least value, whatever the scale."""
# Real seconds, whatever the scale: on a busy machine a process that has work may not be given its turn for a while.
_SILENCE_MIN_S = 0.3
_PAUSE_MIN_S = 0.1
_LATE_FROM_S = 0.02
"""So much later than asked for is no sign of a busy machine."""
_PATIENCE_MAX = 4.0
_NEVER = -1


class QuietDetector:
    """Watches one run. `ops` are the client's operations that are open."""

    def __init__(
        self, stack: Stack, history: History, ops: Sized, pressure: CpuPressure | None = None
    ) -> None:
        self._stack = stack
        self._history = history
        self._ops = ops
        self._pressure = CpuPressure(()) if pressure is None else pressure
        self._asked_s = 0.0
        self._ask_again_s = self._look_again_s = 0.0
        self._quiet_since_ms = _NEVER
        self._late_since_ms = _NEVER
        self._late_s = 0.0  # of the silence that time, in which nothing of this machine may have had its turn
        self.was_silence = False  # that it is quiet was told by the longest silence, rather than by evidence

    @property
    def limit_s(self) -> float:
        """The real seconds after which `wait` gives up on a machine that is not busy; on one that is, later."""
        bound_s = self._stack.clock.real_s(self._stack.system.bound_ms)
        return max(bound_s, self._regroup_s * _REGROUPS_MAX)

    @property
    def limit_s_max(self) -> float:
        """The real seconds after which it gives up at the latest."""
        return self.limit_s * _PATIENCE_MAX

    async def wait(self, *, healed: bool) -> bool:
        """Return True once it is quiet, False when the system's bound is over first.

        `healed`: no fault is in force, so that no part is kept from polling.
        """
        clock = self._stack.clock
        began_ms = clock.elapsed_ms()
        while (left_s := self.limit_s * self._patience - clock.real_s(clock.elapsed_ms() - began_ms)) > 0:
            await self._require_servers()
            if await self.is_quiet():
                if (
                    healed and self.was_silence
                ):  # longer than any poll's interval: each part that polls has polled
                    self._stack.board.all_pollers_seen = True
                return True
            await self._sleep(min(max(_CHECK_EVERY_S, self._earliest_s()), left_s))
        return False

    async def _require_servers(self) -> None:
        """Raise ServerDied when a server has died: nothing would ever come of what waits for it."""
        if time.monotonic() >= self._look_again_s:
            await self._stack.require_servers()
            self._look_again_s = time.monotonic() + _LOOK_EVERY_S

    async def _sleep(self, for_s: float) -> None:
        """Sleep, and add up how much later this process was given its turn: others wait for theirs as well."""
        began_s = time.monotonic()
        await asyncio.sleep(for_s)
        self._late_s += max(0.0, time.monotonic() - began_s - for_s - _LATE_FROM_S)

    async def is_quiet(self) -> bool:
        """Tell whether it is quiet now."""
        stack = self._stack
        if self._ops or stack.board.held:
            return False
        last_ms = self._last_ms()
        if last_ms == self._quiet_since_ms:
            return True  # as when it was asked last: nothing has happened since
        silent_s = self._silent_s()
        self.was_silence = await self._is_silent(silent_s)
        if not self.was_silence and not await self._is_done(silent_s):
            return False
        self._quiet_since_ms = last_ms
        return True

    def _silent_s(self) -> float:
        """Return the real seconds of the silence so far, without what this process was late by in it."""
        last_ms = self._last_ms()
        if last_ms != self._late_since_ms:
            self._late_since_ms, self._late_s = last_ms, 0.0
            self._pressure.begin_again()
        return self._stack.clock.real_s(self._stack.clock.elapsed_ms() - last_ms) - self._late_s

    def _earliest_s(self) -> float:
        """Return the seconds before which it cannot become quiet, whatever happens or does not happen meanwhile."""
        stack = self._stack
        if stack.board.held:
            return 0.0  # a held message that is no boundary goes on unnoticed
        pause_s = self._pause_s()
        least_s = min(self._silence_s(), pause_s) if pause_s else self._silence_s()
        if self._ops:
            return least_s  # the end of an op is the beginning of a silence
        return least_s - self._silent_s()

    def _pause_s(self) -> float:
        """Return how long a system may pause with work that shows nowhere; 0 when it does not say."""
        pause_ms = self._stack.system.pause_ms
        return max(self._stack.clock.real_s(pause_ms), _PAUSE_MIN_S) if pause_ms else 0.0

    def _silence_s(self) -> float:
        """Return the longest silence of a system that has work, or of a group that waits for a member that is gone."""
        stack = self._stack
        silence_s = max(stack.clock.real_s(stack.system.quiet_ms), _SILENCE_MIN_S)
        return max(silence_s, self._regroup_s) if stack.power.groups_may_rebalance else silence_s

    @property
    def _patience(self) -> float:
        """How many times as long everything may take as on a machine that is not busy, by the silence so far."""
        return 1.0 + (_PATIENCE_MAX - 1.0) * self._pressure.so_far()

    async def _is_silent(self, silent_s: float) -> bool:
        """Tell whether the longest silence is over, and no server is about to end it."""
        if (
            silent_s < self._silence_s() * self._patience
            or self._is_regrouping
            or time.monotonic() < self._ask_again_s
        ):
            return False
        self._ask_again_s = time.monotonic() + _ASK_EVERY_S
        last_ms, board = self._last_ms(), self._stack.board
        for oracle in self._stack.oracles:
            if isinstance(oracle, UnsettledOracle) and await oracle.is_unsettled(board):
                return False
        return self._last_ms() == last_ms

    @property
    def _regroup_s(self) -> float:
        """The time that a group waits for a member that is gone, before it goes on or rebalances.

        As its members agreed with the broker, whatever the system says of it.
        """
        stack = self._stack
        declared_s = stack.session_timeout_ms / 1000 if stack.system.session_timeout_ms else 0.0
        session_s = max(declared_s, stack.board.session_s)
        return session_s + _REGROUP_MARGIN_S if session_s else 0.0

    @property
    def _is_regrouping(self) -> bool:
        """True while a group forms anew or may be between two rebalances, also after a loss in an earlier run."""
        stack = self._stack
        if any(edge.awaits_group for edge in stack.edges.values()):
            return True
        return time.monotonic() - stack.board.regrouped_s < self._regroup_s

    async def _is_done(self, silent_s: float) -> bool:
        """Tell whether there is evidence that nothing is left; what costs nothing is looked at first."""
        stack, board = self._stack, self._stack.board
        pause_s = self._pause_s()
        if not pause_s or silent_s < pause_s * self._patience:
            return False
        last_ms = self._last_ms()
        if not board.all_pollers_seen or any(ms < last_ms for ms in board.pollers.values()):
            return False
        if any(edge.awaits_reply for edge in stack.edges.values()):
            return False
        return await self._is_settled() and self._last_ms() == last_ms

    async def _is_settled(self) -> bool:
        """Tell whether every server says that nothing is left at it; they are not asked at every glance."""
        if time.monotonic() - self._asked_s < _ASK_EVERY_S:
            return False
        self._asked_s = time.monotonic()
        for oracle in self._stack.oracles:
            if await oracle.has_work(self._stack.board):
                return False
        return True

    def _last_ms(self) -> int:
        """Return when something last happened: a message, or else a fault, a heal, a return, the end of an op."""
        recorded_ms = next((e.time_ms for e in reversed(self._history.events) if e.kind != "phase"), 0)
        return max(self._stack.board.active_ms, recorded_ms)
