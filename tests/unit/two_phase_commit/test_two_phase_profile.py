"""Profiles of two-phase commit by which nothing can be judged: each is refused, before a run and in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shaketable.errors import UsageError
from shaketable_patterns.order_two_phase.profile import profile
from shaketable_patterns.order_two_phase.subjects import hardened


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"lock_ms_max": -1}, "lock_ms_max is a span of time and must not be negative"),
        ({"resolve_ms": -1}, "resolve_ms is a span of time and must not be negative"),
        ({"lock_ms_max": "long"}, "lock_ms_max must be a whole number"),
        ({"in_doubt": "block"}, "in_doubt may be blocks or bounded, got 'block'"),
        ({"in_doubt": 3}, "in_doubt must be a word"),
    ],
)
def test_a_knob_by_which_nothing_can_be_judged_is_refused(knobs, said):
    subject = replace(hardened(), profile=profile("odd", **knobs))
    with pytest.raises(UsageError, match=said):
        subject.pattern.machine(subject)
    with pytest.raises(UsageError, match=said):
        subject.pattern.calibrate(subject, pytest.fail)
