"""The progress of one saga: what was asked for, what came of it, and what follows from that. No port is used here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from shaketable.ports import Json, Row
from shaketable_targets.order_system.orchestrated.plan import ALWAYS, CANCEL, CONFIRM, STEP_OF, STEPS

Outcome = Literal["done", "already", "refused"]
ENDS = ("CONFIRMED", "CANCELLED")
ACTIVE = ("RUNNING", "CONFIRMING", "UNDOING", "CANCELLING")
_UNDOABLE = ("SENT", "DONE", "UNDOING")
"""A step that was sent and not answered may have been done."""
_SENT = {CONFIRM: ("CONFIRMING", "CONFIRMED"), CANCEL: ("CANCELLING", "CANCELLED")}


@dataclass(slots=True)
class Progress:
    """One saga as its row says it is."""

    order: Json
    """The order's fields: order, item, quantity, amount."""
    status: str = "RUNNING"
    steps: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ALWAYS, "NEW"))
    attempts: dict[str, int] = field(default_factory=dict)
    parked: str = ""
    filed: tuple[str, ...] = ()
    """Commands that have a dead letter, or had one."""

    # -- as a row ----------------------------------------------------------------------------------------

    @staticmethod
    def read(row: Row) -> Progress:
        order = {"order": row["id"], **{name: row[name] for name in ("item", "quantity", "amount")}}
        attempts = json.loads(str(row["attempts"]))
        return Progress(
            order,
            str(row["status"]),
            json.loads(str(row["steps"])),
            attempts,
            str(row["parked"]),
            tuple(json.loads(str(row["filed"]))),
        )

    def columns(self) -> Row:
        return {
            "status": self.status,
            "steps": json.dumps(self.steps),
            "attempts": json.dumps(self.attempts),
            "parked": self.parked,
            "filed": json.dumps(self.filed),
        }

    # -- what is next ------------------------------------------------------------------------------------

    def due(self) -> list[str]:
        """Return the commands that have to be sent now, those that were sent and not answered too."""
        match self.status:
            case "RUNNING":
                forward = [name for name in self.steps if self._may_begin(name)]
                return [STEPS[name].do for name in forward] or [CONFIRM]
            case "UNDOING":
                back = [name for name in self.steps if self._may_be_undone(name)]
                return [STEPS[name].undo for name in back] or [CANCEL]
            case "CONFIRMING":
                return [CONFIRM]
            case "CANCELLING":
                return [CANCEL]
        return []

    def unsent(self) -> list[str]:
        """Return the commands of `due` that were never sent."""
        return [command for command in self.due() if not self._was_sent(command)]

    def _was_sent(self, command: str) -> bool:
        if command in _SENT:
            return self.status == _SENT[command][0]
        step = STEP_OF[command]
        return self.steps[step.name] == ("SENT" if command == step.do else "UNDOING")

    def _may_begin(self, name: str) -> bool:
        after = STEPS[name].after
        return self.steps[name] in ("NEW", "SENT") and all(self.steps[one] == "DONE" for one in after)

    def _may_be_undone(self, name: str) -> bool:
        later = [other for other in self.steps if name in STEPS[other].after]
        return self.steps[name] in _UNDOABLE and not any(self.steps[one] in _UNDOABLE for one in later)

    # -- what happens ------------------------------------------------------------------------------------

    def send(self, commands: list[str]) -> None:
        """Note that these commands are sent."""
        for command in commands:
            if command in _SENT:
                self.status = _SENT[command][0]
                continue
            step = STEP_OF[command]
            self.steps[step.name] = "SENT" if command == step.do else "UNDOING"

    def take(self, command: str, outcome: Outcome, *, courier: bool = False) -> None:
        """Note what a participant answered. An answer that comes again, or too late to matter, changes nothing."""
        self.attempts.pop(command, None)
        step = STEP_OF.get(command)
        if outcome == "refused" and (step is None or command == step.undo):
            self.park(command)  # no plan has an answer to that: a person has to look at it
        elif step is None:
            sent, end = _SENT[command]
            if self.status == sent:
                self.status = end
        elif command == step.undo:
            self.steps[step.name] = "UNDONE"
        elif self.steps[step.name] == "SENT":
            self._take_step(step.name, outcome, courier)

    def _take_step(self, name: str, outcome: Outcome, courier: bool) -> None:
        self.steps[name] = "REFUSED" if outcome == "refused" else "DONE"
        if outcome == "refused":
            self.turn_back()
        elif courier:
            self.steps.setdefault("courier", "NEW")

    def turn_back(self) -> None:
        """Begin to undo, unless that has begun."""
        if self.status == "RUNNING":
            self.status = "UNDOING"

    def fail(self, command: str, attempts_max: int) -> None:
        """Note that nothing is known of a command. After too often a step is undone, and anything else parked."""
        failures = self.attempts[command] = self.attempts.get(command, 0) + 1
        if failures < attempts_max:
            return
        step = STEP_OF.get(command)
        if step is not None and command == step.do:
            self.turn_back()
        else:
            self.park(command)

    def park(self, command: str) -> None:
        """Give a command up for now."""
        self.parked = command
        self.filed = tuple(dict.fromkeys((*self.filed, command)))

    def is_over(self, command: str) -> bool:
        """Tell whether nothing has to be asked of this command any more."""
        return command not in self.due()
