"""The explanation of a clash: the search for the hypotheses under which the replay goes on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.diagnosis.hypothesis import Hypothesis
from shaketable_patterns.circuit_breaker.facts import RESULT, Facts
from shaketable_patterns.circuit_breaker.model import HALF_OPEN
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_7
from shaketable_patterns.circuit_breaker.replay import Clash, Replay, replay


@dataclass(frozen=True, slots=True)
class Explanation:
    """Hypotheses, and a replay under them that ends at the horizon."""

    parts: tuple[Hypothesis, ...]
    run: Replay

    @property
    def unspecific(self) -> bool:
        """True if one of them explains too much."""
        return any(h.unspecific for h in self.parts)

    @property
    def lenient(self) -> bool:
        """True if it speaks of other settings only."""
        return not self.unspecific and not any(h.mistake for h in self.parts)

    @property
    def blamed(self) -> tuple[Hypothesis, ...]:
        """The hypotheses that become findings.

        Of several, only that an outcome counted wrongly: a plainer story shows what a rightly counted outcome does.
        """
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
    """The number of records that may still be replayed in search of explanations, so that it ends in bounded time."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _RECORDS_MAX


def best_explanation(
    facts: Facts, knobs: Knobs, quirks: frozenset[str], run: Replay, effort: Effort
) -> Explanation | None:
    """Return the hypotheses that carry the replay beyond its clash best, or None.

    Other settings are preferred to mistakes, few hypotheses to many, those about something that happened in this
    history (a cancellation, a late result, ...) to unspecific ones, and all that agree with the states the breaker
    showed to those that do not.
    """
    traits = _traits_of(facts, run)
    possible = [h for h in HYPOTHESES if h.possible(knobs, quirks, traits)]
    combining = [h for h in possible if h.combines]
    specific: list[Parts] = [(h,) for h in possible if not h.unspecific]
    pairs: list[Parts] = [p for p in combinations(combining, 2) if any(h.needs in _COUNTING for h in p)]
    settings: list[Parts] = [(h,) for h in possible if not h.unspecific and not h.mistake]
    ranking = _Ranking(facts, knobs, quirks, run, effort)
    if run.clash is not None and _listener_raised_at_turn(facts, run.clash):
        of_listener = ranking.near([p for p in (*specific, *pairs) if p[0].needs == "raised"])
        if of_listener is not None:
            return of_listener
    return (
        ranking.far(settings)
        or ranking.fewest(_all_settings(combining))
        or ranking.far(specific)
        or ranking.far(pairs)
        or ranking.fewest(_settings_and_mistakes(combining))
        or ranking.far([(h,) for h in possible if h.unspecific])
        or ranking.near([*specific, *pairs])
        or ranking.near([(h,) for h in possible], fitting=False)
    )


def _all_settings(combining: list[Hypothesis]) -> list[Parts]:
    """Return the settings together, alone and with a listener that raised: no mistake is needed for those."""
    return [base + raised for base in _bases(combining) for raised in _none_or_one(combining, "raised")]


def _settings_and_mistakes(combining: list[Hypothesis]) -> list[Parts]:
    """Return the settings together with one mistake of each kind."""
    late = [tuple(h for h in combining if not names.isdisjoint(h.quirks)) for names in _LATE]
    *_, without_cancelled = bases = _bases(combining)
    found: list[Parts] = []
    for group in late:
        for raised in _none_or_one(combining, "raised"):
            found += [base + group + raised for base in bases]
            found += [
                without_cancelled + group + c + raised for c in _none_or_one(combining, "cancelled") if c
            ]
    return found


def _bases(combining: list[Hypothesis]) -> list[Parts]:
    """Return the settings, with and without the one about cancelled calls: it may contradict the rest."""
    settings = tuple(h for h in combining if not h.quirks)
    without_cancelled = tuple(h for h in settings if h.needs != "cancelled")
    return [settings, without_cancelled] if len(without_cancelled) < len(settings) else [settings]


def _none_or_one(combining: list[Hypothesis], needs: str) -> list[Parts]:
    """Return no mistake, and each of the mistakes about this."""
    return [(), *((h,) for h in combining if h.quirks and h.needs == needs)]


class _Ranking:
    """Ranks explanations by how far beyond the clash they carry, up to a horizon: further on other defects begin."""

    def __init__(
        self, facts: Facts, knobs: Knobs, quirks: frozenset[str], run: Replay, effort: Effort
    ) -> None:
        self._effort = effort
        self._facts = facts
        self._knobs = knobs
        self._quirks = quirks
        self._clash = run.reached
        self._horizon = min(run.reached + _HORIZON, len(facts.records))
        self._tried: dict[Parts, Explanation] = {}

    def far(self, tier: list[Parts]) -> Explanation | None:
        """Return the best that reaches the horizon."""
        best = self.near(tier)
        return best if best is not None and self._carries(best) >= self._horizon else None

    def near(self, tier: list[Parts], *, fitting: bool = True) -> Explanation | None:
        """Return the best that goes beyond the clash; `fitting`: and agrees with the states shown until then."""
        best: Explanation | None = None
        best_rank = (self._clash, 0)
        for parts in tier:
            tried = self._try(parts)
            if tried.run.reached <= self._clash or (fitting and tried.run.mismatched < self._clash):
                continue
            if len(parts) > 1 and any(self._try((part,)).run.reached > self._clash for part in parts):
                continue  # one of them is enough here; the other is about something else
            rank = (self._carries(tried), -tried.run.mismatches)
            if best is None or rank > best_rank:
                best, best_rank = tried, rank
        return best

    def fewest(self, tier: list[Parts]) -> Explanation | None:
        """Return, of the first hypotheses that together reach the horizon, as few as still do."""
        for parts in tier:
            if not self._is_enough(parts):
                continue
            for part in parts:
                fewer = tuple(other for other in parts if other is not part)
                if self._is_enough(fewer):
                    parts = fewer
            return self._try(parts)
        return None

    def _is_enough(self, parts: Parts) -> bool:
        if not parts:
            return False
        run = self._try(parts).run
        return run.reached > self._clash and run.reached >= self._horizon and run.mismatched >= self._clash

    def _carries(self, tried: Explanation) -> int:
        """Return how far it carries, up to the horizon.

        Settings need to carry less far than mistakes: better lenient than wrong about a mistake.
        """
        reached = tried.run.reached
        if tried.lenient and reached >= self._clash + _NEAR:
            return self._horizon
        return min(reached, self._horizon)

    def _try(self, parts: Parts) -> Explanation:
        tried = self._tried.get(parts)
        if tried is None:
            knobs, quirks = self._knobs, self._quirks
            for hypothesis in parts:
                knobs, quirks = hypothesis.applied(knobs), quirks | hypothesis.quirks
            until = self._horizon if self._effort.left > 0 else 0
            tried = self._tried[parts] = Explanation(parts, replay(self._facts, knobs, quirks, until))
            self._effort.left -= tried.run.reached
        return tried


def _listener_raised_at_turn(facts: Facts, clash: Clash) -> bool:
    """Tell whether a listener raised at the very result that made the model's last transition."""
    return any(r.raised and r.at == clash.model.turn for r in facts.records[: clash.position])


def _traits_of(facts: Facts, run: Replay) -> frozenset[str]:
    """Return what happened that only some hypotheses are about."""
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
