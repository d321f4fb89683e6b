"""Which hypothesis explains a clash best: the search through them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES, Hypothesis
from shaketable_patterns.circuit_breaker.facts import RESULT, Facts
from shaketable_patterns.circuit_breaker.model import HALF_OPEN
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_7
from shaketable_patterns.circuit_breaker.replay import Clash, Replay, replay


@dataclass(frozen=True, slots=True)
class Theory:
    """Hypotheses, and a replay under them that ends at the horizon."""

    parts: tuple[Hypothesis, ...]
    run: Replay

    @property
    def easy(self) -> bool:
        """Whether it is of the kind that explains too easily."""
        return any(h.easy for h in self.parts)

    @property
    def lenient(self) -> bool:
        """Whether it speaks of other settings only."""
        return not self.easy and not any(h.mistake for h in self.parts)

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

_RECORDS_MAX = 600_000

_LATE = (frozenset({"success-closes-open"}), frozenset({"stale-probe-ok", "stale-probe-fail"}))
"""Mistakes about late results that come together."""

Parts = tuple[Hypothesis, ...]


class Effort:
    """How many records may still be replayed to find explanations: a long history is judged in bounded time."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _RECORDS_MAX


def best_theory(
    facts: Facts, knobs: Knobs, quirks: frozenset[str], run: Replay, effort: Effort
) -> Theory | None:
    """What carries the replay beyond its clash, or None.

    Other settings are preferred to mistakes, few hypotheses to many, those about something that happened in this
    history (a cancellation, a late result, ...) to those that explain too easily, and all that agree with the
    states the breaker showed to those that do not.
    """
    traits = traits_of(facts, run)
    possible = [h for h in HYPOTHESES if h.possible(knobs, quirks, traits)]
    joining = [h for h in possible if h.joins]
    specific: list[Parts] = [(h,) for h in possible if not h.easy]
    pairs: list[Parts] = [p for p in combinations(joining, 2) if any(h.needs in _COUNTING for h in p)]
    settings: list[Parts] = [(h,) for h in possible if not h.easy and not h.mistake]
    choice = _Choice(facts, knobs, quirks, run, effort)
    if run.clash is not None and _heard(facts, run.clash):
        heard = choice.near([p for p in (*specific, *pairs) if p[0].needs == "raised"])
        if heard is not None:
            return heard
    return (
        choice.far(settings)
        or choice.fewest(_lenient(joining))
        or choice.far(specific)
        or choice.far(pairs)
        or choice.fewest(_together(joining))
        or choice.far([(h,) for h in possible if h.easy])
        or choice.near([*specific, *pairs])
        or choice.near([(h,) for h in possible], fitting=False)
    )


def _lenient(joining: list[Hypothesis]) -> list[Parts]:
    """The settings together, alone and with a listener that raised: no mistake is needed for those."""
    return [base + heard for base in _bases(joining) for heard in _each(joining, "raised")]


def _together(joining: list[Hypothesis]) -> list[Parts]:
    """Many at once: the settings, and of each kind of mistake one."""
    late = [tuple(h for h in joining if not names.isdisjoint(h.quirks)) for names in _LATE]
    *_, without_cancelled = bases = _bases(joining)
    found: list[Parts] = []
    for group in late:
        for heard in _each(joining, "raised"):
            found += [base + group + heard for base in bases]
            found += [without_cancelled + group + c + heard for c in _each(joining, "cancelled") if c]
    return found


def _bases(joining: list[Hypothesis]) -> list[Parts]:
    """The settings, with and without the one about cancelled calls: it may contradict the rest."""
    settings = tuple(h for h in joining if not h.quirks)
    without_cancelled = tuple(h for h in settings if h.needs != "cancelled")
    return [settings, without_cancelled] if len(without_cancelled) < len(settings) else [settings]


def _each(joining: list[Hypothesis], needs: str) -> list[Parts]:
    """None of the mistakes about this, or one."""
    return [(), *((h,) for h in joining if h.quirks and h.needs == needs)]


class _Choice:
    """Ranks theories by how far beyond the clash they carry, up to a horizon: further on other defects begin."""

    def __init__(
        self, facts: Facts, knobs: Knobs, quirks: frozenset[str], run: Replay, effort: Effort
    ) -> None:
        self._effort = effort
        self._facts = facts
        self._knobs = knobs
        self._quirks = quirks
        self._clash = run.reached
        self._horizon = min(run.reached + _HORIZON, len(facts.records))
        self._tried: dict[Parts, Theory] = {}

    def far(self, tier: list[Parts]) -> Theory | None:
        """The best that reaches the horizon."""
        best = self.near(tier)
        return best if best is not None and self._carries(best) >= self._horizon else None

    def near(self, tier: list[Parts], *, fitting: bool = True) -> Theory | None:
        """The best that goes beyond the clash; `fitting`: and agrees with the states shown until then."""
        best: Theory | None = None
        best_rank = (self._clash, 0)
        for parts in tier:
            theory = self._try(parts)
            if theory.run.reached <= self._clash or (fitting and theory.run.astray < self._clash):
                continue
            if len(parts) > 1 and any(self._try((part,)).run.reached > self._clash for part in parts):
                continue  # one of them is enough here; the other is about something else
            rank = (self._carries(theory), -theory.run.mismatches)
            if best is None or rank > best_rank:
                best, best_rank = theory, rank
        return best

    def fewest(self, tier: list[Parts]) -> Theory | None:
        """Of the first hypotheses that together reach the horizon, as few as still do."""
        for parts in tier:
            if not self._enough(parts):
                continue
            for part in parts:
                fewer = tuple(other for other in parts if other is not part)
                if self._enough(fewer):
                    parts = fewer
            return self._try(parts)
        return None

    def _enough(self, parts: Parts) -> bool:
        if not parts:
            return False
        run = self._try(parts).run
        return run.reached > self._clash and run.reached >= self._horizon and run.astray >= self._clash

    def _carries(self, theory: Theory) -> int:
        """How far, up to the horizon. A mere setting needs less: better lenient than wrong about a mistake."""
        reached = theory.run.reached
        if theory.lenient and reached >= self._clash + _NEAR:
            return self._horizon
        return min(reached, self._horizon)

    def _try(self, parts: Parts) -> Theory:
        theory = self._tried.get(parts)
        if theory is None:
            knobs, quirks = self._knobs, self._quirks
            for hypothesis in parts:
                knobs, quirks = hypothesis.applied(knobs), quirks | hypothesis.quirks
            until = self._horizon if self._effort.left > 0 else 0
            theory = self._tried[parts] = Theory(parts, replay(self._facts, knobs, quirks, until))
            self._effort.left -= theory.run.reached
        return theory


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
