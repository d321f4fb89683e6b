"""The schedules that cross the boundaries of the order history: one in which nothing fails, and one with faults."""

from __future__ import annotations

from shaketable.fault import Crash
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_history.system import USERS
from shaketable_patterns.order_history.values import ORDERS_MAX, order_value, poison


def workload(subject: Subject) -> Schedule:
    """Return four orders, three of them paid for, one cancelled and sent again; a rebuild, and everything that can be asked."""
    poll_ms = subject.profile.int("poll_interval_ms")
    steps: list[Step] = []
    for number in range(1, ORDERS_MAX + 1):
        value = order_value(number, 12 * number + number)
        steps += [Do("place", value), Wait(50)]
        if number < ORDERS_MAX:
            steps += [Do("pay", {"order": value["order"]}), Wait(50)]
    steps += [Wait(poll_ms + 200), Do("balance", {"user_id": "u1"}), Do("cancel", {"order": "o1"}), Wait(50)]
    steps += [Do("balance", {"user_id": "u2"}), Do("cancel", {"order": "o4"}), Wait(poll_ms)]
    steps += [Do("resend", {"order": "o1"}), Wait(poll_ms), Do("rebuild", {}), Wait(200)]
    steps += [Do("resend", {"order": "o2"}), Wait(2 * poll_ms)]
    steps += [Do("summary", {"user_id": user}) for user in USERS]
    return Schedule(subject.name, (*steps, Wait(200)))


def troubled(subject: Subject) -> Schedule:
    """Return an order and an event that nothing can read, while an instance is lost."""
    poll_ms = subject.profile.int("poll_interval_ms")
    target = subject.target
    assert isinstance(target, System)
    instance = next(part.name for part in target.parts if part.role == "history")
    steps: tuple[Step, ...] = (
        Do("place", order_value(1, 0)),
        Do("poison", poison(1)),
        Wait(poll_ms - 100),
        Inject(Crash(service=instance, down_ms=poll_ms)),
        Do("pay", {"order": "o1"}),
        Wait(2 * poll_ms),
        Do("rebuild", {}),
        Wait(2 * poll_ms),
    )
    return Schedule(subject.name, steps)
