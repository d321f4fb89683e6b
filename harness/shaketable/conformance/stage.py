"""Where a clause is played: steps go in, a finished story comes out, and what it must show is asked of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from shaketable.boundary import Boundary
from shaketable.conformance.moments import Until
from shaketable.errors import HarnessError, UsageError
from shaketable.fault import Fault
from shaketable.history import Event, History, Json, Op
from shaketable.runner import Run, void_reason
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable.subject import Subject
from shaketable.world import World

PATH_MS = 50
"""What the messages of one op may take between them where everything else is exact."""


class Broken(HarnessError):
    """A world does not do what docs/faults.md says."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a world says of itself. Times are schedule milliseconds.

    Whatever is due at an instant may be seen `early_ms` before it (clocks are read twice) and `late_ms` after it;
    whoever comes back may need `start_ms` for it. A simulated world claims 0 throughout. `spoils_bytes`: whether byte-level faults act, or leave the run unknown.
    """

    late_ms: int = 0
    early_ms: int = 0
    start_ms: int = 0
    spoils_bytes: bool = False

    def __post_init__(self) -> None:
        if self.late_ms >= LONG_MS // 2:
            raise HarnessError(
                f"late_ms must be under {LONG_MS // 2}: later than that cannot be told from never"
            )


_GLANCE_MS = 50
_GLANCES_MAX = 120_000 // _GLANCE_MS
LONG_MS = 30_000
"""A fault that is healed before it ends by itself would have lasted this long."""


class Story:
    """One finished run, and what there is to ask of it."""

    def __init__(self, history: History, boundaries: Iterable[Boundary], claims: Claims) -> None:
        self.history = history
        self.boundaries = tuple(str(boundary) for boundary in boundaries)
        void = void_reason(history)
        self.worth = "" if void is None else void.text
        self._claims = claims

    # -- what happened -----------------------------------------------------------------------------------

    def events(self, kind: str, name: str = "", process: str = "") -> list[Event]:
        return [
            e for e in self.history if e.kind == kind and name in ("", e.name) and process in ("", e.process)
        ]

    def the(self, kind: str, name: str = "", process: str = "") -> Event:
        """The only event of that kind."""
        found = self.events(kind, name, process)
        self.equal(f"number of {kind} {name} {process}".rstrip(), len(found), 1)
        return found[0]

    @property
    def paid(self) -> list[str]:
        """The sales for which the bank was asked, in order."""
        return [e.value["sale"] for e in self.events("effect", "pay")]

    @property
    def sold(self) -> list[str]:
        return [e.value["writes"][0][2]["id"] for e in self.commits("shop")]

    @property
    def seen(self) -> list[str]:
        return [e.value["writes"][0][2]["id"] for e in self.commits("reader")]

    @property
    def appended(self) -> list[tuple[str, int]]:
        return [(e.value["key"], e.value["offset"]) for e in self.events("effect", "append")]

    def commits(self, database: str) -> list[Event]:
        return [e for e in self.events("effect", "commit") if e.value["db"] == database]

    def op(self, n: int = 0) -> Op:
        return self.history.ops()[n]

    def took_ms(self, n: int = 0) -> int:
        """From the n-th op's invocation to its completion."""
        op = self.op(n)
        if op.completed is None:
            raise Broken(f"op {n} never completed")
        return op.completed.time_ms - op.invoked.time_ms

    # -- what it must show -------------------------------------------------------------------------------

    def equal(self, what: str, seen: Json, wanted: Json) -> None:
        if seen != wanted:
            raise Broken(f"{what}: expected {wanted!r}, saw {seen!r}")

    def outcome(self, wanted: str, result: Json = None, n: int = 0) -> None:
        """How the n-th op ended; `result` of an `ok` is compared only when given."""
        op = self.op(n)
        seen = (op.outcome, op.result if result is not None else None)
        self.equal(f"outcome of op {n} ({op.name})", seen, (wanted, result))

    def landed(self, name: str, times: int = 1) -> Event:
        """Each of the faults `name` left exactly one receipt that names it; the (first) receipt."""
        faults, receipts = self.events("fault", name), self.events("receipt", name)
        self.equal(f"receipts of {name}", [r.ref for r in receipts], [f.index for f in faults])
        self.equal(f"number of receipts of {name}", len(receipts), times)
        for receipt in receipts:
            if not (isinstance(receipt.value, dict) and receipt.value.get("what")):
                raise Broken(f"the receipt of {name} does not say what happened")
        return receipts[0]

    def never_landed(self) -> None:
        self.equal("receipts", [r.value for r in self.events("receipt")], [])

    def due(self, what: str, seen_ms: int, wanted_ms: int, *, path_ms: int = 0) -> None:
        """`seen_ms` is `wanted_ms`, as nearly as the world claims; an answer's messages may take `path_ms`."""
        early, late = self._claims.early_ms, self._claims.late_ms + path_ms
        if not -early <= seen_ms - wanted_ms <= late:
            raise Broken(f"{what}: due at {wanted_ms} ms (at most {late} later), seen at {seen_ms} ms")

    def answered(self, wanted_ms: int, n: int = 0) -> None:
        """The n-th op took `wanted_ms`."""
        self.due(f"the answer of op {n}", self.took_ms(n), wanted_ms, path_ms=PATH_MS)

    def returned(self, party: str, seen_ms: int, wanted_ms: int) -> None:
        """`party` came back after `wanted_ms`, and after the time that a start takes."""
        self.due(f"the return of {party}", seen_ms, wanted_ms, path_ms=self._claims.start_ms)

    def at_least(self, what: str, seen_ms: int, wanted_ms: int) -> None:
        if seen_ms < wanted_ms - self._claims.early_ms:
            raise Broken(f"{what}: not before {wanted_ms} ms, seen at {seen_ms} ms")


class Stage:
    """A world and the tiny system on it."""

    def __init__(self, world: World, subject: Subject, claims: Claims) -> None:
        self.world = world
        self.subject = subject
        self.claims = claims

    def play(self, *steps: Step | Fault | Until) -> Story:
        """Steps (a bare fault is injected) to the end of a run: armed faults land, all heals, it becomes quiet."""
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
        story = Story(run.finish(), run.boundaries, self.claims)
        times = [event.time_ms for event in story.history]
        if times != sorted(times):
            raise Broken("time goes backwards in the history")
        story.equal("the run becomes quiet", story.the("phase", "quiet").value, {"quiet": True})
        return story

    def _wait_until(self, run: Run, moment: Until) -> None:
        for _ in range(_GLANCES_MAX):
            if moment.holds(run.history):
                return
            run.step(Wait(_GLANCE_MS))
        raise Broken(f"waited for two minutes until {moment.what}")

    def taken(self, *faults: Fault) -> list[Fault]:
        """Those that a run does not refuse as the user's mistake. One that is refused leaves nothing, nor ends the run."""
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
                raise Broken(f"a fault that was refused leaves its traces: {traces}")
        finally:
            session.close()
        return taken

    def leave(self, *steps: Step | Fault) -> None:
        """Like `play`, but the session is closed in the middle, as when a caller's body raises."""
        session = self.world.open(self.subject)
        try:
            for step in steps:
                session.apply(_as_step(step))
        finally:
            session.close()


def _as_step(step: Step | Fault) -> Step:
    return step if isinstance(step, Do | Heal | Inject | Wait) else Inject(step)


def buy(sale: str = "s1", of: str = "shop") -> Do:
    """The op most clauses use."""
    return Do("buy", {"sale": sale} if of == "shop" else {"sale": sale, "of": of})
