"""No correct breaker is accused: the model itself, driven as a breaker under many profiles, breaks nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from breaker_history import document, textbook

from shaketable.components.clock import Clock
from shaketable.components.world import ComponentWorld
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.explore.generate.run_sink import Sink
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.runner import Outcome, execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.kind import breaker
from shaketable_patterns.circuit_breaker.model import Model
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.states import HALF_OPEN, NEVER, OPEN

WORLD = ComponentWorld()


class NotNow(Exception):
    """Refused."""


class Ideal:
    """The reference model as a breaker: lawful under its profile by construction."""

    rejections = (NotNow,)

    def __init__(self, clock: Clock, knobs: Knobs) -> None:
        self._now_ms = clock.now_ms
        self._model = Model(knobs)
        self._calls = 0

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        model, now_ms = self._model, self._now_ms()
        model.tick(now_ms)
        if model.allows(now_ms) == NEVER:
            model.refuse(now_ms, -1)
            raise NotNow
        self._calls += 1
        number = self._calls
        model.admit(number, now_ms, -1)
        how = "cancelled"
        try:
            result = await fn()
            how = "ok"
        except ConnectionError:
            how = "fail"
            raise
        except ValueError:
            how = "excluded"
            raise
        finally:
            model.tick(self._now_ms())
            model.result(number, how, self._now_ms(), -1)
        return result

    def state(self) -> str:
        self._model.tick(self._now_ms())
        return self._model.state

    def listen(self, callback: Callable[[], None]) -> None:
        del callback


class Findings(Sink):
    """Keeps every finding, and whether the interesting states were reached at all."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unknown: set[str] = set()
        self.states: set[str] = set()

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.findings += [f for j in outcome.judgements for f in j.findings]
        self.unknown |= {j.unknown for j in outcome.judgements if j.unknown}
        self.states |= {e.value for e in outcome.history if e.name == "state"}


def ideal(profile: Profile) -> Subject:
    knobs = knobs_of(profile)
    return breaker(
        "breaker/ideal", lambda clock: Ideal(clock, knobs), profile=profile, sync=False, time="injected"
    )


PROFILES = {
    "document": document(),
    "document, stale ignored": document(stale="ignore"),
    "automatic": document(leaves_open="automatic"),
    "half-open for two seconds": document(max_half_open_ms=2_000, wait_ms=5_000),
    "automatic, half-open for two seconds": document(leaves_open="automatic", max_half_open_ms=2_000),
    "cancelled and excluded count": document(cancelled="failure", excluded="success"),
    "late failures extend open": document(late_failure_extends_open=True),
    "in flight": document(half_open_limit="concurrent"),
    "time window": document(window="time", window_ms=20_000, minimum_calls=3),
    "small window": document(window_size=3, minimum_calls=2, slow_rate_threshold=50, slow_call_ms=700),
    "strict": document(compare=">", failure_threshold=34),
    "textbook": textbook(),
    "textbook, total": textbook(trip_rule="total", stale="count"),
    "textbook, total in a window": textbook(trip_rule="total", window="count", window_size=5),
    "textbook, two successes": textbook(
        half_open_limit="concurrent", half_open_permits=2, close_on="successes", close_successes=2
    ),
    "textbook, three permits, all must succeed": textbook(
        half_open_limit="total", half_open_permits=3, close_on="all_permitted", minimum_calls=3
    ),
    "textbook, unobservable": textbook(states_observable=False, listeners=False),
}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_the_model_itself_is_never_accused(profile: Profile) -> None:
    seen = Findings()
    machine = machine_for(ideal(profile), WORLD, seen)
    generate(machine, seed=3, limits=search_settings(25))
    assert seen.findings == []
    assert seen.unknown == set()
    assert {OPEN, HALF_OPEN} <= seen.states


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_calibration_agrees_with_the_model_itself(profile: Profile) -> None:
    assert mismatches(ideal(profile)) == []


class Closed(Ideal):
    """Keeps its state to itself."""

    state = None  # type: ignore[assignment]


def test_calibration_asks_to_see_the_states_that_are_declared_observable() -> None:
    def told(profile: Profile) -> list[str]:
        knobs = knobs_of(profile)
        return mismatches(
            breaker(
                "breaker/mine",
                lambda clock: Closed(clock, knobs),
                profile=profile,
                sync=False,
                time="injected",
            )
        )

    (problem,) = told(textbook(states_observable=True))
    assert "never shows a state" in problem
    assert told(textbook(states_observable=False)) == []


def mismatches(subject: Subject) -> list[str]:
    def run(schedule: Schedule) -> History:
        return execute(WORLD, subject, schedule).history

    return list(subject.pattern.calibrate(subject, run))


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"failure_threshold": 5}, "failure_threshold=5"),
        ({"wait_ms": 60_000}, "wait_ms="),
        ({"close_on": "successes", "close_successes": 2}, "close_on"),
    ],
)
def test_calibration_names_a_knob_that_is_declared_wrongly(knobs: dict[str, int | str], words: str) -> None:
    real = knobs_of(textbook(**knobs))
    subject = breaker(
        "breaker/mine", lambda clock: Ideal(clock, real), profile=textbook(), sync=False, time="injected"
    )
    told = mismatches(subject)
    assert told
    assert any(words in line for line in told)
