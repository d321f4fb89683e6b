"""The values of the copies of a price list, and the schedules that cross their boundaries."""

from __future__ import annotations

from shaketable.fault import Crash, Partition
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.price_copies.system import PRODUCTS
from shaketable_targets.price_copies.schema import COPIES

READERS = ("ann", "bob", "cid")
WRITES_MAX = 6


def home_of(reader: str) -> str:
    """Return the copy at which a reader stays."""
    return COPIES[READERS.index(reader)]


def write(number: int, reader: str, product: str, copy: str) -> Do:
    """Return the `number`-th write (from 1): every write has a price of its own."""
    return Do("write", {"reader": reader, "product": product, "price": 100 + number, "copy": copy})


def read(reader: str, product: str, copy: str) -> Do:
    """Return a read of one reader at one copy."""
    return Do("read", {"reader": reader, "product": product, "copy": copy})


def isolation(copy: str, for_ms: int) -> list[Step]:
    """Return the partitions that cut a copy off from the others, both ways."""
    others = [other for other in COPIES if other != copy]
    pairs = [pair for other in others for pair in ((copy, other), (other, copy))]
    return [Inject(Partition(sender=a, receiver=b, for_ms=for_ms)) for a, b in pairs]


def workload(subject: Subject) -> Schedule:
    """Return a write at each copy, and reads of both products everywhere."""
    steps: list[Step] = []
    for number, reader in enumerate(READERS, 1):
        steps += [write(number, reader, PRODUCTS[number % 2], home_of(reader)), Wait(300)]
        steps += [
            step for one in READERS for step in (read(one, PRODUCTS[number % 2], home_of(one)), Wait(100))
        ]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return a copy that is cut off, and one that is lost, with writes on both sides."""
    steps: list[Step] = [
        *isolation("copy-a", 6_000),
        write(1, "ann", "lamp", "copy-a"),
        write(2, "bob", "lamp", "copy-b"),
        Wait(7_000),
        Inject(Crash(service="copy-c", down_ms=1_000)),
        write(3, "bob", "rug", "copy-b"),
        Wait(3_000),
        read("cid", "rug", "copy-c"),
        Wait(200),
    ]
    return Schedule(subject.name, tuple(steps))
