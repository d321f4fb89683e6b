"""A probe that finds out by trying if virtual time reaches a component."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.components.world import ComponentSession
from shaketable.history import History, Json
from shaketable.schedule import Do, Wait
from shaketable.subject import Component

LONG_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class TimeProbe:
    """The result of the probe; `reached` is None when the component never refused a call, so that nothing can be said."""

    reached: bool | None
    reason: str


def time_reaches(target: Component, *, calls_max: int = 200, wait_ms: int = LONG_MS) -> TimeProbe:
    """Fail calls until the component refuses one, let `wait_ms` of virtual time pass, and see if it admits again."""
    session = ComponentSession(target, 0)
    try:
        for number in range(calls_max):
            session.apply(Do("start", {"call": number}))
            session.apply(Do("finish", {"call": number, "with": "fail"}))
            if _refused(session.history, number):
                break
        else:
            return TimeProbe(None, f"{calls_max} failures in a row did not make it refuse a call")
        session.apply(Wait(wait_ms))
        session.apply(Do("start", {"call": calls_max}))
        if _admitted(session.history, calls_max):
            return TimeProbe(True, "virtual time reaches it")
        return TimeProbe(
            False,
            f"virtual time does not reach it: it still refuses {wait_ms} ms after it opened, neither through the "
            "clock its factory is given nor through time-machine",
        )
    finally:
        session.close()


def _refused(history: History, number: int) -> bool:
    return any(e.kind == "fail" and e.process == f"call-{number}" and e.value["rejected"] for e in history)


def _admitted(history: History, number: int) -> bool:
    value: Json = {"call": number}
    return any(e.name == "admitted" and e.value == value for e in history)
