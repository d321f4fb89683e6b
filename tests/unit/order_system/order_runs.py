"""Runs of the order system in the simulated world, and what its oracles say of them."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.boundary import Boundary
from shaketable.history import History
from shaketable.runner import Run
from shaketable.schedule import Do, Step
from shaketable.sim.world import SimWorld
from shaketable.subject import Pattern, Subject
from shaketable_patterns.order_system.subjects import variants

VARIANTS = variants()


def place(number=1, item="apple", *, quantity=1, amount=None, op="place", key=None):
    amount = 100 + number if amount is None else amount
    value = {"order": f"o{number}", "item": item, "quantity": quantity, "amount": amount}
    return Do(op, value | {"key": key or f"k{number}"})


def publish(event_id, kind, order):
    return Do("publish", {"event_id": event_id, "type": kind, "order": order})


def poison(number=1):
    return Do("poison", {"order": f"p{number}", "quantity": 1, "amount": 5, "key": f"kp{number}"})


def run(name: str, steps: Sequence[Step], *, trace: bool = False) -> Ran:
    """Run the steps on the variant `name`, heal and settle."""
    variant = VARIANTS[name]
    nothing = Pattern(name, (), (), None, None, None)
    subject = Subject(name, nothing, variant.profile, variant.system)
    running = Run(SimWorld(), subject, trace=trace)
    for step in steps:
        running.step(step)
    boundaries = running.boundaries
    history = running.finish()
    return Ran(history, boundaries)


class Ran:
    """A finished run, with what it left behind."""

    def __init__(self, history: History, boundaries: tuple[Boundary, ...]) -> None:
        self.history = history
        self.boundaries = boundaries
        self.rows: dict[tuple[str, str, object], dict] = {}
        self.commits = [e for e in history if e.name == "commit"]
        for event in self.commits:
            for verb, table, row in event.value["writes"]:
                name = next(row[c] for c in ("id", "event_id", "key", "order", "item", "name") if c in row)
                self.rows[event.value["db"], table, name] = row | {"verb": verb}

    @property
    def quiet(self) -> bool:
        return bool(self.history[-1].value["quiet"])

    def table(self, db: str, table: str) -> list[dict]:
        return [row for (d, t, _), row in self.rows.items() if (d, t) == (db, table)]

    def statuses(self) -> dict[str, str]:
        return {row["id"]: row["status"] for row in self.table("order", "orders")}

    def effects(self, name: str) -> list[dict]:
        return [e.value for e in self.history if e.kind == "effect" and e.name == name]

    def appended(self, topic: str) -> list[dict]:
        return [e["value"] for e in self.effects("append") if e["topic"] == topic]

    def answers(self, name: str) -> list[tuple[str, object]]:
        done = [op for op in self.history.ops() if op.name == name]
        return [(op.outcome, (op.result or {}).get("status")) for op in done]


def discrepancies(ran: Ran) -> list[str]:
    """Return what does not add up at the end of a saga, one sentence each: money, stock and status of every order."""
    problems = [] if ran.quiet else ["never quiet"]
    money: dict[str, int] = {}
    for sign, name in ((1, "charge"), (-1, "refund")):
        for entry in ran.effects(name):
            money[entry["order"]] = money.get(entry["order"], 0) + sign * entry["amount"]
    reserved = {r["order"]: r["quantity"] for r in ran.table("inventory", "reservations")}
    for order in ran.table("order", "orders"):
        kept = money.get(order["id"], 0), reserved.get(order["id"], 0)
        due = (order["amount"], order["quantity"]) if order["status"] == "CONFIRMED" else (0, 0)
        if order["status"] not in ("CONFIRMED", "CANCELLED"):
            problems.append(f"{order['id']} is {order['status']}")
        elif kept != due:
            problems.append(f"{order['id']} is {order['status']} with {kept}")
    for stock in ran.table("inventory", "stock"):
        held = sum(
            r["quantity"] for r in ran.table("inventory", "reservations") if r["item"] == stock["item"]
        )
        total = {"apple": 10, "pear": 2}[stock["item"]]
        if stock["reserved"] != held or stock["available"] != total - held:
            problems.append(f"{stock['item']}: {stock['available']} and {stock['reserved']}, promised {held}")
    mailed = sorted(entry["order"] for entry in ran.effects("mail"))
    if mailed != sorted(ran.statuses()):
        problems.append(f"mails for {mailed}")
    return problems
