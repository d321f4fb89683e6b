"""The machine of the front: guests who ask one by one and all at once, of those outside who fail, hang, are away and come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.drawn_faults import Targets, TimedFaults
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Crash, Fault, Latency
from shaketable.schedule import Heal, Inject, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.guarded_calls.window import spare_of
from shaketable_patterns.restaurant_front.client import SERVICE
from shaketable_patterns.restaurant_front.values import PARTIES, ask, away
from shaketable_targets.restaurant_front.settings import MAILER, POOLS

ASKED_MAX = 90
"""Numbers of requests, so that no run becomes long."""
_GAPS_MS = (20, 100)
_AWAY_MS = (5_000, 9_000, 20_000)
_CALMS_MAX = 2
_OPTIONS = FaultOptions(
    message_faults_max=0,
    service_and_link_faults_max=3,
    outages_ms=(100, 1_000, 5_000),
    link_faults_ms=(1_000, 5_000, 15_000),
    delays_ms=(100, 900, 2_500),
)


class FrontMachine(SystemMachine):
    """Some dozen requests, most of them of one party at a time."""

    fault_options = _OPTIONS
    targets: Targets
    timeout_ms: int
    slow_ms: int
    """So much later on either leg a call arrives in time, and its answer too late."""
    wait_ms: int
    permits: int
    steady: int
    """So many calls that are served close a breaker, whatever was before."""
    enough: int
    prompt_ms: int

    def __init__(self) -> None:
        super().__init__()
        self.asked = self.calms = 0

    @precondition(lambda self: self.asked < ASKED_MAX)
    @rule(pick=PICK)
    def ask(self, pick: int) -> None:
        """Ask each party once, or one of them a few times."""
        pick, which = divmod(pick, len(PARTIES) + 1)
        parties = PARTIES if which == len(PARTIES) else (PARTIES[which],) * (1 + pick % 4)
        self.ask_all(parties, pick // 4, gap_ms=200)

    @precondition(lambda self: self.asked < ASKED_MAX)
    @rule(pick=PICK)
    def fail(self, pick: int) -> None:
        """Ask a party for what it cannot answer until its breaker must be open, and go on, before its wait is over or behind that."""
        pick, which = divmod(pick, len(PARTIES))
        party = PARTIES[which]
        pick, gap = divmod(pick, len(_GAPS_MS))
        self.ask_all((party,) * self.enough, pick, broken=True, gap_ms=_GAPS_MS[gap])
        self.do(Wait(300))
        pick, others = divmod(pick, 2)
        self.ask_all((party, *PARTIES) if others else (party, party), pick, gap_ms=200)
        pick, behind = divmod(pick, 6)
        if behind:
            self.do(Wait(self.wait_ms + (300, -2_000)[behind == 1]))
            self.ask_all((party,) * (self.permits + 2), pick, broken=behind > 2, gap_ms=0)
            self.do(Wait(300))

    @precondition(lambda self: self.asked < ASKED_MAX and self.may_fail())
    @rule(pick=PICK)
    def hang(self, pick: int) -> None:
        """Let a party be so slow that no call of it ends in time, ask more of it at once than its pool has permits, and others meanwhile."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, len(PARTIES))
        party = PARTIES[which]
        pick, before = divmod(pick, 3)
        if before:  # others have been served before, so that they must be
            self.ask_all(tuple(one for one in PARTIES if one != party) * self.steady, pick, gap_ms=50)
        slow = Latency(sender=SERVICE, receiver=party, for_ms=2 * self.timeout_ms, delay_ms=self.slow_ms)
        self.do(Inject(slow))
        pick, over = divmod(pick, 3)
        self.ask_all((party,) * (POOLS[party] + over), pick, gap_ms=0)
        self.do(Wait(200))
        self.ask_all(tuple(one for one in PARTIES if one != party), pick, gap_ms=20)
        pick, again = divmod(pick, 2)
        if again:
            self.do(Wait(self.timeout_ms + 500))
            self.ask_all((party,) * 4, pick, gap_ms=100)
        self.do(Wait((200, self.timeout_ms)[pick % 2]))

    @precondition(lambda self: self.asked < ASKED_MAX and self.may_fail())
    @rule(pick=PICK)
    def be_away(self, pick: int) -> None:
        """Let a party, or the mail gateway, be cut off, down or slow, and ask meanwhile."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, len(PARTIES) + 2)
        party = (*PARTIES, MAILER, MAILER)[which]
        pick, span = divmod(pick, len(_AWAY_MS))
        pick, how = divmod(pick, 3)
        pick, before = divmod(pick, 3)
        if before:
            self.ask_all(PARTIES * self.steady, pick, gap_ms=50)
        slow = Latency(sender=SERVICE, receiver=party, for_ms=_AWAY_MS[span], delay_ms=self.slow_ms)
        down = Crash(service=party, down_ms=_AWAY_MS[span])
        self.do((away(party, _AWAY_MS[span]), Inject(down), Inject(slow))[how])
        self.do(Wait(100))
        self.ask_all(PARTIES, pick, gap_ms=200)
        self.do(Wait((200, self.timeout_ms + 500, _AWAY_MS[span])[pick % 3]))

    @precondition(lambda self: self.asked < ASKED_MAX and self.calms < _CALMS_MAX)
    @rule(pick=PICK)
    def calm(self, pick: int) -> None:
        """Heal, let a breaker's wait and its probes pass, and ask everything."""
        self.calms += 1
        self.do(Heal())
        self.do(Wait(self.wait_ms + self.timeout_ms + self.prompt_ms + 500))
        self.ask_all(PARTIES * self.permits, pick, gap_ms=300)
        self.do(Wait(self.wait_ms + self.timeout_ms + self.prompt_ms + 500))
        self.ask_all(PARTIES, pick, gap_ms=500)

    def may_fail(self) -> bool:
        """Tell whether the run may have one more fault."""
        return self.service_and_link_faults < self.fault_options.service_and_link_faults_max

    def ask_all(self, parties: Sequence[str], pick: int, *, gap_ms: int, broken: bool = False) -> None:
        """Ask parties one after the other, with a gap between two."""
        for number, party in enumerate(parties):
            self.asked += 1
            self.do(ask(self.asked, party, broken=broken, pick=pick + number))
            if gap_ms:
                self.do(Wait(gap_ms))

    def drawn_timed_fault(self, pick: int) -> Fault:
        return TimedFaults(self.targets, _OPTIONS, self.world.traits.provides).fault(pick)


def machine_of(subject: Subject) -> type[FrontMachine]:
    """Return the machine for a front. TypeError for a component."""
    system = subject.target
    if not isinstance(system, System):
        raise TypeError(f"{subject.name} is no system of services")
    knobs = subject.profile
    links = [*((SERVICE, party) for party in (*PARTIES, MAILER)), (SERVICE, "postgres")]
    wait_ms, timeout_ms = knobs.int("wait_ms"), knobs.int("call_timeout_ms")
    fields: dict[str, Any] = {
        "__doc__": FrontMachine.__doc__,
        "targets": Targets.of(system, links, ("postgres",)),
        "timeout_ms": timeout_ms,
        "slow_ms": timeout_ms * 5 // 8,
        "wait_ms": wait_ms,
        "permits": knobs.int("half_open_permits"),
        "steady": spare_of(knobs) + knobs.int("half_open_permits"),
        "enough": knobs.int("window_size") + knobs.int("half_open_permits"),
        "prompt_ms": knobs.int("prompt_ms"),
        "waits_ms": (20, 500, timeout_ms + 500, wait_ms // 2, wait_ms + 200),
    }
    return type(FrontMachine.__name__, (FrontMachine,), fields)
