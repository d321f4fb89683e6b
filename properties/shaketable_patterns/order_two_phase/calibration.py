"""The calibration of the orders by two-phase commit: what becomes of each order when nothing fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable_patterns.order_two_phase.values import workload

_WANTED = {"o1": "CONFIRMED", "o2": "CONFIRMED", "o3": "CANCELLED", "o4": "CANCELLED", "o5": "CONFIRMED"}


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Place the orders of the workload and return what did not become of them."""
    said: dict[str, str] = {}
    for op in execute(workload(subject)).ops():
        body = op.result.get("body") if op.outcome == "ok" and isinstance(op.result, dict) else None
        said[str(op.invoked.value["order"])] = (
            str(body["status"]) if isinstance(body, dict) else str(op.outcome)
        )
    return [
        f"order {order} is answered {said.get(order)} instead of {right}"
        for order, right in _WANTED.items()
        if said.get(order) != right
    ]
