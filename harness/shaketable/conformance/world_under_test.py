"""The world that a clause is played on: steps go in, a finished run comes out."""

from __future__ import annotations

import contextlib

from shaketable.conformance.moments import Until
from shaketable.conformance.played_run import Claims, ClauseBroken, PlayedRun
from shaketable.errors import UsageError
from shaketable.fault import Fault
from shaketable.runner import Run
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait
from shaketable.subject import Subject
from shaketable.world import World

_CHECK_EVERY_MS = 50
_CHECKS_MAX = 120_000 // _CHECK_EVERY_MS


class WorldUnderTest:
    """A world with the tiny system on it, and what it claims of itself."""

    def __init__(self, world: World, subject: Subject, claims: Claims) -> None:
        self.world = world
        self.subject = subject
        self.claims = claims

    def play(self, *steps: Step | Fault | Until) -> PlayedRun:
        """Play steps (a bare fault is injected) to the end of a run: armed faults land, all heals, it becomes quiet."""
        run = Run(self.world, self.subject, trace=True)
        try:
            for step in steps:
                if isinstance(step, Until):
                    self._wait_until(run, step)
                else:
                    run.step(_as_step(step))
        except BaseException:
            run.abandon()
            raise
        played = PlayedRun(run.finish(), run.boundaries, self.claims)
        times = [event.time_ms for event in played.history]
        if times != sorted(times):
            raise ClauseBroken("time goes backwards in the history")
        played.equal("the run becomes quiet", played.the("phase", "quiet").value, {"quiet": True})
        return played

    def _wait_until(self, run: Run, moment: Until) -> None:
        for _ in range(_CHECKS_MAX):
            if moment.holds(run.history):
                return
            run.step(Wait(_CHECK_EVERY_MS))
        raise ClauseBroken(f"waited for two minutes until {moment.what}")

    def taken(self, *faults: Fault) -> list[Fault]:
        """Return the faults that a run does not refuse as a usage error; a refused one leaves nothing, nor ends the run."""
        taken = []
        session = self.world.open(self.subject)
        try:
            for fault in faults:
                with contextlib.suppress(UsageError):
                    session.apply(Inject(fault))
                    taken.append(fault)
            session.heal()
            traces = [e.value for e in session.history if e.kind == "fault"]
            if not (session.settle() and len(traces) == len(taken)):
                raise ClauseBroken(f"a fault that was refused leaves its traces: {traces}")
        finally:
            session.close()
        return taken

    def leave(self, *steps: Step | Fault) -> None:
        """Play steps and close the session in the middle, as when a caller's body raises."""
        session = self.world.open(self.subject)
        try:
            for step in steps:
                session.apply(_as_step(step))
        finally:
            session.close()


def _as_step(step: Step | Fault) -> Step:
    return step if isinstance(step, Do | Heal | Inject | Wait | AtPoint) else Inject(step)


def buy(sale: str = "s1", of: str = "shop") -> Do:
    """Return the op that most clauses use."""
    return Do("buy", {"sale": sale} if of == "shop" else {"sale": sale, "of": of})
