"""A world called real in which a defect shows in some runs only."""

from __future__ import annotations

from dataclasses import dataclass

from counter_subject import ToySession, ToyWorld, counter

from shaketable.subject import Subject


@dataclass(slots=True)
class FickleWorld(ToyWorld):
    """A world called real: the defect is there in every `every`-th run only, `until` a number of runs was opened."""

    name: str = "processes"
    every: int = 1
    until: int = 10**9
    interrupt_at: int = 10**9

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
        self.opened += 1
        if self.opened >= self.interrupt_at:
            raise KeyboardInterrupt
        there = self.opened % self.every == 0 and self.opened <= self.until
        return ToySession(subject if there else counter(), seed, self.quiet)
