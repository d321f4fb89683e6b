"""The explanation of a run: the other settings and mistakes under which the whole of it fits, if only one name says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.diagnosis.hypothesis import Hypothesis
from shaketable_patterns.circuit_breaker.facts import RESULT, Facts
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_7
from shaketable_patterns.circuit_breaker.replay import Clash, Replay, replay
from shaketable_patterns.circuit_breaker.states import HALF_OPEN, OPEN

Parts = tuple[Hypothesis, ...]

_NEAR = 6
"""In records: two calls. A hypothesis must fit so far beyond the clash; another mistake may begin there."""
_PARTS_MAX = 8
_RECORDS_MAX = 200_000
"""The number of records that are fed to models in search of an explanation, so that it ends in bounded time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A hypothesis, the clash that it explains, and the replay under it up to there."""

    hypothesis: Hypothesis
    clash: Clash
    before: Replay


class Explanation:
    """The search for it. `parts` is empty if nothing explains the run, or more than one name would.

    Each clash in turn is explained by the one hypothesis under which the replay goes on; where two of different names
    do, neither is told. So a name is given only to what nothing else that is known looks like.
    """

    __slots__ = ("_declared", "_facts", "_left", "_replays", "parts", "run")

    def __init__(self, facts: Facts, declared: Knobs, run: Replay) -> None:
        self._facts = facts
        self._declared = declared
        self._left = _RECORDS_MAX
        self._replays: dict[tuple[Knobs, frozenset[str]], Replay] = {}
        self.run = run
        self.parts: tuple[Part, ...] = self._explain()

    def _explain(self) -> tuple[Part, ...]:
        chosen: Parts = ()
        parts: list[Part] = []
        while (clash := self.run.clash) is not None:
            if len(parts) >= _PARTS_MAX or self._left <= 0:
                return ()
            more = self._next(chosen)
            if not more:
                return ()
            chosen += more
            knobs, quirks = applied(self._declared, chosen)
            before = replay(self._facts, knobs, quirks, self.run.reached)
            parts += [Part(hypothesis, clash, before) for hypothesis in _blamed(more)]
            self.run = self._replayed(knobs, quirks)
        return tuple(parts)

    def _next(self, chosen: Parts) -> Parts:
        """Return what alone explains the next clash; () if nothing does, or several things."""
        knobs, quirks = applied(self._declared, chosen)
        traits = traits_of(self._facts, self.run)
        possible = [h for h in HYPOTHESES if h.possible(knobs, quirks, traits)]
        specific = [h for h in possible if not h.unspecific]
        counting = [h for h in specific if h.promise is CB_7 or h.needs == "raised"]
        tiers: Sequence[Sequence[Parts]] = (
            [(h,) for h in specific],
            [(h,) for h in possible if h.unspecific and not h.mistake],
            [(h,) for h in possible if h.unspecific and h.mistake],
            [p for p in combinations(specific, 2) if _may_meet(p, counting)],
        )
        for tier in tiers:
            fitting = [found for parts in tier if (found := self._try(chosen, parts)) is not None]
            if any(run.reached > self.run.reached for _, run in fitting):
                return _only(fitting)
        return ()

    def _try(self, chosen: Parts, parts: Parts) -> tuple[Parts, Replay] | None:
        """Return the replay under these if it fits up to the horizon, with the states shown until then.

        One that was lost fits, wherever that was: nothing contradicted it. By itself it explains nothing.
        """
        if self._left <= 0:
            return None
        tried = self._replayed(*applied(self._declared, chosen + parts))
        self._left -= tried.work
        reached, records = self.run.reached, len(self._facts.records)
        fits = tried.lost or tried.reached >= min(reached + _NEAR, records)
        if self.run.mismatched <= reached:  # the states shown did not fit before the clash: they must by now
            fits = fits and tried.mismatched > reached
        else:
            fits = fits and tried.mismatched >= min(self.run.mismatched, tried.reached)
        return (parts, tried) if fits and (tried.lost or tried.reached > reached) else None

    def _replayed(self, knobs: Knobs, quirks: frozenset[str]) -> Replay:
        """Return the replay of all records under these; a third of what is asked was asked before."""
        found = self._replays.get((knobs, quirks))
        if found is None:
            found = self._replays[knobs, quirks] = replay(self._facts, knobs, quirks)
        return found


def applied(knobs: Knobs, parts: Parts) -> tuple[Knobs, frozenset[str]]:
    """Return the settings and quirks of a breaker for which all of these hold."""
    quirks: frozenset[str] = frozenset()
    for hypothesis in parts:
        knobs, quirks = hypothesis.applied(knobs), quirks | hypothesis.quirks
    return knobs, quirks


def _may_meet(pair: Parts, counting: Sequence[Hypothesis]) -> bool:
    """Tell whether two may be behind one clash: two mistakes only if one is that an outcome counts wrongly.

    All pairs are tried beside each other: two settings can look like an outcome that counts wrongly.
    """
    return any(one in counting for one in pair) or not all(one.mistake for one in pair)


def _only(fitting: Sequence[tuple[Parts, Replay]]) -> Parts:
    """Return the first of those that nothing contradicts or that reach furthest, if all of these have one name.

    A replay that was lost was contradicted by nothing: what reaches further than it is no better for that.
    """
    furthest = max(run.reached for _, run in fitting)
    best = [(parts, run) for parts, run in fitting if run.lost or run.reached == furthest]
    names = {frozenset(h.named(run.model) for h in _blamed(parts)) for parts, run in best}
    return best[0][0] if len(names) == 1 else ()


def _blamed(parts: Parts) -> Parts:
    """Return the hypotheses that become findings: of several, only that an outcome counted wrongly."""
    counting = tuple(h for h in parts if h.promise is CB_7)
    return counting if len(parts) > 1 and counting else parts


def traits_of(facts: Facts, run: Replay) -> frozenset[str]:
    """Return what happened that only some hypotheses are about."""
    traits = {record.arg for record in facts.records[: run.reached] if record.kind == RESULT}
    if facts.listener_raised:
        traits.add("raised")
    if run.model.slow_calls:
        traits.add("slow")
    if not facts.listener_raised and traits <= {"ok", "fail"}:
        traits.add("plain")
    if facts.clock_steps and (run.model.state == OPEN or any(era.state == OPEN for era in run.model.eras)):
        traits.add("clock_step")  # there was a wait that the step could make longer or shorter
    if run.tested["late"]:
        traits.add("late")
    if run.tested["CB-4"]:
        traits.add("rejected")
    if run.model.state == HALF_OPEN or any(era.state == HALF_OPEN for era in run.model.eras):
        traits.add("half_open")
    return frozenset(traits)
