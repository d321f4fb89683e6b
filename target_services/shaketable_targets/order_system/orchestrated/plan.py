"""The plan of the order saga: its steps, what undoes each, and which follows which."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the service that does it, its two commands, and the steps that must be done before."""

    name: str
    service: str
    do: str
    undo: str
    after: tuple[str, ...] = ()


STEPS = {
    step.name: step
    for step in (
        Step("charge", "payment", "charge", "refund"),
        Step("reserve", "inventory", "reserve", "release"),
        Step("courier", "inventory", "book", "unbook", after=("reserve",)),
    )
}
ALWAYS = ("charge", "reserve")
"""The steps of every order; a courier is added when inventory says that the goods are fragile."""
CONFIRM, CANCEL = "confirm", "cancel"
STEP_OF = {command: step for step in STEPS.values() for command in (step.do, step.undo)}
SERVICE_OF = {CONFIRM: "order", CANCEL: "order"} | {
    command: step.service for command, step in STEP_OF.items()
}
"""The service that takes each command."""
