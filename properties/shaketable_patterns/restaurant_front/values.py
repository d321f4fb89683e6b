"""The ops of the guests, and the schedules that cross the boundaries of the front."""

from __future__ import annotations

from shaketable.fault import Partition
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.restaurant_front.client import SERVICE
from shaketable_patterns.restaurant_front.outside import BROKEN
from shaketable_targets.restaurant_front.settings import COUPONS, GUIDE, MAILER, POOLS, STOCK

PARTIES = (GUIDE, STOCK, COUPONS)
_GAP = Wait(100)


def ask(number: int, party: str, *, broken: bool = False, pick: int = 0) -> Do:
    """Return the `number`-th request (from 1), which needs this party; one that is `broken` it cannot answer."""
    request = f"q{number}"
    name = BROKEN if broken else f"{party[0]}{pick % 2 + 1}"
    if party == GUIDE:
        return Do("look", {"request": request, "restaurant": name})
    if party == COUPONS:
        return Do("coupon", {"request": request, "code": name})
    return Do("order", {"request": request, "item": name, "quantity": 1 + pick % 3})


def away(party: str, for_ms: int) -> Inject:
    """Return the fault that lets nothing pass between the front and a party outside."""
    return Inject(Partition(sender=SERVICE, receiver=party, for_ms=for_ms))


def workload(subject: Subject) -> Schedule:
    """Return some requests of each kind, one after the other; the mails follow."""
    asked = [ask(number, PARTIES[number % len(PARTIES)], pick=number) for number in range(1, 10)]
    return Schedule(subject.name, tuple(step for do in asked for step in (do, _GAP)))


def troubled(subject: Subject) -> Schedule:
    """Return orders whose mails cannot be sent for a while, and a guide that fails until its breaker opens."""
    size = POOLS[GUIDE] + subject.profile.int("half_open_permits") + 1
    steps: list[Step] = [away(MAILER, 5_000)]
    for number in range(1, 4):
        steps += [ask(number, STOCK, pick=number), _GAP]
    for number in range(4, 4 + size):
        steps += [ask(number, GUIDE, broken=True), _GAP]
    return Schedule(subject.name, (*steps, Wait(5_000)))
