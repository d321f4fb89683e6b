"""The machine of calls outside: many who ask one party at one time, while it is slow, and after that."""

from __future__ import annotations

from typing import ClassVar

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.places import PICK
from shaketable.fault import Fault, Latency, Partition
from shaketable.mapping.mapping import Mapping
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable_patterns.described.ops_by_role import Player
from shaketable_patterns.described.role_machine import RoleMachine
from shaketable_patterns.guarded_calls.roles import Deferred, Guarded

_ASKED_MAX = 80
_CROWDS_MAX = 3
_NEAR_MS = 100


class CrowdingMachine(RoleMachine):
    """Lets many ask one party, too: a breaker opens after a window of failures only, and a pool is full when all hang."""

    guarded: ClassVar[tuple[tuple[str, str, int], ...]]
    """The op, the party and the size of the pool of each."""
    deferred: ClassVar[tuple[str, ...]]
    """The parties that deferred work needs."""
    window: ClassVar[int]
    timeout_ms: ClassVar[int]
    wait_ms: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.crowds = 0
        self.named = 0

    @precondition(lambda self: self.crowds < _CROWDS_MAX and self.named < _ASKED_MAX)
    @rule(pick=PICK)
    def crowd(self, pick: int) -> None:
        """Let a party be too slow, ask it until its breaker must be open, ask others meanwhile, and all of them behind the wait."""
        self.crowds += 1
        pick, which = divmod(pick, len(self.guarded))
        op, party, pool = self.guarded[which]
        size = pool or self.window
        rounds = -(-self.window // size) + 1
        pick, before = divmod(pick, 2)
        others = [other for other, *_ in self.guarded if other != op]
        if before:
            self.ask_each(others, self.window, pick)
        self.do(Inject(self._slow(party, (rounds + 1) * (self.timeout_ms + 500))))
        for number in range(rounds):
            self.ask_each([op], size + (number == 0), pick)
            self.ask_each(others, 1, pick)
            self.do(Wait(self.timeout_ms + 500))
        self.ask_each([op], 2, pick)
        pick, heals = divmod(pick, 3)
        if heals:
            self.do(Heal())
        self.do(Wait(self.wait_ms + (2 * self.timeout_ms if heals else _NEAR_MS)))
        self.ask_each([op], size + 1, pick)
        self.do(Wait(self.timeout_ms + 500))
        self.ask_each([op], 1, pick)

    @precondition(lambda self: self.crowds < _CROWDS_MAX and self.named < _ASKED_MAX)
    @rule(pick=PICK)
    def away(self, pick: int) -> None:
        """Let all be served, then cut a party off, of deferred work too, and ask meanwhile."""
        self.crowds += 1
        parties = (*(party for _, party, _ in self.guarded), *self.deferred, *self.deferred)
        pick, which = divmod(pick, len(parties))
        ops = [op for op, *_ in self.guarded]
        self.ask_each(ops, self.window, pick)
        sender, for_ms = self._asking(parties[which]), 4 * self.timeout_ms
        self.do(Inject(Partition(sender=sender, receiver=parties[which], for_ms=for_ms)))
        self.do(Wait(_NEAR_MS))
        self.ask_each(ops, 1, pick)
        self.do(Wait(for_ms))

    def ask_each(self, ops: list[str], times: int, pick: int) -> None:
        """Ask for each of these ops so many times, each under a name of its own; one at a time but for a single op."""
        players: dict[str, Player] = {player.name: player for player in self.plays.begin}
        for number in range(times):
            for op in ops:
                self.named += 1
                value = (
                    players[op].fresh(100 + self.named, pick + number, self.steps) if op in players else None
                )
                if value is not None:
                    self.do(Do(op, value))
                    if len(ops) > 1 or times == self.window:
                        self.do(Wait(_NEAR_MS))

    def _slow(self, party: str, for_ms: int) -> Fault:
        """Return the fault by which a call arrives in time, and its answer too late."""
        delay_ms = self.timeout_ms * 5 // 8
        return Latency(sender=self._asking(party), receiver=party, for_ms=for_ms, delay_ms=delay_ms)

    def _asking(self, party: str) -> str:
        return next(link.sender for link in self.description.links if link.receiver == party)


def fields_of(mapping: Mapping) -> dict[str, object]:
    """Return the fields of the machine that follow from the roles; none without a breaker or a time-out that is declared."""
    guarded = tuple((role.op, role.call.partner, role.pool) for role in mapping.of(Guarded))
    knobs = mapping.settings
    if not guarded or not {"window_size", "call_timeout_ms", "wait_ms"} <= set(knobs):
        return {}
    return {
        "guarded": guarded,
        "deferred": tuple(role.done.partner for role in mapping.of(Deferred)),
        "window": int(knobs["window_size"]) + int(knobs.get("half_open_permits", 0)),
        "timeout_ms": int(knobs["call_timeout_ms"]),
        "wait_ms": int(knobs["wait_ms"]),
    }
