"""A hypothesis: one way in which a breaker may differ from the declared model, and the name of that anomaly."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from shaketable.verdict import Level, Promise
from shaketable_patterns.circuit_breaker.model import Model
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.states import HALF_OPEN


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """Other knobs, or quirks, under which the breaker's behaviour would follow."""

    promise: Promise
    anomaly: str
    message: str
    knobs: dict[str, object] = field(default_factory=dict)
    quirks: frozenset[str] = frozenset()
    of_probe: str = ""
    """The name of the anomaly when it happens to a half-open call, if it has one of its own."""
    needs: str = ""
    """A trait without which the history cannot tell it from the model (see `explanation`)."""
    partly: str = ""
    """The setting that it follows in part: it counts as that setting, though no knob says it exactly."""
    unspecific: bool = False
    """True if it needs nothing particular to have happened, and so explains too much."""

    @property
    def key(self) -> str:
        """Its name in the `cause` of a finding: the settings and quirks that it assumes; no two have the same."""
        settings = [f"{knob}={value}" for knob, value in self.knobs.items()]
        return ", ".join([*settings, *sorted(self.quirks)])

    @property
    def mistake(self) -> bool:
        """True if no profile allows it."""
        return bool(self.quirks) and not self.partly

    @property
    def level(self) -> Level:
        """The level of a finding that blames it."""
        return "VIOLATION" if self.mistake else "OFF-PROFILE"

    @property
    def off_profile(self) -> str:
        """The setting that would allow it, or ""."""
        if self.partly or self.mistake:
            return self.partly
        return ", ".join(f"{knob}={value}" for knob, value in self.knobs.items())

    def named(self, model: Model) -> tuple[str, str]:
        """Return the promise and the anomaly, after a replay in which `model` knows where the quirk made a difference."""
        of_probe = self.of_probe and model.quirk_index >= 0 and model.quirk_state == HALF_OPEN
        return self.promise.id, self.of_probe if of_probe else self.anomaly

    def possible(self, knobs: Knobs, quirks: frozenset[str], traits: frozenset[str]) -> bool:
        """Tell whether trying it can explain anything new."""
        if self.needs and self.needs not in traits:
            return False
        if self.quirks:
            return not self.quirks <= quirks
        return any(getattr(knobs, knob) != value for knob, value in self.knobs.items())

    def applied(self, knobs: Knobs) -> Knobs:
        """Return `knobs` with its own settings."""
        return msgspec.structs.replace(knobs, **self.knobs) if self.knobs else knobs
