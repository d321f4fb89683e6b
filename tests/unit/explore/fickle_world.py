"""A world called real in which a defect shows in some runs only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from counter_subject import ToySession, ToyWorld, counter

from shaketable.history import History
from shaketable.subject import Subject
from shaketable.world_traits import Traits, traits_of


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


@dataclass(slots=True)
class PacedWorld(FickleWorld):
    """The same with a scale of its own.

    With `strikes` a fault lands in each run, with `misses` one never does; if `blind` it lacks what the subject needs.
    """

    scale: float = 30.0
    strikes: bool = False
    misses: bool = False
    blind: bool = False
    closed: int = 0

    @property
    def traits(self) -> Traits:
        return replace(traits_of(self.name), scale=self.scale)

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
        session = FickleWorld.open(self, subject, seed=seed, trace=trace)
        if self.strikes or self.misses:
            fault = session.history.add(0, "fault", "counter", "crash", {"service": "counter"})
            if self.strikes:
                session.history.add(0, "receipt", "counter", "crash", {}, fault)
        return session

    def cannot_show(self, subject: Subject, history: History) -> str:
        return "it is blind" if self.blind else ""

    def interrupt(self) -> None: ...

    def close(self) -> None:
        self.closed += 1


def hurried_for(subject: Subject, name: str) -> PacedWorld:
    """What a worker makes the world of a search with."""
    return PacedWorld(name)


def patient_for(subject: Subject, name: str) -> PacedWorld:
    """What a worker makes the world with more time with, in which nothing is wrong."""
    return PacedWorld(name, scale=10.0, until=0)
