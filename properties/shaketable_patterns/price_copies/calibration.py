"""The calibration of the copies of a price list: what is written at one is soon read at all when nothing fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History
from shaketable.schedule import Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.price_copies.system import PRODUCTS
from shaketable_patterns.price_copies.values import READERS, home_of, read, write


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Write each product at one copy, read it at every one within the declared staleness, and return what is answered otherwise."""
    steps: list[Step] = []
    for number, product in enumerate(PRODUCTS, 1):
        steps += [write(number, READERS[number], product, home_of(READERS[number])), Wait(500)]
    steps.append(Wait(subject.profile.int("staleness_ms")))
    for reader in READERS:
        for product in PRODUCTS:
            steps += [read(reader, product, home_of(reader)), Wait(500)]
    said = []
    for op in execute(Schedule(subject.name, tuple(steps))).ops():
        if op.name == "read":
            product, copy = op.invoked.value["product"], op.invoked.value["copy"]
            body = op.result.get("body") if op.outcome == "ok" and isinstance(op.result, dict) else None
            price = body.get("price") if isinstance(body, dict) else None
            right = 101 + PRODUCTS.index(product)
            if price != right:
                said.append(f"{copy} answers {price!r} for {product} instead of {right}")
    return said
