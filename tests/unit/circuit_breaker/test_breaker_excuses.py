"""What an author documents, or expects of a breaker, lets certify() pass; a name that does not exist is an error."""

from __future__ import annotations

import pytest
from breaker_history import textbook

from shaketable import breaker, certify
from shaketable.components.clock import Clock
from shaketable.errors import UsageError
from shaketable.explore.check import PromiseBroken
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable_patterns.circuit_breaker.profile import DOCUMENT
from shaketable_patterns.circuit_breaker.subjects import ReferenceAdapter
from shaketable_targets.breakers.reference import CircuitBreaker


class OnePermitMore(CircuitBreaker):
    def _has_permit(self) -> bool:
        return self._permits > -1


def subject(profile: Profile = DOCUMENT, expects: Expectation | None = None) -> Subject:
    def make(clock: Clock) -> ReferenceAdapter:
        return ReferenceAdapter(OnePermitMore(clock.now_ms))

    return breaker("mine/permits", make, profile=profile, sync=False, time="injected", expects=expects)


def documenting(*anomalies: str) -> Profile:
    return Profile("mine", DOCUMENT.knobs | {"documented": " ".join(anomalies)})


EXPECTED = Expectation(breaks={"CB-3": ("half-open-overadmission",)}, may_break=frozenset({"CB-7"}))


def test_a_breach_that_nothing_excuses_fails() -> None:
    with pytest.raises(PromiseBroken, match="half-open-overadmission"):
        certify(subject(), runs=150)


def test_what_is_documented_or_expected_passes() -> None:
    certify(subject(documenting("half-open-overadmission", "permit-leaked")), runs=75)
    certify(subject(expects=EXPECTED), runs=75)


def test_a_documented_anomaly_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UsageError, match="names no anomaly of the pattern: half-open-over"):
        subject(documenting("half-open-over"))


@pytest.mark.parametrize(
    ("expects", "words"),
    [
        (Expectation(breaks={"CB-33": ("x",)}), "expects names CB-33"),
        (Expectation(may_break=frozenset({"CB-x"})), "expects names CB-x"),
        (Expectation(breaks={"CB-3": ("tripped-early",)}), "expects tripped-early of CB-3"),
    ],
)
def test_an_expectation_that_does_not_exist_is_an_error(expects: Expectation, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        breaker("mine/x", lambda _: None, profile=textbook(), sync=True, expects=expects)  # type: ignore[arg-type,return-value]
