"""PJ-5, and of PJ-1 what is asked: strong answers are never stale, the others say the truth soon after all is healed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from shaketable.checkers.conservation import Quantity
from shaketable.checkers.tally import Tally
from shaketable.mapping.calm_since import calm_since_ms
from shaketable.mapping.exact_readers import quantities
from shaketable_patterns.projection.facts import Asked, ReadModelFacts, ViewRows, changes_of
from shaketable_patterns.projection.roles import Question
from shaketable_patterns.projection.sources import Bounds, TotalFacts, Window

_SETTLED_MS = 100
"""What was committed so long before a question is seen by it: on real servers a commit is told a moment before it can be read."""


def strong_answers_are_not_stale(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge each answer of a path that is declared strong: it was the truth at some moment since the question was asked."""
    times = _Times(facts)
    for question in facts.questions:
        total = facts.totals.get(question.total)
        if not question.strong or total is None:
            continue
        for asked in facts.asked(question):
            tally.exercised += 1
            since = times.last_by(asked.op.invoked.time_ms - _SETTLED_MS)
            lawful = total.states(asked.of, since, asked.returned)
            if asked.said not in lawful:
                _breach(tally, "stale-strong-read", asked, total, f"and was {_either(lawful)}")


def answers_are_fresh(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge answers out of a view that lags: in calm they say what was so within the staleness that is declared."""
    for asked, total, lawful, view_says_so in _in_calm(facts, tally):
        tally.exercised += 1
        if not lawful.has(asked.said) and not view_says_so:
            _breach(tally, "stale-view", asked, total, f"and for {_declared(tally)} was {_between(lawful)}")


def answers_say_what_the_view_says(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge answers in calm, out of a view that is as it should be: then they are what was committed too."""
    for asked, total, lawful, view_says_so in _in_calm(facts, tally):
        if view_says_so:
            tally.exercised += 1
            if not lawful.has(asked.said):
                _breach(
                    tally, "wrong-answer", asked, total, f"and was {_between(lawful)}, as the view has it"
                )


def _in_calm(facts: ReadModelFacts, tally: Tally) -> Iterator[tuple[Asked, TotalFacts, Bounds, bool]]:
    """Yield the answers that were asked for long after all was healed, with what they may say, and whether the view agrees."""
    if facts.lacks_events or (tally.profile.knobs.get("poison_policy") == "stop" and facts.poisoned()):
        return
    staleness_ms = tally.profile.int("staleness_ms")
    since_ms = _calm_ms(facts) + staleness_ms
    times = _Times(facts)
    for question in facts.questions:
        total = facts.totals.get(question.total)
        undeclared = question.window_ms and "window_grain_ms" not in tally.profile.knobs
        if question.strong or total is None or undeclared:
            continue
        for asked in facts.asked(question):
            asked_ms = asked.op.invoked.time_ms
            if asked_ms < since_ms or (question.window_ms and asked.as_of_ms is None):
                continue
            since = times.last_by(asked_ms - staleness_ms)
            lawful = total.bounds(asked.of, asked.returned, since, _window(question, asked, tally))
            yield asked, total, lawful, _view_says_so(total, asked, since, facts)


def _calm_ms(facts: ReadModelFacts) -> int:
    """Return since when all is calm: a view that is built again in its place is not."""
    calm_ms = calm_since_ms(facts.index)
    if facts.rebuild is not None and facts.rebuild.rows is None:
        return max([calm_ms, *(op.invoked.time_ms for op in facts.rebuilds())])
    return calm_ms


def _window(question: Question, asked: Asked, tally: Tally) -> Window | None:
    if not question.window_ms or asked.as_of_ms is None:
        return None
    grain_ms = tally.profile.int("window_grain_ms")
    return Window(asked.as_of_ms - question.window_ms, asked.as_of_ms, grain_ms)


def _view_says_so(total: TotalFacts, asked: Asked, since: int, facts: ReadModelFacts) -> bool:
    """Tell whether the rows of the view held what they should when it was asked; False where none are declared."""
    role = total.role
    if role.view is None:
        return False
    amount = quantities(role.amount, f"amount of {role.name}")
    view, first = ViewRows(role.view, role.view_of, role.scope), dict[int, int]()
    for change in changes_of(role.view, facts.index):
        if change.at > asked.at:
            break
        view.take(change, first)
    scope = facts.live_scope()
    if not view.says_which(scope):
        return False
    held = sum((amount(row) for row in view.of(scope, asked.of)), 0)
    return total.bounds(asked.of, asked.returned, since).has(held)


class _Times:
    """The times of a history's events, which never go back."""

    def __init__(self, facts: ReadModelFacts) -> None:
        self._ms = [event.time_ms for event in facts.index.events]

    def last_by(self, time_ms: int) -> int:
        """Return the index of the last event by a time; -1 if there is none."""
        return bisect_right(self._ms, time_ms) - 1


def _breach(tally: Tally, anomaly: str, asked: Asked, total: TotalFacts, but: str) -> None:
    name = total.role.name or "the total"
    tally.breach(
        anomaly,
        f"{asked.op.name} said that {name} of {asked.of} is {asked.said}, {but}",
        *_behind(asked, total),
        asked.at,
        asked.returned,
        about=(asked.of,),
    )


def _behind(asked: Asked, total: TotalFacts) -> list[int]:
    """Return the last change before the question: what a stale answer lacks."""
    ats = [at for row in total.of.get(asked.of, ()) for at in row.ats if at < asked.at]
    return [max(ats)] if ats else []


def _either(lawful: set[Quantity]) -> str:
    return " or ".join(sorted(map(str, lawful)))


def _between(bounds: Bounds) -> str:
    return str(bounds.least) if bounds.least == bounds.most else f"{bounds.least} to {bounds.most}"


def _declared(tally: Tally) -> str:
    return f"{tally.profile.int('staleness_ms')} ms"
