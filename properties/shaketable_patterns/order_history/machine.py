"""The machine of the order history: orders, payments, what is asked, rebuilds and events that nothing can read."""

from __future__ import annotations

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary
from shaketable.explore.generate.places import PICK
from shaketable.fault import Crash, Cut, Drop, Fault, Partition, Pause
from shaketable.history import Json
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_history.profile import STALENESS_MS
from shaketable_patterns.order_history.system import USERS
from shaketable_patterns.order_history.values import ORDERS_MAX, order_value, poison
from shaketable_patterns.order_system.machines.nemesis_machine import (
    NemesisMachine,
    intervals_of,
    system_of,
    with_fields,
)

CALM_MS = STALENESS_MS + 1_000
_REBUILDS_MAX = 2
_POISONS_MAX = 2
_CALMS_MAX = 2
_GAPS_MS = (0, 20, 200)
_REAL_GAP_MS = 2_000


class OrderHistoryMachine(NemesisMachine):
    """Few orders of two users, and what is asked about them while things fail."""

    reached_max = ORDERS_MAX
    instances: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[dict[str, Json]] = []
        self.rebuilds = self.poisons = self.calms = 0

    @precondition(lambda self: len(self.placed) < ORDERS_MAX)
    @rule(pick=PICK)
    def order(self, pick: int) -> None:
        """Place the next order, or two at once; most are paid for, and the commit of some goes wrong."""
        pick, rest = divmod(pick, 4)
        pick, fails = divmod(pick, 8)
        commits = self._at("shop", "COMMIT", "orders", len(self.placed) + 1)
        if not fails and commits and self.message_faults < self.fault_options.message_faults_max:
            self.message_faults += 1
            self.do(Inject(Cut(at=str(commits[0]), leg="request")))
        self.place(pick)
        if rest:
            self.do(Wait(self.gap_ms))
            self.do(Do("pay", {"order": self.placed[-1]["order"]}))
        elif len(self.placed) < ORDERS_MAX:
            self.place(pick)  # of the same user and day: they are added up in the same row

    @precondition(lambda self: self.placed)
    @rule(pick=PICK)
    def go_on(self, pick: int) -> None:
        """Go on with an order that was placed: pay for it, cancel it, or send it again."""
        pick, place = divmod(pick, len(self.placed))
        order = {"order": self.placed[place]["order"]}
        self.do(Do(("pay", "cancel", "cancel", "resend")[pick % 4], order))

    @rule(pick=PICK)
    def ask(self, pick: int) -> None:
        """Ask for a balance or a summary."""
        pick, which = divmod(pick, 3)
        user = {"user_id": USERS[pick % len(USERS)]}
        self.do(Do("summary" if which == 0 else "balance", user))

    @precondition(lambda self: self.service_and_link_faults < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def cut_off(self, pick: int) -> None:
        """Cut the query side off from the command side, and ask for a balance that has just changed."""
        self.service_and_link_faults += 1
        if len(self.placed) < ORDERS_MAX:
            self.place(pick)
        order = self.placed[pick % len(self.placed)]
        self.do(Wait(self.intervals.poll_ms + 200))
        self.do(Inject(Partition(sender="history", receiver="shop", for_ms=self.intervals.poll_ms)))
        self.do(Do("pay" if pick % 3 else "cancel", {"order": order["order"]}))
        self.do(Wait(120))
        self.do(Do("balance", {"user_id": order["user_id"]}))
        self.do(Wait(self.intervals.poll_ms))

    @precondition(lambda self: self.rebuilds < _REBUILDS_MAX)
    @rule(pick=PICK)
    def rebuild(self, pick: int) -> None:
        """Ask for a rebuild of the view; mostly something is ordered meanwhile, and an instance may be lost."""
        self.rebuilds += 1
        self.do(Do("rebuild", {}))
        pick, how = divmod(pick, 4)
        pick, gap = divmod(pick, len(_GAPS_MS))
        self.do(Wait(_GAPS_MS[gap]))
        if how == 0:
            self.do(Inject(Crash(service=self.instances[pick % len(self.instances)], down_ms=100)))
        elif how > 1 and len(self.placed) < ORDERS_MAX:
            self.place(pick)

    @precondition(lambda self: self.poisons < _POISONS_MAX)
    @rule(pick=PICK)
    def poison(self, pick: int) -> None:
        """Publish an event that nothing can read: of no version, and of an order of its own."""
        self.poisons += 1
        del pick
        self.do(Do("poison", poison(self.poisons)))

    @precondition(lambda self: self.calms < _CALMS_MAX)
    @rule(pick=PICK)
    def calm(self, pick: int) -> None:
        """Heal everything, let time pass, and ask: now it has to be right."""
        self.calms += 1
        del pick
        self.ask_in_calm()

    @precondition(
        lambda self: (
            self.placed and self.service_and_link_faults < self.fault_options.service_and_link_faults_max
        )
    )
    @rule(pick=PICK)
    def take_over(self, pick: int) -> None:
        """Let an instance stand still, or lose its power, while it has events to apply, until the other takes over."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, len(self.instances))
        pick, order = divmod(pick, len(self.placed))
        self.do(Do("resend" if pick % 2 else "cancel", {"order": self.placed[order]["order"]}))
        pick, into = divmod(pick // 2, 4)
        self.do(Wait(self.intervals.poll_ms - 200 + 70 * into))
        self.do(Inject(self._away(self.instances[which], pick)))
        self.do(Wait(self.intervals.poll_ms))

    @precondition(lambda self: self.may_redeliver())
    @rule(pick=PICK)
    def redeliver(self, pick: int) -> None:
        """Lose what an instance says of how far it is, for an order that goes on, and its power: it comes again from the beginning."""
        self.message_faults += 2
        self.service_and_link_faults += 1
        pick, topic = divmod(pick, 4)
        for number in (1, 2):
            for at in self._at(
                "history", "OFFSET_COMMIT", "payment-events" if topic == 0 else "order-events", number
            ):
                self.do(Inject(Drop(at=str(at), leg="request")))
        self.place(pick)
        order = {"order": self.placed[-1]["order"]}
        if topic == 0:
            self.do(Wait(self.gap_ms))
            self.do(Do("pay", order))
        self.do(Wait(self.intervals.poll_ms + 200))
        self.do(Do("cancel", order))
        self.do(Wait(self.intervals.poll_ms + 200))
        self.do(
            Inject(
                Crash(service=self.instances[pick % len(self.instances)], down_ms=self.intervals.down_ms[1])
            )
        )
        self.do(Wait(self.intervals.poll_ms))

    @property
    def gap_ms(self) -> int:
        """How long a client waits for an answer before it goes on: on real servers schedule time passes many times as fast."""
        return _REAL_GAP_MS if self.runs_are_dear() else _GAPS_MS[1]

    def may_redeliver(self) -> bool:
        """Tell whether this run has room for it: an order, two faults of messages and one of a service."""
        options = self.fault_options
        return (
            not self.placed
            and self.message_faults + 2 <= options.message_faults_max
            and self.service_and_link_faults < options.service_and_link_faults_max
        )

    def _at(self, sender: str, verb: str, word: str, number: int) -> list[Boundary]:
        """Return the boundaries of a sender whose key has a word, at the `number`-th message."""
        routes = dict.fromkeys(
            b.route for b in self.boundaries if (b.route.sender, b.route.verb) == (sender, verb)
        )
        return [Boundary(route, number) for route in routes if word in route.key.split(",")]

    def _away(self, instance: str, pick: int) -> Fault:
        pick, how = divmod(pick, 2)
        away_ms = self.intervals.down_ms[pick % len(self.intervals.down_ms)]
        return Crash(service=instance, down_ms=away_ms) if how else Pause(service=instance, for_ms=away_ms)

    def healed(self) -> None:
        """Ask once time has passed."""
        if self.calms < _CALMS_MAX:
            self.calms += 1
            self.ask_in_calm()

    def ask_in_calm(self) -> None:
        """Heal, wait for longer than answers may lag, and ask about every user."""
        self.do(Heal())
        self.do(Wait(CALM_MS))
        for user in USERS:
            self.do(Do("summary", {"user_id": user}))
        self.do(Wait(200))

    def place(self, pick: int) -> None:
        """Place the next order of the model."""
        value = order_value(len(self.placed) + 1, pick)
        self.placed.append(value)
        self.do(Do("place", value))


def machine_of(subject: Subject) -> type[OrderHistoryMachine]:
    """Return the machine for an order history. TypeError for a component."""
    intervals = intervals_of(subject)
    return with_fields(
        OrderHistoryMachine,
        intervals=intervals,
        waits_ms=(20, 200, 1_200, intervals.poll_ms + 200, 2 * intervals.poll_ms),
        instances=tuple(part.name for part in system_of(subject).parts if part.role == "history"),
    )
