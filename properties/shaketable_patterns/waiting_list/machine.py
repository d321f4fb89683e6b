"""The machine of the waiting list: who comes, goes and is called, what is asked, and Redis that is lost, away or slow to heal."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.drawn_faults import Targets, TimedFaults
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Drop, Fault, Hold, Latency, Partition
from shaketable.faults.services import CacheLoss, Crash, KeyEviction
from shaketable.history import Json
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.waiting_list.client import REDIS, SERVICE
from shaketable_patterns.waiting_list.failing_places import about, added, checks, copied, failing
from shaketable_patterns.waiting_list.values import PLACES, WAITINGS_MAX, waiting

POSTGRES = "postgres"
_CALMS_MAX = 2
_GAP_MS = 20
_AWAY_MS = 12_000
"""Longer than a question takes that waits for Redis in vain."""
_SLOW_MS = 900
"""How late each leg is to a database that is slow; less than a client waits."""
_LATE_MS = 20_000
"""How late a healing's write is: long enough for a change to come in between, wherever a healing begins."""
_SHARES = 3
"""Into how many the keys of Redis are divided, one of which is lost: either queue alone, or most of the copies."""
_NEAR_MS = (0, 1, 2, 3, 5, 8, 13, 20)
_OPTIONS = FaultOptions(
    holds_ms=(20, 200, 800, 3_000),
    outages_ms=(100, 1_000, 5_000, 12_000),
    link_faults_ms=(1_000, 5_000, 15_000),
    delays_ms=(100, 900),
)


class WaitingListMachine(SystemMachine):
    """Few entries at two places, and what is asked about them around losses and healings."""

    fault_options = _OPTIONS
    targets: Targets
    heal_ms: int
    grace_ms: int
    instances: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.come: list[dict[str, Json]] = []
        self.calms = 0
        self.now_ms = 0

    def do(self, step: Step) -> None:
        super().do(step)
        if isinstance(step, Wait):
            self.now_ms += step.ms

    @precondition(lambda self: len(self.come) < WAITINGS_MAX)
    @rule(pick=PICK)
    def join(self, pick: int) -> None:
        """Let the next one come, or two, one right behind the other."""
        pick, rest = divmod(pick, 3)
        self.comes(pick)
        if rest == 0:
            self.comes(pick // 7)
        self.do(Wait(_GAP_MS))

    @precondition(lambda self: self.come)
    @rule(pick=PICK)
    def go_on(self, pick: int) -> None:
        """Change an entry, cancel it, or call the next one, at times two at once."""
        self.do(self.drawn_change(pick))
        if pick % 5 == 0:
            self.do(self.drawn_change(pick))
        self.do(Wait(_GAP_MS))

    @rule(pick=PICK)
    def ask(self, pick: int) -> None:
        """Ask for a queue, or for an entry, twice, as the second answer may come out of a copy."""
        step = self.drawn_question(pick)
        self.do(step)
        self.do(Wait(_GAP_MS))
        if step.f == "look":
            self.do(step)

    @precondition(lambda self: self.come and self.may_fail())
    @rule(pick=PICK)
    def change_fails(self, pick: int) -> None:
        """Let a message about an entry or its queue go wrong while it is looked at and changed, and look again."""
        self.message_faults += 1
        pick, which = divmod(pick, len(self.come))
        entry = self.come[which]
        places = about(self.boundaries, str(entry["waiting"]), str(entry["place"]))
        if places:
            pick, place = divmod(pick, len(places))
            pick, kind = divmod(pick, 5)
            self.do(Inject(failing(places[place], kind)))
        self.look_and_change(entry, pick)

    @precondition(lambda self: len(self.come) < WAITINGS_MAX and self.may_fail())
    @rule(pick=PICK)
    def copy_fails(self, pick: int) -> None:
        """Let one come whose copy is filled in late, or not taken away, while it is changed, and look again."""
        self.message_faults += 1
        self.comes(pick // 12)
        self.do(Wait(_GAP_MS))
        goes = pick % 3 == 0
        copy = copied(self.boundaries, str(self.come[-1]["waiting"]), goes=goes)
        self.do(Inject(failing(copy, 2 if goes else pick // 3 % 2)))
        self.look_and_change(self.come[-1], pick // 6)

    def look_and_change(self, entry: dict[str, Json], pick: int) -> None:
        """Look at an entry, let it be changed meanwhile, and look again, soon and later."""
        one = {"waiting": entry["waiting"]}
        changes = (
            Do("change", {**one, "party": 7}),
            Do("change", {**one, "party": 8}),
            Do("cancel", one),
            Do("call", {"place": entry["place"]}),
        )
        self.do(Do("look", one))
        self.do(Wait(_GAP_MS * 2))
        self.do(changes[pick % len(changes)])
        for gap_ms in (200, 1_500):
            self.do(Wait(gap_ms))
            self.do(Do("look", one))
        self.do(Wait(_GAP_MS))

    @precondition(lambda self: self.come and self.may_be_away())
    @rule(pick=PICK)
    def ask_while_away(self, pick: int) -> None:
        """Take Redis away, or cut the service off from it, change something and ask."""
        self.service_and_link_faults += 1
        pick, cut = divmod(pick, 2)
        fault: Fault = (
            Partition(sender=SERVICE, receiver=REDIS, for_ms=_AWAY_MS + 3_000)
            if cut
            else Crash(service=REDIS, down_ms=_AWAY_MS)
        )
        self.do(Inject(fault))
        self.do(Wait(200))
        pick, changes = divmod(pick, 3)
        if changes == 0:
            self.do(self.drawn_change(pick))
            self.do(Wait(200))
        self.do(self.drawn_question(pick // 3))
        self.do(Wait(_AWAY_MS))

    @precondition(lambda self: self.come and self.may_be_away())
    @rule(pick=PICK)
    def lose(self, pick: int) -> None:
        """Let Redis forget everything and stay up, or some of its keys; mostly another one comes before it is healed."""
        self.service_and_link_faults += 1
        pick, share = divmod(pick, 2 * _SHARES)
        some = KeyEviction(service=REDIS, shares=_SHARES, share=share)
        self.do(Inject(some if share < _SHARES else CacheLoss(service=REDIS)))
        self.do(Wait(_GAP_MS))
        if pick % 3 and len(self.come) < WAITINGS_MAX:
            self.comes(pick // 3)
            self.do(Wait(_GAP_MS))

    @precondition(lambda self: self.come)
    @rule(pick=PICK)
    def at_heal(self, pick: int) -> None:
        """Wait for the next healing, and ask, come or go in its very milliseconds."""
        pick, near = divmod(pick, len(_NEAR_MS))
        self.wait_for_heal(near_ms=_NEAR_MS[near])
        for _ in range(3):
            pick, what = divmod(pick, 3)
            if what == 0 and len(self.come) < WAITINGS_MAX:
                self.comes(pick)
            else:
                entry = self.come[pick % len(self.come)]
                self.do(Do("queue", {"place": entry["place"]}) if what else self.drawn_change(pick))
            pick, gap = divmod(pick, len(_NEAR_MS))
            self.do(Wait(1 + _NEAR_MS[gap]))

    @precondition(lambda self: self.come and self.may_be_away())
    @rule(pick=PICK)
    def slow_heal(self, pick: int) -> None:
        """Let Redis be away for a moment at a healing, and the database of one instance slow, while something changes."""
        self.service_and_link_faults += 1
        pick, instance = divmod(pick, len(self.instances))
        self.wait_for_heal(near_ms=0)
        pick, stays = divmod(pick, 4)
        if stays:
            self.do(Inject(Crash(service=REDIS, down_ms=3 * _SLOW_MS)))
        slow = Latency(
            sender=self.instances[instance], receiver=POSTGRES, delay_ms=_SLOW_MS, for_ms=16 * _SLOW_MS
        )
        self.do(Inject(slow))
        self.do(
            Wait(7 * _SLOW_MS)
        )  # Redis is back; places have been read, and the rows of the first, and not answered yet
        for _ in range(2):  # one of them at the instance that is not slow
            self.do(self.drawn_change(pick))
        self.do(Wait(10 * _SLOW_MS))

    @precondition(lambda self: bool(self.come and checks(self.boundaries)) and self.may_fail())
    @rule(pick=PICK)
    def late_heal(self, pick: int) -> None:
        """Let a healing take Redis for lost, and what it adds to a queue arrive late, while something changes."""
        self.message_faults += 1
        entry = self.come[pick % len(self.come)]
        joined = sum(one["place"] == entry["place"] for one in self.come)
        self.do(Inject(Drop(at=str(checks(self.boundaries)[0]), leg="request")))
        self.do(Inject(Hold(at=str(added(str(entry["place"]), joined + 1)), leg="request", for_ms=_LATE_MS)))
        self.wait_for_heal(near_ms=_LATE_MS // 3)
        self.do(self.drawn_change(pick))
        self.do(Wait(_LATE_MS))

    @precondition(lambda self: self.calms < _CALMS_MAX)
    @rule(pick=PICK)
    def calm(self, pick: int) -> None:
        """Heal everything, let a period pass, and ask: now it has to be right."""
        self.calms += 1
        del pick
        self.ask_in_calm()

    def healed(self) -> None:
        """Ask once a period has passed."""
        if self.calms < _CALMS_MAX:
            self.calms += 1
            self.ask_in_calm()

    def ask_in_calm(self) -> None:
        """Heal, wait for longer than a healing may take, and ask about everything."""
        self.do(Heal())
        self.do(Wait(self.heal_ms + self.grace_ms + 2_000))
        for place in PLACES:
            self.do(Do("queue", {"place": place}))
        for entry in self.come[-2:]:
            self.do(Do("position", {"waiting": entry["waiting"]}))
            self.do(Do("look", {"waiting": entry["waiting"]}))
        self.do(Wait(200))

    def wait_for_heal(self, near_ms: int) -> None:
        """Wait until a moment before the next healing is due."""
        left_ms = self.heal_ms - self.now_ms % self.heal_ms
        self.do(Wait(left_ms + near_ms - 4 if left_ms + near_ms > 4 else self.heal_ms))

    def may_fail(self) -> bool:
        """Tell whether this run has room for another fault of a message."""
        return self.message_faults < self.fault_options.message_faults_max

    def may_be_away(self) -> bool:
        """Tell whether this run has room for another fault of a service, a server or a link."""
        return self.service_and_link_faults < self.fault_options.service_and_link_faults_max

    def comes(self, pick: int) -> None:
        """Let the next one of the model come."""
        if len(self.come) < WAITINGS_MAX:
            self.come.append(waiting(len(self.come) + 1, pick))
            self.do(Do("join", self.come[-1]))

    def drawn_change(self, pick: int) -> Do:
        """Return a change of an entry, a cancellation or a call."""
        pick, which = divmod(pick, len(self.come))
        entry = self.come[which]
        pick, what = divmod(pick, 3)
        if what == 0:
            return Do("change", {"waiting": entry["waiting"], "party": 3 + pick % 5})
        if what == 1:
            return Do("cancel", {"waiting": entry["waiting"]})
        return Do("call", {"place": entry["place"]})

    def drawn_question(self, pick: int) -> Do:
        """Return a question about an entry or a place."""
        pick, what = divmod(pick, 3)
        if what == 0 or not self.come:
            return Do("queue", {"place": PLACES[pick % 4 == 0]})
        entry = self.come[pick % len(self.come)]
        return Do("look" if what == 1 else "position", {"waiting": entry["waiting"]})

    def drawn_timed_fault(self, pick: int) -> Fault:
        return TimedFaults(self.targets, _OPTIONS, self.world.traits.provides).fault(pick)


def machine_of(subject: Subject) -> type[WaitingListMachine]:
    """Return the machine for a waiting list. TypeError for a component."""
    system = subject.target
    if not isinstance(system, System):
        raise TypeError(f"{subject.name} is no system of services")
    links = [("client", SERVICE), (SERVICE, REDIS), (SERVICE, POSTGRES)]
    targets = Targets.of(system, links, (REDIS, POSTGRES))
    heal_ms, grace_ms = subject.profile.int("heal_ms"), subject.profile.int("grace_ms")
    fields: dict[str, Any] = {
        "__doc__": WaitingListMachine.__doc__,
        "targets": targets,
        "heal_ms": heal_ms,
        "grace_ms": grace_ms,
        "waits_ms": (20, 500, 5_000, heal_ms // 2, heal_ms + 5_000),
        "instances": tuple(part.name for part in system.parts),
    }
    return type(WaitingListMachine.__name__, (WaitingListMachine,), fields)
