"""The machine of ops by what they play: what begins, comes again, misuses a key, redrives and reads."""

from __future__ import annotations

from typing import ClassVar

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.explore.generate.places import PICK
from shaketable.fault import CrashSender, Cut, Drop, Hold, Message
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable_patterns.black_box.machine import OPS_MAX, BlackBoxMachine
from shaketable_patterns.described.ops_by_role import Player, Players, Value

_AFTERWARDS_MAX = 2
_READS_MAX = 2
_PATIENCE = 3
"""Waits for an answer, one inside the other, that a request may take up."""
_MISUSES_FROM = 90
"""What another request under a used key asks for is new, so that it is about nothing that was asked for before."""


class RoleMachine(BlackBoxMachine):
    """What begins, comes again, misuses a key, redrives and reads, and what the base of black boxes does."""

    plays: ClassVar[Players]

    def __init__(self) -> None:
        super().__init__()
        self.beginners: list[Player] = []
        """Who played each of `done`."""
        self.afterwards = 0
        self.misuses = 0
        self.reads = 0

    def begin(self, pick: int) -> None:
        """Do something new: ops that only repeat, misuse, redrive or read do not begin anything."""
        first = self.plays.first
        pick, which = divmod(pick, len(first))
        value = first[which].fresh(len(self.done) + 1, pick, self.steps)
        if value is not None:
            self.done.append(Do(first[which].name, value))
            self.beginners.append(first[which])
            self.do(self.done[-1])

    def repeat(self, pick: int, which: int) -> None:
        """Ask for the same as `done[which]` once more, by an op that repeats if one is for it."""
        others = repetitions(self.plays, self.done[which], self.beginners[which], self.steps)
        pick, same = divmod(pick, 1 + len(others))
        self.do(others[same - 1] if same else self.done[which])

    @precondition(lambda self: self.plays.first and len(self.done) < OPS_MAX)
    @rule(pick=PICK)
    def op(self, pick: int) -> None:
        """Do something new, as a client."""
        self.begin(pick)

    @precondition(lambda self: self.done)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """Repeat an op."""
        pick, which = divmod(pick, len(self.done))
        self.repeat(pick, which)

    @precondition(
        lambda self: (
            self.plays.first
            and self.places
            and len(self.done) < OPS_MAX
            and self.message_faults < self.fault_options.message_faults_max
        )
    )
    @rule(pick=PICK)
    def again_while_it_fails(self, pick: int) -> None:
        """Begin something of which a message goes wrong, and ask for the same while that request is under way or has failed."""
        self.message_faults += 1
        pick, later = divmod(pick, 1 + len(self.waits_ms))
        place = len(self.steps)
        self.begin(pick)
        if len(self.steps) == place:
            return
        self.steps.insert(place, Inject(self._failure(pick)))
        if later:
            self.do(Wait(self.waits_ms[later - 1]))
        self.repeat(pick, len(self.done) - 1)

    def _failure(self, pick: int) -> Message:
        """Return a fault of the newest op: of its request, or of what the part that it goes to does for it."""
        to = self.beginners[-1].op.to
        routes = [
            route
            for route in dict.fromkeys(boundary.route for boundary in self.boundaries)
            if route.receiver == to or route.sender == to
        ]
        if not routes:
            return self.places.fault(pick)
        pick, which = divmod(pick, len(routes))
        pick, leg = divmod(pick, 2)
        pick, kind = divmod(pick, 4)
        at, there = str(Boundary(routes[which], len(self.done))), LEGS[leg]
        match kind:
            case 0:
                return Hold(at=at, leg=there, for_ms=self.description.times.io_timeout_ms)
            case 1 if routes[which].sender == to:
                return CrashSender(at=at, leg=there, down_ms=self.description.times.down_ms[0])
            case 2:
                return Drop(at=at, leg=there)
            case _:
                return Cut(at=at, leg=there)

    @precondition(lambda self: self.done and (self.plays.other_payload or any(map(_has_key, self.beginners))))
    @rule(pick=PICK)
    def misuse(self, pick: int) -> None:
        """Use a key again for another request."""
        pick, which = divmod(pick, len(self.done))
        old, beginner = self.done[which], self.beginners[which]
        self.misuses += 1
        found = []
        for player in self.plays.other_payload or (beginner,):
            fresh = player.fresh(_MISUSES_FROM + self.misuses, pick, self.steps)
            value = None if fresh is None else player.under_its_key(old, beginner, fresh)
            if value is not None:
                found.append(Do(player.name, value))
        if found:
            self.do(found[pick % len(found)])

    @precondition(lambda self: self.plays.redrive and self.afterwards < _AFTERWARDS_MAX)
    @rule(pick=PICK)
    def redrive(self, pick: int) -> None:
        """Heal everything, let time pass and redrive, or redrive in the middle of a fault; at times twice at once."""
        self.afterwards += 1
        pick, calm = divmod(pick, 2)
        if calm:
            self.do(Heal())
            self.do(Wait(self.description.times.waits_ms[-1]))
        pick, more = divmod(pick, 3)
        for _ in range(2 if more == 0 else 1):
            self._redrive(pick)

    @precondition(lambda self: self.plays.read and self.done and self.reads < _READS_MAX)
    @rule(pick=PICK)
    def read(self, pick: int) -> None:
        """Read what something came to."""
        self.reads += 1
        pick, which = divmod(pick, len(self.plays.read))
        self._follow(self.plays.read[which], pick)

    def healed(self) -> None:
        """Wait, redrive and ask again: what was given up, or is said to be under way, while something failed must end now."""
        if self.plays.redrive or self.plays.repeat:
            self.do(Wait(self._calm_ms))
        for number in range(len(self.plays.redrive)):
            self._redrive(number)
        if self.plays.repeat and self.done:
            others = repetitions(self.plays, self.done[-1], self.beginners[-1], self.steps)
            for step in (others or [self.done[-1]]) * 2:
                self.do(step)
                self.do(Wait(self.description.times.io_timeout_ms))

    @property
    def _calm_ms(self) -> int:
        """How long after a heal nothing waits any more: neither a client, nor a part, nor a lease of a key."""
        times, lease_ms = self.description.times, self.description.knobs.get("key_lease_ms", 0)
        return max(times.waits_ms[-1], _PATIENCE * times.io_timeout_ms + int(lease_ms))

    def _redrive(self, pick: int) -> None:
        pick, which = divmod(pick, len(self.plays.redrive))
        self._follow(self.plays.redrive[which], pick)

    def _follow(self, player: Player, pick: int) -> None:
        """Do what is about something earlier: about one of the things that were begun, if the op says of which."""
        step = following(player, self.done, self.beginners, pick, self.steps)
        if step is not None:
            self.do(step)


def repetitions(plays: Players, earlier: Do, beginner: Player, steps: list[Step]) -> list[Do]:
    """Return the ops that repeat `earlier` under a name of their own."""
    found = []
    for player in plays.repeat:
        fresh = player.fresh(1, 0, steps)
        beginners = (*plays.begin, *plays.poison)
        value = None if fresh is None else player.repeats(earlier, beginner, fresh, beginners)
        if value is not None:
            found.append(Do(player.name, value))
    return found


def following(
    player: Player, done: list[Do], beginners: list[Player], pick: int, steps: list[Step]
) -> Do | None:
    """Return an op that is about one of `done`, or about nothing of theirs; None when it has no value to say."""
    fresh: Value | None = player.fresh(1, pick, steps)
    if fresh is None or not done:
        return None if fresh is None else Do(player.name, fresh)
    which = pick % len(done)
    about = player.about(done[which], beginners[which], fresh)
    return Do(player.name, fresh if about is None else about)


def _has_key(player: Player) -> bool:
    return player.role is not None and bool(player.role.key)
