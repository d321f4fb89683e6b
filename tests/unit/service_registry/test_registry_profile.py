"""Profiles of registries by which nothing can be judged: each is refused, in one line."""

from __future__ import annotations

import pytest

from shaketable.errors import UsageError
from shaketable_patterns.discovery.profile import profile
from shaketable_patterns.discovery.subjects import subject_of
from shaketable_patterns.discovery.system import discovery
from shaketable_targets.discovery.settings import DOCUMENT


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"lease_length": "thrice"}, "lease_length may be declared or twice"),
        ({"self_preservation": "perhaps"}, "self_preservation may be on or off"),
        ({"fetch_ms": -1}, "fetch_ms is a span of time"),
        ({"spread_ms": "soon"}, "spread_ms must be a whole number"),
        ({"lease_ms": 60_000}, "one lost heartbeat could end a lease"),
    ],
)
def test_a_knob_by_which_nothing_can_be_judged_is_refused(knobs, said):
    with pytest.raises(UsageError, match=said):
        subject_of("discovery/odd", discovery(), profile("odd", DOCUMENT, **knobs), "")
