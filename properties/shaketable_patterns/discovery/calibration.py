"""The calibration of a registry: what is listed when nothing fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.discovery.values import look, settled_ms
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_targets.discovery.settings import MEMBERS


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Let all register, and one take leave and come back; return what the desks and registries say otherwise."""
    bounds = Bounds(subject.profile)
    steps: list[Step] = [Wait(settled_ms(bounds)), *look(), Wait(1_000)]
    for move in ("leave", "join"):
        steps += [Do(move, {"at": MEMBERS[0]}), Wait(bounds.shown_ms(is_direct=False)), *look(), Wait(1_000)]
    history = execute(Schedule(subject.name, tuple(steps)))
    wanted = (set(MEMBERS), set(MEMBERS[1:]), set(MEMBERS))
    asked = [op for op in history.ops() if op.name in ("who", "apps")]
    said = []
    for number, op in enumerate(asked):
        right = wanted[number // (len(asked) // len(wanted))]
        body = op.result.get("body") if op.outcome == "ok" and isinstance(op.result, dict) else None
        listed = {one["id"] for one in body["instances"]} if isinstance(body, dict) else None
        if listed != right:
            said.append(
                f"{op.invoked.value['at']} lists {listed and sorted(listed)} instead of {sorted(right)}"
            )
    return said
