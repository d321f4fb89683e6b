"""The calibration of an order history: what it answers when nothing fails, against a simple count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History, Json
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_targets.order_history.shop import FIRST_BALANCE

_ORDERS = (
    ("o1", "u1", 10, 0),
    ("o2", "u1", 5, 3),
    ("o3", "u1", 7, 9),
    ("o4", "u2", 30, 0),
    ("o5", "u1", 7, 1),
)
"""Order, user, amount, and how many days ago: o3 is older than the window."""

_QUESTIONS = (("summary", "u1"), ("summary", "u2"), ("balance", "u1"))
_GAP_MS = 3_000


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Place and pay, cancel o5, and ask: return what is not as it should be.

    Each is asked for twice: on real servers the first request of a kind may take longer than a client waits.
    """
    settled_ms = subject.profile.int("staleness_ms")
    steps: list[Step] = []
    for order, user, amount, days in _ORDERS:
        value: Json = {"order": order, "user_id": user, "amount": amount, "days_ago": days}
        steps += _twice(Do("place", value))
        steps += _twice(Do("pay", {"order": order}))
    steps += [Wait(settled_ms), *_twice(Do("cancel", {"order": "o5"})), Wait(settled_ms)]
    for name, user in _QUESTIONS:
        steps += _twice(Do(name, {"user_id": user}))
    history = execute(Schedule(subject.name, tuple(steps)))
    answers = [_last_answer(history, name, user) for name, user in _QUESTIONS]
    wanted = (
        ("u1 has two orders in the last 7 days", answers[0].get("orders"), 2),
        ("u1 paid 15 for them", answers[0].get("paid"), 15),
        ("u2 has one order", answers[1].get("orders"), 1),
        ("u2 paid 30 for it", answers[1].get("paid"), 30),
        ("u1 is left a balance", answers[2].get("balance"), FIRST_BALANCE - 22),
    )
    return [
        f"{what}: {said!r} is answered instead of {right}" for what, said, right in wanted if said != right
    ]


def _twice(step: Do) -> list[Step]:
    return [step, Wait(_GAP_MS), step, Wait(_GAP_MS)]


def _last_answer(history: History, name: str, user: str) -> dict[str, Json]:
    """Return the body of the last answer to a question."""
    ops = [op for op in history.ops() if op.name == name and op.invoked.value == {"user_id": user}]
    bodies = [op.result.get("body") for op in ops if op.outcome == "ok" and isinstance(op.result, dict)]
    return bodies[-1] if bodies and isinstance(bodies[-1], dict) else {}
