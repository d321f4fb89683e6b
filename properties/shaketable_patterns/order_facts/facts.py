"""The facts of an order system: all that happened, by table, topic, order and op."""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.checkers.convergence import Phases
from shaketable.history import Event, Json, Op
from shaketable_patterns.order_facts.records import Append, Change, Delivery, OutboxRow
from shaketable_patterns.order_facts.story import OrderStory


def bare(event_id: str) -> str:
    """Return the event that a dead letter or alert is about: their own ids are `<event_id>/letter` and `/alert`."""
    return event_id.removesuffix("/letter").removesuffix("/alert")


class OrderFacts:
    """All that happened, by table, topic, order and op. Lists are in the order of the history."""

    __slots__ = (
        "alerts",
        "appends",
        "commits",
        "dead",
        "decided",
        "decisions",
        "deliveries",
        "events",
        "faults",
        "firsts",
        "handled",
        "initial_stock",
        "invoked",
        "kept",
        "mails",
        "offsets",
        "orders",
        "outbox",
        "phases",
        "polls",
        "published",
        "repeated",
        "returned",
        "tables",
    )

    def __init__(self, tables: Iterable[str]) -> None:
        self.events: list[Event] = []
        self.orders: dict[str, OrderStory] = {}
        self.commits: list[tuple[Change, ...]] = []
        self.tables: dict[str, list[Change]] = {table: [] for table in tables}
        self.outbox: dict[str, OutboxRow] = {}
        self.appends: list[Append] = []
        self.published: dict[tuple[str, str], Append] = {}
        self.dead: list[Append] = []
        self.alerts: list[Append] = []
        self.deliveries: list[Delivery] = []
        self.repeated: list[Delivery] = []
        self.firsts: dict[tuple[str, str], Delivery] = {}
        """By group and event."""
        self.offsets: list[Event] = []
        self.polls: list[Event] = []
        self.faults: list[Event] = []
        self.invoked: list[Event] = []
        self.returned: dict[int, Event] = {}
        self.initial_stock: dict[str, tuple[int, int]] = {}
        self.handled: dict[tuple[str, str], Change] = {}
        self.decisions: list[tuple[Change, str]] = []
        """Changes of state that others wait for, each with the event that announces it."""
        self.decided: dict[tuple[str, str], int] = {}
        self.mails: dict[str, list[Event]] = {}
        self.phases = Phases(-1, None)
        self.kept: set[tuple[str, str]] = set()

    @property
    def unsettled(self) -> str:
        """The reason why liveness cannot be judged, or ""."""
        return self.phases.unsettled

    def ops(self, *names: str) -> list[Op]:
        """Return the ops of these names (all if none is given), in order of invocation."""
        return [Op(e, self.returned.get(e.index)) for e in self.invoked if not names or e.name in names]

    def order(self, name: Json) -> OrderStory:
        """Return the order of this name; one that was never heard of is made."""
        key = str(name)
        story = self.orders.get(key)
        if story is None:
            story = self.orders[key] = OrderStory(key)
        return story

    def outbox_types(self) -> set[str]:
        """Return the types that were ever announced by an event row; a service may publish others directly."""
        return {event_type for event_type, _ in self.decided}

    def announced(self, event_type: str, order: str) -> bool:
        """Tell whether an event row of this type was committed for this order."""
        return (event_type, order) in self.decided

    def first_delivery(self, again: Delivery) -> Delivery:
        """Return the group's first delivery of the event that came again."""
        return self.firsts[again.group, again.record.event_id]

    def on_topic(self, row: OutboxRow) -> Append | None:
        """Return the first record of this event row on its topic."""
        return self.published.get((row.topic, bare(row.event_id)))
