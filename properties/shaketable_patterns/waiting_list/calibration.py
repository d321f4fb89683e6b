"""The calibration of a waiting list: what it answers when nothing fails, against a simple list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History, Json
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject

_GAP_MS = 3_000
_COMES = ("w3", "w1", "w2", "w4")
_QUESTIONS: tuple[tuple[str, dict[str, Json]], ...] = (
    ("queue", {"place": "p1"}),
    ("position", {"waiting": "w2"}),
    ("look", {"waiting": "w2"}),
    ("look", {"waiting": "w1"}),
    ("call", {"place": "p1"}),
)


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Let four come, one change and one cancel, and ask: return what is not as it should be.

    Each is asked for twice, all but the call: on real servers the first request of a kind may take longer than a client waits.
    """
    steps: list[Step] = []
    for waiting in _COMES:
        steps += _twice(Do("join", {"waiting": waiting, "place": "p1", "party": 2}))
    steps += _twice(Do("look", {"waiting": "w2"}))
    steps += _twice(Do("change", {"waiting": "w2", "party": 5}))
    steps += _twice(Do("cancel", {"waiting": "w1"}))
    steps.append(Wait(subject.profile.int("lag_ms")))
    for name, value in _QUESTIONS:
        steps += _twice(Do(name, value)) if name != "call" else [Do(name, value), Wait(_GAP_MS)]
    history = execute(Schedule(subject.name, tuple(steps)))
    said = [_last_answer(history, name, value) for name, value in _QUESTIONS]
    wanted = (
        ("those who wait stand in their order", said[0].get("waitings"), ["w3", "w2", "w4"]),
        ("w2 is the second", said[1].get("position"), 2),
        ("w2 is five people", said[2].get("party"), 5),
        ("w1 has cancelled", said[3].get("status"), "CANCELLED"),
        ("w3 is called first", said[4].get("called"), "w3"),
    )
    return [
        f"{what}: {was!r} is answered instead of {right!r}" for what, was, right in wanted if was != right
    ]


def _twice(step: Do) -> list[Step]:
    return [step, Wait(_GAP_MS), step, Wait(_GAP_MS)]


def _last_answer(history: History, name: str, value: dict[str, Json]) -> dict[str, Json]:
    """Return the body of the last answer to a question."""
    ops = [op for op in history.ops() if op.name == name and op.invoked.value == value]
    bodies = [op.result.get("body") for op in ops if op.outcome == "ok" and isinstance(op.result, dict)]
    return bodies[-1] if bodies and isinstance(bodies[-1], dict) else {}
