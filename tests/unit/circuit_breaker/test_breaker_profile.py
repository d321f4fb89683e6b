"""A profile says everything, and says it without contradiction."""

from __future__ import annotations

import pytest
from breaker_history import document, textbook

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.circuit_breaker.profile import DOCUMENT, knobs_of
from shaketable_targets.breakers import TEXTBOOK


def test_the_documents_window_caps_the_minimum_number_of_calls() -> None:
    assert knobs_of(DOCUMENT).evaluated_from == 10
    assert knobs_of(document(minimum_calls=4)).evaluated_from == 4


def test_half_open_is_judged_at_its_permits_or_at_the_minimum_if_that_is_less() -> None:
    assert knobs_of(DOCUMENT).probes_to_close == 3
    assert knobs_of(document(minimum_calls=2)).probes_to_close == 2


def test_the_profile_of_the_libraries_is_understood() -> None:
    assert knobs_of(Profile("library", TEXTBOOK)).probes_max == 1


def test_a_missing_knob_is_named() -> None:
    knobs = dict(textbook().knobs)
    del knobs["wait_ms"]
    with pytest.raises(UsageError, match=r"profile 'mine' .* `wait_ms`"):
        knobs_of(Profile("mine", knobs))


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"wait_seconds": 3}, "wait_seconds"),
        ({"trip_rule": "sometimes"}, "sometimes"),
        ({"wait_ms": 0}, "wait_ms"),
        ({"trip_rule": "rate"}, "needs window"),
        ({"window": "count"}, "window_size"),
        ({"window": "time"}, "window_ms"),
        ({"half_open_limit": "total", "half_open_permits": 0}, "half_open_permits"),
        ({"close_on": "all_permitted", "half_open_permits": 0}, "half_open_permits"),
        ({"half_open_limit": "total", "close_on": "successes", "close_successes": 2}, "never closes"),
        ({"slow_rate_threshold": 50}, "slow_call_ms"),
    ],
)
def test_an_impossible_profile_is_refused_in_words(knobs: dict[str, str | int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        knobs_of(textbook(**knobs))
