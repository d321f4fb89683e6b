"""Troubles that any family may have: several faults that belong together, and what is asked for meanwhile.

Drawn one by one, the faults of a trouble would rarely meet: each of these says which faults, in which order, and draws where
they strike and how long they last.
"""

from __future__ import annotations

from shaketable.boundary import Boundary
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.fault import Crash, CrashSender, Drop, Fault, Hold, Partition, Pause
from shaketable.schedule import Heal, Inject, Wait
from shaketable.subject import Part, System
from shaketable_patterns.order_system.machines.base import CALM_MS, OrderMachine

AWAY_MS = (20_000, 60_000, 70_000)
"""Longer than services remember what only their memory holds, or a table that is swept."""
IDLE_MS = (CALM_MS, 50_000, 70_000, 130_000)
"""From one calm to the next, or minutes later: what is kept for a minute is gone by then."""
_HOPS = (1, 2, 3)
_STALLS_MS = (1_000, 3_000)
"""Shorter than a service waits for its database."""
_INTO_STALL_MS = (200, 500, 1_200)
_STRAYING_MS = (30_000, 60_000)
_TOLD = frozenset({"outbox", "relay_lock"})
_CALLS = ("POST", "PUT", "GET", "DELETE", "PATCH")


class TroubledMachine(OrderMachine):
    """The troubles that need only messages, services and time."""

    def redeliver_late(self, pick: int) -> None:
        """Lose the answer to something that decides, and keep the sender from the broker, so that it comes again late."""
        places = self.acknowledged()
        if not places:
            return
        pick, place = divmod(pick, len(places))
        at = places[place]
        pick, away = divmod(pick, len(AWAY_MS))
        pick, hops = divmod(pick, len(_HOPS))
        pick, how = divmod(pick, 4)
        self.strike(Drop(at=str(at), leg="reply"))
        self.begin(pick)
        self.do(Wait(_HOPS[hops] * self.intervals.charged_ms))
        self.do(Inject(self._away(at, AWAY_MS[away], how)))
        self.do(Wait(AWAY_MS[away]))

    def _away(self, at: Boundary, for_ms: int, how: int) -> Fault:
        sender = at.route.sender
        if how == 0 and sender in self._roles():
            return Crash(service=sender, down_ms=for_ms)
        return Partition(sender=sender, receiver=at.route.receiver, for_ms=for_ms)

    def acknowledged(self) -> tuple[Boundary, ...]:
        """Return where the broker says that it took something: if the answer is lost, it is sent or given again."""
        return tuple(b for b in self.boundaries if b.route.verb in ("PRODUCE", "OFFSET_COMMIT"))

    def recover(self, pick: int) -> None:
        """Heal everything, let time pass, perhaps minutes, and redrive; then it must be done, also when it is asked for again."""
        self.do(Heal())
        self.redrive_in_calm(IDLE_MS[pick % len(IDLE_MS)])

    def stall(self, pick: int) -> None:
        """Hold a statement of a transaction, and let the process stand still that is waiting for it, until others took over."""
        places = [b for b in self.boundaries if b.route.receiver == "postgres" and b.n <= self.begun + 1]
        if not places:
            return
        pick, place = divmod(pick, len(places))
        at = places[place]
        pick, leg = divmod(pick, 2)
        pick, hold = divmod(pick, len(_STALLS_MS))
        pick, polled = divmod(pick, 2)
        pick, into = divmod(pick, len(_INTO_STALL_MS))
        pick, which = divmod(pick, 4)
        pick, length = divmod(pick, 2)
        self.strike(Hold(at=str(at), leg=LEGS[leg], for_ms=_STALLS_MS[hold]))
        self.begin(pick)
        self.do(Wait(_INTO_STALL_MS[into] + polled * self.intervals.poll_ms))
        replicas = [part.name for part in self._parts() if part.role == at.route.sender]
        if replicas:
            for_ms = self.intervals.patience_ms[-1 - length]
            self.do(Inject(Pause(service=replicas[which % len(replicas)], for_ms=for_ms)))
            self.do(Wait(for_ms))

    def straggle(self, pick: int) -> None:
        """Hold a request on its way until its sender has given it up: the link is cut meanwhile, so no repetition gets through."""
        places = [b for b in self.calls() if b.n <= self.begun + 1]
        if not places:
            return
        pick, place = divmod(pick, len(places))
        at = places[place]
        pick, straying = divmod(pick, len(_STRAYING_MS))
        pick, hops = divmod(pick, len(_HOPS))
        pick, cut = divmod(pick, len(self.intervals.turns_ms))
        self.strike(Hold(at=str(at), leg="request", for_ms=_STRAYING_MS[straying]))
        self.begin(pick)
        self.do(Wait(_HOPS[hops] * self.intervals.charged_ms))
        away_ms = self.intervals.turns_ms[cut]
        self.do(Inject(Partition(sender=at.route.sender, receiver=at.route.receiver, for_ms=away_ms)))
        self.do(Wait(_STRAYING_MS[straying]))

    def decide_alone(self, pick: int) -> None:
        """Cut a service off from one that it calls until it gives up, and cut its power when it writes that down."""
        places = [b for b in self.calls() if b.n == 1]
        if not places:
            return
        pick, place = divmod(pick, len(places))
        sender, receiver = places[place].route.sender, places[place].route.receiver
        pick, length = divmod(pick, len(self.intervals.turns_ms))
        away_ms = self.intervals.turns_ms[length]
        self.do(Inject(Partition(sender=sender, receiver=receiver, for_ms=away_ms)))
        self.begin(pick)
        commits = [b for b in self.decisions() if b.route.sender == sender and b.n <= self.begun]
        if commits:
            pick, commit = divmod(pick, len(commits))
            leg = LEGS[pick % 4 == 0]
            self.strike(CrashSender(at=str(commits[commit]), leg=leg, down_ms=1_000))
        self.do(Wait(2 * away_ms))

    def calls(self) -> tuple[Boundary, ...]:
        """Return the requests that services make, to each other or to third parties."""
        roles = self._roles()
        return tuple(b for b in self.boundaries if b.route.verb in _CALLS and b.route.sender in roles)

    def decisions(self) -> tuple[Boundary, ...]:
        """Return the COMMITs by which a service says how something went on: neither that it was asked, nor that it was told."""
        commits = [(b, {*b.route.key.split(",")}) for b in self.boundaries if b.route.verb == "COMMIT"]
        return tuple(b for b, written in commits if "idempotency" not in written and written - _TOLD)

    def _parts(self) -> tuple[Part, ...]:
        target = self.subject.target
        return target.parts if isinstance(target, System) else ()

    def _roles(self) -> frozenset[str]:
        return frozenset(part.role for part in self._parts())
