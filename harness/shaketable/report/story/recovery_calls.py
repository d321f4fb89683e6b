"""Readable names for the calls that a component's recovery makes: their own numbers are far beyond the schedule's."""

from __future__ import annotations

import re

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.history import History

_CALL = re.compile(r"\bcall[ -](\d{10,})\b")


class RecoveryCalls:
    """The recovery calls of a history, numbered from 1 in the order in which they start."""

    def __init__(self, history: History) -> None:
        self._numbers: dict[str, int] = {}
        for event in history.events:
            found = _CALL.fullmatch(event.process) if event.kind == "invoke" else None
            if found is not None and int(found[1]) >= RECOVERY_FIRST:
                self._numbers.setdefault(found[1], len(self._numbers) + 1)

    def named(self, text: str) -> str:
        """Return `text` with each recovery call, `call-1000000000` or `call 1000000000`, as `recovery call 1`."""
        return _CALL.sub(self._name, text) if self._numbers else text

    def _name(self, found: re.Match[str]) -> str:
        number = self._numbers.get(found[1])
        return found[0] if number is None else f"recovery call {number}"
