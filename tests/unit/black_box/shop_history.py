"""Handwritten histories of a ticket shop: ops, commits and announcements."""

from __future__ import annotations

from pathlib import Path

from shaketable.history import History
from shaketable.runner import assess
from shaketable.subject import Subject
from shaketable_patterns.described.subject import subject_from

SHOP = Path(__file__).parents[3] / "target_services" / "shaketable_targets" / "ticket_shop"


def described(name: str = "shaketable.toml") -> Subject:
    return subject_from(SHOP / name)


class ShopHistory:
    """A history under construction: events a second apart, ids as the description has them."""

    def __init__(self) -> None:
        self.history = History()

    def sell(self, ticket: str, outcome: str = "ok", result: object = {"status": 201}) -> ShopHistory:
        at = self._add("invoke", "client", "sell", {"id": ticket, "seat": "3A", "price": 20})
        self.history.add(self._now_ms(), outcome, "client", "sell", result, at)  # type: ignore[arg-type]
        return self

    def commit(self, ticket: str, seat: str = "3A", table: str = "tickets") -> ShopHistory:
        row = {"id": ticket, "seat": seat, "price": 20}
        self._add("effect", "shop", "commit", {"db": "tickets", "writes": [["insert", table, row]]})
        return self

    def announce(
        self, ticket: str, *, event_id: str = "", seat: str = "3A", kind: str = "TicketSold"
    ) -> ShopHistory:
        event = {
            "event_id": event_id or f"sold-{ticket}",
            "type": kind,
            "ticket": ticket,
            "seat": seat,
            "price": 20,
        }
        record = {"topic": "ticket-events", "partition": 0, "offset": 0, "key": ticket, "value": event}
        self._add("effect", "shop", "append", record | {"headers": {}})
        return self

    def sold(self, ticket: str) -> ShopHistory:
        """Add a sale as it should be."""
        return self.commit(ticket).announce(ticket).sell(ticket)

    def end(self, *, quiet: bool = True) -> dict[str, tuple[str, ...]]:
        """Return the anomalies found, by promise; ("unknown",) where nothing can be said."""
        self.ended(quiet=quiet)
        said = {}
        for judgement in assess(described(), self.history):
            found = tuple(finding.anomaly for finding in judgement.findings)
            said[judgement.promise] = found or (() if judgement.verdict == 0 else ("unknown",))
        return said

    def ended(self, *, quiet: bool = True) -> History:
        """Return the whole history, to its end."""
        self._add("phase", "harness", "liveness", None)
        self._add("phase", "harness", "quiet", {"quiet": quiet})
        return self.history

    def _add(self, kind: str, process: str, name: str, value: object) -> int:
        return self.history.add(self._now_ms(), kind, process, name, value)  # type: ignore[arg-type]

    def _now_ms(self) -> int:
        return 1_000 * (len(self.history) + 1)
