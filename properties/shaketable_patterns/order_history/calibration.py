"""The calibration of an order history: what it answers when nothing fails, against a simple count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History, Json
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_history.system import BALANCE

_ORDERS = (
    ("o1", "u1", 10, 0),
    ("o2", "u1", 5, 3),
    ("o3", "u1", 7, 9),
    ("o4", "u2", 30, 0),
    ("o5", "u1", 7, 1),
)
"""Order, user, amount, and how many days ago: o3 is older than the window."""


def contradictions(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Place and pay, cancel o5, and ask: return what is not as it should be."""
    settled_ms = subject.profile.int("staleness_ms")
    steps: list[Step] = []
    for order, user, amount, days in _ORDERS:
        value: Json = {"order": order, "user_id": user, "amount": amount, "days_ago": days}
        steps += [Do("place", value), Wait(200), Do("pay", {"order": order}), Wait(200)]
    steps += [Wait(settled_ms), Do("cancel", {"order": "o5"}), Wait(settled_ms)]
    steps += [
        Do("summary", {"user_id": "u1"}),
        Do("summary", {"user_id": "u2"}),
        Do("balance", {"user_id": "u1"}),
    ]
    history = execute(Schedule(subject.name, (*steps, Wait(1_000))))
    answers = [op.result for op in history.ops() if op.name in ("summary", "balance")]
    bodies = [one.get("body") or {} if isinstance(one, dict) else {} for one in answers]
    wanted = (
        ("u1 has two orders in the last 7 days", bodies[0].get("orders"), 2),
        ("u1 paid 15 for them", bodies[0].get("paid"), 15),
        ("u2 has one order", bodies[1].get("orders"), 1),
        ("u2 paid 30 for it", bodies[1].get("paid"), 30),
        ("u1 is left a balance", bodies[2].get("balance"), BALANCE - 22),
    )
    return [
        f"{what}: {said!r} is answered instead of {right}" for what, said, right in wanted if said != right
    ]
