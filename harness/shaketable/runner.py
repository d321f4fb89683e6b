"""The one loop: safety phase, heal, liveness phase, and why a run proves nothing, if it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shaketable.access import Access, order_digest
from shaketable.boundary import Boundary
from shaketable.checker import judge
from shaketable.errors import HarnessError
from shaketable.history import History
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.deviation import Deviation
from shaketable.orders.policy import Orders, PolicyName
from shaketable.schedule import Schedule, Step
from shaketable.subject import Subject
from shaketable.verdict import Finding, Judgement, Reason
from shaketable.world import OrderedSession, OrderedWorld, Session, World


@dataclass(frozen=True, slots=True)
class Outcome:
    """One finished run. `reason` is why it proves nothing, if it proves nothing; a breach seen in it is one all the same."""

    history: History
    judgements: tuple[Judgement, ...]
    boundaries: tuple[Boundary, ...]
    reason: Reason | None
    deviations: tuple[Deviation, ...] = ()
    """Those that make the same order again, if a policy or deviations decided it."""
    policy: PolicyName | None = None
    arrivals: Arrivals | None = None
    """What happened, counted, if a policy or deviations decided its order."""

    @property
    def unknown(self) -> str:
        """The reason in words, or ""."""
        return "" if self.reason is None else self.reason.text

    @property
    def accesses(self) -> list[Access]:
        """What was read and written at the servers, in order, if that was recorded."""
        return self.history.accesses

    @property
    def order(self) -> str:
        """The digest of the order in which conflicting accesses came; "" if none was decided or recorded."""
        if self.history.accesses:
            return order_digest(self.history.accesses)
        return "" if self.arrivals is None else self.arrivals.order

    @property
    def findings(self) -> list[Finding]:
        """Every finding, in the order of the pattern's promises."""
        return [finding for judgement in self.judgements for finding in judgement.findings]

    def idle_deviations(self, schedule: Schedule) -> tuple[Deviation, ...]:
        """Return the deviations of `schedule`, which this run obeyed, that changed nothing: what they hold back was not late."""
        late = {(deviation.at, deviation.leg) for deviation in self.deviations}
        return tuple(d for d in schedule.deviations or () if (d.at, d.leg) not in late)

    def shows(self, promise: str, anomaly: str) -> bool:
        """Tell whether this run breaks `promise` in that way."""
        return any((f.promise, f.anomaly) == (promise, anomaly) for f in self.findings)


class Run:
    """One run in progress: steps go in, the history comes out. Use `finish` or `abandon` exactly once."""

    def __init__(
        self,
        world: World,
        subject: Subject,
        *,
        seed: int = 0,
        trace: bool = False,
        orders: Orders | None = None,
    ) -> None:
        self.subject = subject
        self._ordered: OrderedSession | None = None
        if orders is not None and isinstance(world, OrderedWorld):
            self._session: Session = world.open_ordered(subject, orders, seed=seed, trace=trace)
            self._ordered = self._session
        else:
            self._session = world.open(subject, seed=seed, trace=trace)
        # A session may offer to apply many steps at less cost than one by one.
        self._apply_all: Callable[[Sequence[Step]], None] | None = getattr(self._session, "apply_all", None)
        self._phase("safety")

    @property
    def history(self) -> History:
        return self._session.history

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        return tuple(self._session.boundaries())

    @property
    def arrivals(self) -> Arrivals | None:
        """What has arrived, counted; None if this world decides no orders."""
        return None if self._ordered is None else self._ordered.arrivals()

    @property
    def decides_orders(self) -> bool:
        """True if orders were given and this world obeys them."""
        return self._ordered is not None

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """Those that make the same order again; none if this world decides no orders."""
        return () if self._ordered is None else self._ordered.deviations()

    def step(self, step: Step) -> None:
        """Apply one step of the safety phase; one that raises ends the run."""
        try:
            self._session.apply(step)
        except BaseException:
            self._session.close()
            raise

    def steps(self, steps: Sequence[Step]) -> None:
        """Apply several steps, as `step` would one after the other."""
        if self._apply_all is None:
            for step in steps:
                self.step(step)
            return
        try:
            self._apply_all(steps)
        except BaseException:
            self._session.close()
            raise

    def finish(self) -> History:
        """Let armed faults land, heal everything, wait for quiet within the subject's bound, stop everything."""
        session = self._session
        try:
            session.drain()
            self._phase("heal")
            session.heal()
            self._phase("liveness")
            quiet = session.settle()
            self._phase("quiet", {"quiet": quiet})
        finally:
            session.close()
        return session.history

    def abandon(self) -> None:
        """Stop everything; the history so far stays."""
        self._session.close()

    def _phase(self, name: str, value: dict[str, bool] | None = None) -> None:
        session = self._session
        session.history.add(session.now_ms, "phase", "harness", name, value)


def execute(world: World, subject: Subject, schedule: Schedule, *, trace: bool = False) -> Outcome:
    """Run a whole schedule and judge it."""
    orders = schedule.orders
    run = Run(world, subject, seed=schedule.seed, trace=trace, orders=orders)
    try:
        run.steps(schedule.steps)
        boundaries = run.boundaries
    except BaseException:
        run.abandon()
        raise
    history = run.finish()
    reason = void_reason(history)
    if orders is not None and not run.decides_orders:
        reason = reason or Reason("orders-not-decided", f"in {world.name} nothing decides what arrives next")
    policy = orders.policy.name if orders is not None and orders.policy is not None else None
    judgements = tuple(assess(subject, history))
    return Outcome(history, judgements, boundaries, reason, run.deviations, policy, run.arrivals)


def assess(subject: Subject, history: History) -> list[Judgement]:
    """Judge every promise of the subject's pattern on this history; HarnessError when a promise is left out."""
    judgements = judge(subject.pattern.checkers, history, subject.profile)
    given = [j.promise for j in judgements]
    if given != [p.id for p in subject.pattern.promises]:
        raise HarnessError(
            f"pattern {subject.pattern.name}: its checkers judged {given}, "
            f"but its promises are {[p.id for p in subject.pattern.promises]}"
        )
    return judgements


def void_reason(history: History) -> Reason | None:
    """Say why this history proves nothing, if so: no op completed, or faults were asked for and none landed."""
    completed = faults = receipts = 0
    for event in history.events:
        kind = event.kind
        if kind == "ok" or kind == "fail":
            completed += 1
        elif kind == "fault":
            faults += 1
        elif kind == "receipt":
            receipts += 1
    if not completed:
        return Reason("no-op-completed", "no op completed")
    if faults and not receipts:
        return Reason("no-fault-landed", "no fault landed")
    return None


def traced(world: World, subject: Subject, schedule: Schedule) -> Run:
    """Run `schedule` to its end, for its history and every boundary crossed until it was quiet; nothing is judged."""
    run = Run(world, subject, seed=schedule.seed, trace=True, orders=schedule.orders)
    try:
        run.steps(schedule.steps)
    except BaseException:
        run.abandon()
        raise
    run.finish()
    return run


def crossed(world: World, subject: Subject, schedule: Schedule) -> tuple[Boundary, ...]:
    """Return every boundary that a run of `schedule` crosses until it is quiet, in order; nothing is judged."""
    return traced(world, subject, schedule).boundaries
