"""A call on a thread stops between two lines of the subject's own code, and only there."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.components.component import component
from shaketable.components.interface.adapter import Carrier
from shaketable.components.scheduling.outside import outside
from shaketable.components.scheduling.switch_points import is_of_subject
from shaketable.components.world import ComponentSession
from shaketable.history import Event
from shaketable.schedule import Do, Step


class Counter:
    """Reads, then writes: another thread may come in between."""

    def __init__(self) -> None:
        self.count = 0

    def call(self, fn: Callable[[], object]) -> object:
        seen = self.count
        self.count = seen + 1
        return fn()

    def state(self) -> str:
        return str(self.count)


def events(*steps: Step, carrier: Carrier = "threads") -> list[Event]:
    session = ComponentSession(component(lambda _clock: Counter(), sync=True, carrier=carrier), 0)
    session.apply_all(steps)
    session.heal()
    session.settle()
    session.close()
    return session.history.events


def start(call: int, **more: int) -> Do:
    return Do("start", {"call": call, **more})


def counts(found: list[Event]) -> list[str]:
    return [event.value for event in found if event.kind == "state"]


RACE = (start(1, stop_at=2), start(2), Do("go_on", {"call": 1}))


def test_a_thread_that_is_stopped_between_reading_and_writing_loses_an_update() -> None:
    assert counts(events(start(1), start(2)))[-1] == "2"
    assert counts(events(*RACE))[-1] == "1"


def test_the_same_schedule_gives_the_same_history() -> None:
    assert events(*RACE) == events(*RACE)


def test_a_stop_names_its_line_and_ends_when_the_call_runs_on_or_at_the_heal() -> None:
    for steps in (RACE, RACE[:2]):
        found = [e for e in events(*steps) if e.name in ("stopped", "goes_on")]
        assert [e.name for e in found] == ["stopped", "goes_on"]
        assert found[0].value["at"].startswith("test_switch_points.py:")


def test_greenlets_and_lines_that_are_never_reached_stop_nothing() -> None:
    for found in (events(*RACE, carrier="greenlets"), events(start(1, stop_at=900))):
        assert "stopped" not in {event.name for event in found}


def test_the_harness_and_the_standard_library_are_not_the_subject() -> None:
    import json

    assert is_of_subject(Counter.call.__code__)
    assert not is_of_subject(ComponentSession.apply.__code__)
    assert not is_of_subject(json.dumps.__code__)


class ThreeLines:
    """Its middle line asks what plays a store."""

    def call(self, fn: Callable[[], object]) -> object:
        a = 1
        store_of_two_lines()
        return fn() if a else None


@outside
def store_of_two_lines() -> int:
    stored = [1]
    return stored.pop()


def test_what_plays_a_store_has_no_lines_to_stop_at_and_its_caller_still_has() -> None:
    session = ComponentSession(component(lambda _clock: ThreeLines(), sync=True), 0)
    session.apply_all((start(1, stop_at=3), Do("go_on", {"call": 1})))
    session.heal()
    session.settle()
    session.close()
    (stopped,) = [event for event in session.history.events if event.name == "stopped"]
    line_of = ThreeLines.call.__code__.co_firstlineno
    assert stopped.value["at"] == f"test_switch_points.py:{line_of + 3}"


def test_coroutines_and_what_is_no_function_are_left_as_they_are() -> None:
    class Store:
        size = 3

        async def ask(self) -> int:
            return self.size

        @property
        def twice(self) -> int:
            return 2 * self.size

    before = dict(vars(Store))
    assert outside(Store) is Store
    assert dict(vars(Store)) == before
