"""Which hypothesis explains a clash best: the search through them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from properties.circuit_breaker.facts import RESULT, Facts
from properties.circuit_breaker.hypotheses import HYPOTHESES, Hypothesis
from properties.circuit_breaker.model import HALF_OPEN
from properties.circuit_breaker.profile import Knobs
from properties.circuit_breaker.promises import CB_7
from properties.circuit_breaker.replay import Clash, Replay, replay


@dataclass(frozen=True, slots=True)
class Theory:
    """One or two hypotheses, and the replay under them."""

    parts: tuple[Hypothesis, ...]
    run: Replay

    @property
    def specific(self) -> bool:
        """Whether all of it is about something that happened in this history."""
        return all(h.needs for h in self.parts)

    @property
    def lenient(self) -> bool:
        return self.specific and not any(h.quirks for h in self.parts)

    @property
    def shown(self) -> tuple[Hypothesis, ...]:
        """What it convicts of. Of a pair, only that an outcome counted wrongly: what a rightly counted outcome
        does is shown by a plainer story."""
        counting = tuple(h for h in self.parts if h.promise is CB_7)
        return counting if len(self.parts) > 1 and counting else self.parts


_COUNTING = frozenset({"raised", "cancelled", "excluded"})
"""Only what an outcome counts as can hide behind another mistake, so only these are tried in pairs."""

_HORIZON = 20
"""In records: five or six calls."""
_NEAR = 6
"""In records: two calls."""

Parts = tuple[Hypothesis, ...]


def best_theory(facts: Facts, knobs: Knobs, quirks: frozenset[str], run: Replay) -> Theory | None:
    """What carries the replay beyond its clash, or None.

    One hypothesis is preferred to two, one that agrees with the states the breaker showed to one that does not,
    and one about something that happened in this history (a cancellation, a late result, ...) to one about
    nothing in particular: those explain too easily.
    """
    traits = traits_of(facts, run)
    possible = [h for h in HYPOTHESES if h.possible(knobs, quirks, traits)]
    singles: list[Parts] = [(h,) for h in possible]
    pairs: list[Parts] = [
        pair for pair in combinations(possible, 2) if not _COUNTING.isdisjoint(h.needs for h in pair)
    ]
    tiers = [singles, pairs]
    if run.clash is not None and _heard(facts, run.clash):
        by_listener = [h for h in possible if h.needs == "raised"]
        tiers[:0] = [[(h,) for h in by_listener], [pair for pair in pairs if pair[0] in by_listener]]
    return _Choice(facts, knobs, quirks, run).among(tiers)


class _Choice:
    """Ranks theories by how far beyond the clash they carry, up to a horizon: further on other defects begin."""

    def __init__(self, facts: Facts, knobs: Knobs, quirks: frozenset[str], run: Replay) -> None:
        self._facts = facts
        self._knobs = knobs
        self._quirks = quirks
        self._clash = run.reached
        self._horizon = min(run.reached + _HORIZON, len(facts.records))
        self._tried: dict[Parts, Theory] = {}

    def among(self, tiers: list[list[Parts]]) -> Theory | None:
        for fitting in (True, False):
            second: Theory | None = None
            for tier in tiers:
                best = self._best(tier, fitting)
                if best is not None and self._carries(best) >= self._horizon:
                    return best
                second = second or best
            if second is not None:
                return second
        return None

    def _best(self, tier: list[Parts], fitting: bool) -> Theory | None:
        best: Theory | None = None
        best_rank = (self._clash, False, 0)
        for parts in tier:
            theory = self._try(parts)
            if theory.run.reached <= self._clash or (fitting and theory.run.astray < self._clash):
                continue
            if len(parts) > 1 and any(self._try((part,)).run.reached > self._clash for part in parts):
                continue  # one of them is enough here; the other is about something else
            rank = (self._carries(theory), theory.specific, -theory.run.mismatches)
            if best is None or rank > best_rank:
                best, best_rank = theory, rank
        return best

    def _carries(self, theory: Theory) -> int:
        """How far, up to the horizon. A mere setting needs less: better lenient than wrong about a mistake."""
        reached = theory.run.reached
        if theory.lenient and reached >= self._clash + _NEAR:
            return self._horizon
        return min(reached, self._horizon)

    def _try(self, parts: Parts) -> Theory:
        theory = self._tried.get(parts)
        if theory is None:
            theory = self._tried[parts] = _theory(self._facts, self._knobs, self._quirks, parts)
        return theory


def _theory(facts: Facts, knobs: Knobs, quirks: frozenset[str], parts: Parts) -> Theory:
    for hypothesis in parts:
        knobs, quirks = hypothesis.applied(knobs), quirks | hypothesis.quirks
    return Theory(parts, replay(facts, knobs, quirks))


def _heard(facts: Facts, clash: Clash) -> bool:
    """Whether a listener raised at the very result that made the model's last transition."""
    return any(r.raised and r.at == clash.model.turn for r in facts.records[: clash.position])


def traits_of(facts: Facts, run: Replay) -> frozenset[str]:
    """What happened that only some hypotheses are about."""
    traits = {record.arg for record in facts.records[: run.reached] if record.kind == RESULT}
    if facts.listener_raised:
        traits.add("raised")
    if run.model.slow_calls:
        traits.add("slow")
    if not facts.listener_raised and traits <= {"ok", "fail"}:
        traits.add("plain")
    if run.tested["late"]:
        traits.add("late")
    if run.tested["CB-4"]:
        traits.add("rejected")
    if run.model.state == HALF_OPEN or any(era.state == HALF_OPEN for era in run.model.eras):
        traits.add("half_open")
    return frozenset(traits)
