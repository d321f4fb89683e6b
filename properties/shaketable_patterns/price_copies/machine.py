"""The machine of the copies of a price list: writes and reads at copies that are cut off from each other."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import ClockStep, Fault
from shaketable.schedule import Heal, Inject, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.machines.nemesis import Intervals, Nemesis
from shaketable_patterns.price_copies.system import PRODUCTS
from shaketable_patterns.price_copies.values import READERS, WRITES_MAX, home_of, isolation, read, write
from shaketable_targets.price_copies.schema import COPIES

_CUTS_MS = (6_000, 8_000, 11_000)
_INTO_MS = (2, 3, 4, 5, 6)
"""So long after a write began it may be at its own copy alone."""
_STEPS_MS = (-60_000, -5_000, 60_000)
_CALMS_MAX = 2


class PriceCopiesMachine(SystemMachine):
    """Few writes of two products at three copies, and reads of three readers."""

    nemesis: Nemesis
    intervals: Intervals
    stays_home: bool
    calm_ms: int

    def __init__(self) -> None:
        super().__init__()
        self.writes = self.calms = 0

    @precondition(lambda self: self.writes < WRITES_MAX)
    @rule(pick=PICK)
    def write(self, pick: int) -> None:
        """Write a product at a copy, and mostly read it again at once."""
        pick, who = divmod(pick, len(READERS))
        pick, what = divmod(pick, len(PRODUCTS))
        self.write_at(READERS[who], PRODUCTS[what], pick)
        pick, reads = divmod(pick, 3)
        if reads:
            self.do(Wait((20, 200)[pick % 2]))
            self.do(read(READERS[who], PRODUCTS[what], self.copy_for(READERS[who], pick // 2)))

    @rule(pick=PICK)
    def read(self, pick: int) -> None:
        """Let a reader read a product twice, with or without a pause."""
        pick, who = divmod(pick, len(READERS))
        pick, what = divmod(pick, len(PRODUCTS))
        pick, pause = divmod(pick, 3)
        self.do(read(READERS[who], PRODUCTS[what], self.copy_for(READERS[who], pick)))
        self.do(Wait((20, 200, 1_200)[pause]))
        self.do(read(READERS[who], PRODUCTS[what], self.copy_for(READERS[who], pick // 3)))

    @precondition(lambda self: self.service_and_link_faults < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def cut_off(self, pick: int) -> None:
        """Cut a copy off, and write and read on both sides while it is."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, len(COPIES))
        pick, span = divmod(pick, len(_CUTS_MS))
        pick, what = divmod(pick, len(PRODUCTS))
        pick, late = divmod(pick, 2)
        inside, outside = READERS[which], READERS[(which + 1) % len(READERS)]
        if pick % 4 == 0 and self.writes < WRITES_MAX:
            self.write_at(inside, PRODUCTS[what], pick, at=COPIES[which])
            self.do(Wait(20))
        for step in isolation(COPIES[which], _CUTS_MS[span]):
            self.do(step)
        self.do(Wait(500))
        if self.writes < WRITES_MAX:
            self.write_at(outside, PRODUCTS[what], pick, at=home_of(outside))
        if late:
            self.do(Wait(3_000))
        if self.writes < WRITES_MAX and pick % 3 == 0:
            self.write_at(inside, PRODUCTS[what], pick, at=COPIES[which])
        self.do(Wait(200))
        self.do(read(inside, PRODUCTS[what], COPIES[which]))
        self.do(read(outside, PRODUCTS[what], home_of(outside)))
        self.do(Wait((200, _CUTS_MS[span])[pick // 3 % 2]))

    @precondition(
        lambda self: (
            not self.stays_home
            and self.writes < WRITES_MAX
            and self.service_and_link_faults < self.fault_options.service_and_link_faults_max
        )
    )
    @rule(pick=PICK)
    def cut_off_half_written(self, pick: int) -> None:
        """Cut a copy off while it spreads a write; another one reads, with it and then without it."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, len(COPIES))
        pick, what = divmod(pick, len(PRODUCTS))
        pick, into = divmod(pick, len(_INTO_MS))
        copy, other = COPIES[which], COPIES[(which + 1) % len(COPIES)]
        steps = isolation(copy, _CUTS_MS[0])
        self.write_at(READERS[which], PRODUCTS[what], pick, at=copy)
        self.do(Wait(_INTO_MS[into]))
        for step in steps[::2]:  # what it sends, at first
            self.do(step)
        self.do(Wait(20))
        self.do(read(READERS[0], PRODUCTS[what], other))
        self.do(Wait(20))
        for step in steps[1::2]:
            self.do(step)
        self.do(read(READERS[0], PRODUCTS[what], other))
        self.do(Wait(200))

    @precondition(lambda self: self.calms < _CALMS_MAX)
    @rule(pick=PICK)
    def calm(self, pick: int) -> None:
        """Heal, let time pass, and let every reader read."""
        self.calms += 1
        del pick
        self.do(Heal())
        self.do(Wait(self.calm_ms))
        for reader in READERS:
            for product in PRODUCTS:
                self.do(read(reader, product, home_of(reader)))
        self.do(Wait(200))

    @precondition(lambda self: self.service_and_link_faults < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def step_clock(self, pick: int) -> None:
        """Step the wall clock of a copy."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, len(COPIES))
        self.do(Inject(ClockStep(service=COPIES[which], delta_ms=_STEPS_MS[pick % len(_STEPS_MS)])))

    def write_at(self, reader: str, product: str, pick: int, at: str = "") -> None:
        """Let a reader write the next price."""
        self.writes += 1
        self.do(write(self.writes, reader, product, at or self.copy_for(reader, pick)))

    def copy_for(self, reader: str, pick: int) -> str:
        """Return the copy at which a reader asks."""
        return home_of(reader) if self.stays_home else COPIES[pick % len(COPIES)]

    def drawn_message_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().message_fault(pick)

    def drawn_timed_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().service_or_link_fault(pick)

    def bound_nemesis(self) -> Nemesis:
        """Return the nemesis of this class; only the class that is bound to a world knows the boundaries."""
        kind = type(self)
        if "nemesis" not in kind.__dict__:
            reached = [b for b in self.boundaries if b.n <= WRITES_MAX]
            dear, provided = self.runs_are_dear(), self.world.traits.provides
            kind.nemesis = Nemesis(self.subject, reached, runs_are_dear=dear, provided=provided)
        return kind.nemesis


def machine_of(subject: Subject) -> type[PriceCopiesMachine]:
    """Return the machine for copies of a price list. TypeError for a component."""
    if not isinstance(subject.target, System):
        raise TypeError(f"{subject.name} is no system of services")
    intervals = Intervals(subject.profile, subject.target.session_timeout_ms)
    fields: dict[str, Any] = {
        "__doc__": PriceCopiesMachine.__doc__,
        "intervals": intervals,
        "waits_ms": (20, 200, intervals.poll_ms + 200, 3 * intervals.poll_ms),
        "stays_home": subject.profile.knobs["readers"] == "home",
        "calm_ms": subject.profile.int("staleness_ms") + 500,
    }
    return type(PriceCopiesMachine.__name__, (PriceCopiesMachine,), fields)
