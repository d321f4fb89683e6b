"""The values of the orders by two-phase commit, and the schedules that cross their boundaries."""

from __future__ import annotations

from shaketable.fault import Crash
from shaketable.history import Json
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_two_phase.system import BALANCES, STOCK

ORDERS_MAX = 5
_AMOUNTS = (5, 10, 30, 100)
"""No balance is enough for the last one."""


def order_value(number: int, pick: int) -> dict[str, Json]:
    """Return the `number`-th order (from 1); some are of more than there is, in stock or on the account."""
    pick, user = divmod(pick, len(BALANCES))
    pick, item = divmod(pick, len(STOCK))
    pick, amount = divmod(pick, 2 * len(_AMOUNTS))
    return {
        "order": f"o{number}",
        "user_id": tuple(BALANCES)[user],
        "item": tuple(STOCK)[item],
        "quantity": 1 + 3 * (pick % 4 == 0),
        "amount": _AMOUNTS[amount] if amount < len(_AMOUNTS) else _AMOUNTS[amount % 2],
    }


def workload(subject: Subject) -> Schedule:
    """Return orders one after the other: confirmed ones, one without stock for it, one without money."""
    steps: list[Step] = []
    wanted = ((10, 1), (5, 1), (5, 4), (100, 1), (10, 1))
    for number, (amount, quantity) in enumerate(wanted, 1):
        value = order_value(number, number)
        steps += [Do("place", {**value, "amount": amount, "quantity": quantity}), Wait(200)]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return orders during which the coordinator is lost: its log, and participants that ask, have work."""
    poll_ms = subject.profile.int("poll_interval_ms")
    steps: list[Step] = []
    for number, after_ms in ((1, 11), (2, 15), (3, 20)):
        value = {**order_value(number, number), "amount": 5, "quantity": 1}
        steps += [Do("place", value), Wait(after_ms), Inject(Crash(service="order", down_ms=poll_ms))]
        steps += [Wait(3 * poll_ms)]
    return Schedule(subject.name, tuple(steps))
