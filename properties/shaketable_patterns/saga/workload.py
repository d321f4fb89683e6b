"""The fault-free run of a saga: what its boundaries are, and what a correct one makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_facts import read
from shaketable_patterns.saga.machine import order_value

_KINDS = (0, 3, 4, 5, 1)
"""Two orders that work, one of more pears than there are, one whose charge is declined, one more that works."""
_EXPECTED = ("CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED", "CONFIRMED")


def workload(subject: Subject) -> Schedule:
    """Five orders: two succeed, one is out of stock, one is declined, one succeeds; then one is repeated."""
    gap_ms = _gap_ms(subject)
    steps: list[Step] = []
    for number, kind in enumerate(_KINDS, 1):
        steps += [Do("place", order_value(number, kind)), Wait(gap_ms)]
    steps += [Do("place_again", order_value(1, _KINDS[0])), Wait(gap_ms)]
    steps += [Wait(subject.profile.int("poll_interval_ms")) for _ in range(6)]
    return Schedule(subject.name, tuple(steps))


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload and compare each order's end with the model's: applied one by one, nothing fails."""
    facts = execute(workload(subject)).view(read)
    problems = [facts.unsettled] if facts.unsettled else []
    for number, expected in enumerate(_EXPECTED, 1):
        story = facts.orders.get(f"o{number}")
        status = story.status if story else "missing"
        if status != expected:
            problems.append(
                f"o{number} should end {expected} when nothing fails, it is {status or 'missing'}"
            )
    return problems


def _gap_ms(subject: Subject) -> int:
    return subject.profile.int("poll_interval_ms") // 4
