"""Byte-level faults: the toxic of each in real time, and the proof that what passed met it."""

from __future__ import annotations

import pytest

from shaketable.fault import Bandwidth, Blackhole, LimitData, Refuse, ResetPeer, Slicer, SlowClose
from shaketable.real.tap.edge import Passed
from shaketable.real.toxics import has_acted, toxic_for

LINK = {"sender": "shop", "receiver": "bank", "for_ms": 1_000}
NOTHING = Passed(3, 1, 500)


@pytest.mark.parametrize(
    ("fault", "attributes"),
    [
        (Bandwidth(**LINK, rate_kb_s=50), {"rate": 500}),
        (SlowClose(**LINK, delay_ms=3_000), {"delay": 300}),
        (ResetPeer(**LINK, after_ms=500), {"timeout": 50}),
        (Slicer(**LINK, size_bytes=10, delay_us=700), {"average_size": 10, "size_variation": 0, "delay": 70}),
        (LimitData(**LINK, limit_bytes=9), {"bytes": 9}),
        (Blackhole(**LINK), {"timeout": 0}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_toxic_lives_in_real_time(fault, attributes):
    toxic = toxic_for(fault, 10)
    assert toxic is not None
    assert dict(toxic.attributes) == attributes


def test_a_refusal_is_no_toxic():
    assert toxic_for(Refuse(**LINK), 10) is None


@pytest.mark.parametrize(
    ("fault", "enough", "too_little"),
    [
        (Bandwidth(**LINK, rate_kb_s=50), Passed(3, 1, 501), Passed(4, 2, 500)),
        (Slicer(**LINK, size_bytes=10, delay_us=700), Passed(3, 1, 501), Passed(4, 2, 500)),
        (Blackhole(**LINK), Passed(3, 1, 501), Passed(4, 2, 500)),
        (LimitData(**LINK, limit_bytes=9), Passed(3, 1, 510), Passed(4, 2, 509)),
        (SlowClose(**LINK, delay_ms=3_000), Passed(3, 2, 500), Passed(4, 1, 900)),
        (ResetPeer(**LINK, after_ms=500), Passed(4, 1, 501), Passed(3, 1, 900)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_met_a_fault_proves_it(fault, enough, too_little):
    assert has_acted(fault, NOTHING, enough)
    assert not has_acted(fault, NOTHING, too_little)
    assert not has_acted(fault, NOTHING, NOTHING)
