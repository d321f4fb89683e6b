"""A profile: every knob in which good implementations differ, declared by the subject before it is judged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shaketable.errors import UsageError

Knob = str | int | float | bool
Whole = int
"""Within the class the name `int` is that of a method."""


class Profile(msgspec.Struct, frozen=True):
    """A name and its knobs; asking for one that is not declared is a usage error that names it."""

    name: str
    knobs: dict[str, Knob]

    def int(self, knob: str) -> int:
        value = self._get(knob)
        if isinstance(value, bool) or not isinstance(value, int):
            raise UsageError(f"profile {self.name!r}: {knob} must be a whole number, got {value!r}")
        return value

    def number(self, knob: str) -> float:
        value = self._get(knob)
        if isinstance(value, (bool, str)):
            raise UsageError(f"profile {self.name!r}: {knob} must be a number, got {value!r}")
        return float(value)

    def word(self, knob: str) -> str:
        value = self._get(knob)
        if not isinstance(value, str):
            raise UsageError(f"profile {self.name!r}: {knob} must be a word, got {value!r}")
        return value

    def span_ms(self, knob: str) -> Whole:
        """Return a span of time. UsageError for one that is negative, or no whole number."""
        value = self.int(knob)
        if value < 0:
            raise UsageError(
                f"profile {self.name!r}: {knob} is a span of time and must not be negative, got {value}"
            )
        return value

    def choice(self, knob: str, among: Sequence[str]) -> str:
        """Return a word that has to be one of these. UsageError for another one: it would mean something else in silence."""
        value = self.word(knob)
        if value not in among:
            raise UsageError(f"profile {self.name!r}: {knob} may be {' or '.join(among)}, got {value!r}")
        return value

    def _get(self, knob: str) -> Knob:
        if knob not in self.knobs:
            known = ", ".join(sorted(self.knobs))
            raise UsageError(f"profile {self.name!r} does not declare {knob!r}; it declares {known}")
        return self.knobs[knob]
