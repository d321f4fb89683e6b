"""The effects and events of the order system in the patterns' words: what its rows, records and third parties show."""

from __future__ import annotations

from shaketable.mapping.roles import Becomes, Call, Record, Rows

EVENT_ID = "body.event_id or header.event_id"

CHARGE = Call("provider", "charge", of="field.order", amount="field.amount")
REFUND = Call("provider", "refund", of="field.order", amount="field.amount")
MAIL = Call("mailer", "mail", of="field.event")
ORDERS = Rows("order", "orders", ("id",))
PAYMENTS = Rows("payment", "payments", ("order",))
RESERVATIONS = Rows("inventory", "reservations", ("order",))


def becomes(rows: Rows, status: str) -> Becomes:
    """Return the change by which a row of this table gets this status."""
    return Becomes(rows, of=f"col.{rows.key[0]}", on="enters", where={"col.status": status})


def decided(service: str, event_type: str) -> Becomes:
    """Return the event row by which a service says so: of one order it does once."""
    return Becomes(
        Rows(service, "outbox", ("event_id",)),
        of="col.aggregate",
        where={"col.type": event_type, "col.topic": f"{service}-events"},
    )


def events_on(topic: str, *types: str) -> Record:
    """Return the events of these types on a topic."""
    return Record((topic,), of="body.order or key", id=EVENT_ID, type="body.type", where={"body.type": types})
