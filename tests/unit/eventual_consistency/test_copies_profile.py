"""Profiles of copies by which nothing can be judged: each is refused, before a run and in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shaketable.errors import UsageError
from shaketable_patterns.price_copies.profile import profile
from shaketable_patterns.price_copies.subjects import hardened, subject_of
from shaketable_targets.price_copies.copy import AvailableCopy

RIGHT = {"under_partition": "answer", "readers": "home"}


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"readers": "home"}, "does not declare 'under_partition'"),
        ({"under_partition": "answer"}, "does not declare 'readers'"),
        (RIGHT | {"under_partition": "maybe"}, "under_partition may be refuse or primary or answer"),
        (RIGHT | {"readers": "all"}, "readers may be home or any"),
        (RIGHT | {"converge_ms": "soon"}, "converge_ms must be a whole number"),
        (RIGHT | {"converge_ms": -1}, "converge_ms is a span of time"),
        (RIGHT | {"staleness_ms": -1}, "staleness_ms is a span of time"),
    ],
)
def test_a_knob_by_which_nothing_can_be_judged_is_refused(knobs, said):
    odd = profile("odd", **knobs)
    with pytest.raises(UsageError, match=said):
        subject_of("price-copies/odd", AvailableCopy, odd, "")
    subject = replace(next(hardened()), profile=odd)
    with pytest.raises(UsageError, match=said):
        subject.pattern.machine(subject)
    with pytest.raises(UsageError, match=said):
        subject.pattern.calibrate(subject, pytest.fail)
