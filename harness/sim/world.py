"""The deterministic world: same schedule and seed, byte-identical history."""

from __future__ import annotations

from harness.errors import UsageError
from harness.sim.session import SimSession
from harness.subject import Subject, System


class SimWorld:
    """Opens systems in virtual time, in this process, with nothing to set up."""

    name = "sim"

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> SimSession:
        """A fresh run. The simulation draws nothing, so the seed changes nothing here: chance is in the schedule."""
        del seed
        if not isinstance(subject.target, System):
            raise UsageError(f"{subject.name} is a component; the simulated system world runs systems")
        return SimSession(subject.target, trace=trace)
