"""One order, with everything the oracles saw of it."""

from __future__ import annotations

from shaketable.checkers.conservation import Movement
from shaketable.history import Event, Json
from shaketable_patterns.order_facts.records import Append, Change, Delivery

TERMINAL = ("CONFIRMED", "CANCELLED")


class OrderStory:
    """One order: its ops, its rows in every service, its money, its stock, its events."""

    __slots__ = (
        "alerts",
        "appends",
        "changes",
        "charges",
        "dead",
        "letters",
        "money",
        "name",
        "payments",
        "placed",
        "refunds",
        "reordered",
        "reservations",
        "reserved",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.placed: list[Event] = []
        self.changes: list[Change] = []
        self.payments: list[Change] = []
        self.reservations: list[Change] = []
        self.charges: list[Event] = []
        self.refunds: list[Event] = []
        self.money: list[Movement] = []
        self.reserved: list[Movement] = []
        self.letters: dict[tuple[str, str], str] = {}
        """By (event, service): OPEN, REDRIVEN or another status of the letter."""
        self.appends: list[Append] = []
        self.dead: list[Append] = []
        self.alerts: list[Append] = []
        self.reordered: list[tuple[Delivery, int]] = []
        """Deliveries that came again or out of order, each with the index of the delivery that came before it."""

    @property
    def status(self) -> str:
        """The order row's status now; "" when there is no row."""
        return self.changes[-1].status if self.changes else ""

    @property
    def amount(self) -> int | None:
        return self._declared("amount")

    @property
    def quantity(self) -> int | None:
        return self._declared("quantity")

    @property
    def item(self) -> Json:
        return self.changes[0].row.get("item") if self.changes else None

    @property
    def since(self) -> int:
        """The index of its last change of status, or of its first op; -1 if there is neither."""
        if self.changes:
            return self.changes[-1].at
        return self.placed[0].index if self.placed else -1

    @property
    def parked(self) -> bool:
        """True while its saga waits among the dead letters, with an alert. A mail that waits there does not count."""
        if not self.alerts:
            return False
        told = {alert.event_id for alert in self.alerts}
        return any(
            status == "OPEN" and service != "notification" and event_id in told
            for (event_id, service), status in self.letters.items()
        )

    def last(self, changes: list[Change], before: int) -> Change | None:
        """Return the latest of `changes` that was committed before event `before`."""
        return next((change for change in reversed(changes) if change.at < before), None)

    def charged_net(self) -> int:
        return sum(m.amount for m in self.money)

    def reserved_net(self) -> int:
        return sum(m.amount for m in self.reserved)

    def _declared(self, field: str) -> int | None:
        if self.changes:
            return _whole(self.changes[0].row.get(field))
        if self.placed and isinstance(self.placed[0].value, dict):
            return _whole(self.placed[0].value.get(field))
        return None


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
