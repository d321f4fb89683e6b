"""The contract's tiny system on each of our worlds; the reason is told when one cannot be had."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from shaketable.conformance.played_run import Claims
from shaketable.conformance.shop import shop
from shaketable.conformance.world_under_test import WorldUnderTest
from shaketable.errors import UsageError
from shaketable.sim.world import SimWorld
from shaketable.world_choice import check_world, close_worlds, world_for
from shaketable.world_traits import traits_of

REAL = Claims(late_ms=8_000, early_ms=100, start_ms=40_000, has_byte_faults=True)
WITHOUT_TOXIPROXY = Claims(late_ms=8_000, early_ms=100, start_ms=40_000, has_byte_faults=False)
"""Real worlds run ten times as fast as the schedule says: 0.8 s late, 10 ms early, 4 s for a start."""


@contextmanager
def world_under_test(name: str) -> Iterator[WorldUnderTest]:
    """Yield one world for all clauses, whose servers stay up between them.

    Skips where the world cannot be had, unless this is CI.
    """
    if name == "sim":
        yield WorldUnderTest(SimWorld(), shop(), Claims())
        return
    try:
        check_world(name)
    except UsageError as lacking:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(lacking))
    subject = shop("tests.conformance.shop_app:main")
    try:
        claims = REAL if _has_byte_faults(name) else WITHOUT_TOXIPROXY
        claims = replace(claims, deletes_records=traits_of(name).deletes_records)
        yield WorldUnderTest(world_for(subject, name), subject, claims)
    finally:
        close_worlds()


def _has_byte_faults(world: str) -> bool:
    """Tell whether it has Toxiproxy: containers bring it, the world of processes uses it where it is installed."""
    return world == "containers" or shutil.which("toxiproxy-server") is not None
