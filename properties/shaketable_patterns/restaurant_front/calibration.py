"""The calibration of the front: whatever is asked when nothing fails is answered from outside, and each order has its mail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History
from shaketable.schedule import Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.restaurant_front.values import PARTIES, ask
from shaketable_targets.restaurant_front.settings import MAILER

_ROUNDS = 4
"""The first ones close what an earlier run may have left half-open, and on real servers connect."""


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Ask each party a few times, and return what the last round is answered otherwise than it should be."""
    steps: list[Step] = [Wait(subject.profile.int("wait_ms") + 1_000)]
    number = 0
    for _ in range(_ROUNDS):
        for party in PARTIES:
            number += 1
            steps += [ask(number, party), Wait(1_000)]
    history = execute(Schedule(subject.name, (*steps, Wait(subject.profile.int("deferred_ms")))))
    said = []
    for op in history.ops()[-len(PARTIES) :]:
        body = op.result.get("body") if isinstance(op.result, dict) else None
        if op.outcome != "ok" or not isinstance(body, dict) or body.get("why"):
            said.append(f"{op.name} is answered {op.result!r} when nothing fails")
    ordered = {
        op.invoked.value["request"] for op in history.ops() if op.name == "order" and op.outcome == "ok"
    }
    mailed = {event.value["order"] for event in history if event.kind == "effect" and event.process == MAILER}
    said += [f"order {order} has no mail when nothing fails" for order in sorted(ordered - mailed)]
    return said
