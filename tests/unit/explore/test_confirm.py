"""Rates with honest intervals."""

import pytest

from harness.explore.confirm import wilson


@pytest.mark.parametrize(
    ("successes", "runs", "low", "high"),
    [(10, 10, 0.722, 1.0), (9, 10, 0.596, 0.982), (0, 10, 0.0, 0.278), (50, 100, 0.404, 0.596)],
)
def test_the_interval_is_wilsons(successes, runs, low, high):
    interval = wilson(successes, runs)
    assert interval.low == pytest.approx(low, abs=0.001)
    assert interval.high == pytest.approx(high, abs=0.001)


def test_no_run_says_nothing():
    assert wilson(0, 0).low == 0
    assert wilson(0, 0).high == 1
