"""From the call to the story: a planted bug, found by the state machine on real servers and shrunk."""

from __future__ import annotations

import time
from collections.abc import Iterator

from shaketable.errors import HarnessError
from shaketable.explore.check import PromiseBroken
from shaketable.testing import certify, subject_named
from shaketable.world_choice import check_world, close_worlds
from tests.bench.figure import Figure, Skipped

PLANTED = "order-saga/mutant-refund-deletes"
SECONDS_WANTED = 60


def figures() -> Iterator[Figure | Skipped]:
    name = "processes: a planted bug found and shrunk, in seconds"
    try:
        check_world("processes")
    except HarnessError as lacking:
        yield Skipped(name, str(lacking))
        return
    began_s = time.perf_counter()
    try:
        certify(subject_named(PLANTED), world="processes", runs=100)
    except PromiseBroken as told:
        took_s = time.perf_counter() - began_s
        note = f"({told.steps_before} steps to {told.steps_after}, shown in {told.rate})"
        yield Figure(name, took_s, note, at_most=SECONDS_WANTED)
    else:
        yield Skipped(name, "it was not found in 100 runs")
    finally:
        close_worlds()
