"""PJ-1 and PJ-4: once all is quiet the view says what was committed, whether it was built again or not."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.conservation import Quantity
from shaketable.checkers.tally import Tally
from shaketable.mapping.conditions import holds
from shaketable.mapping.exact_readers import quantities
from shaketable.mapping.history_index import Change
from shaketable.mapping.value_paths import agrees, compiled, text
from shaketable_patterns.projection.facts import ReadModelFacts, ViewRows, at_the_end
from shaketable_patterns.projection.roles import Projection, Total
from shaketable_patterns.projection.sources import TotalFacts, rows_of

_REBUILT = {"missing-in-view": "rebuild-lost"}


def view_says_what_was_committed(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge PJ-1 row by row, in runs without a rebuild."""
    if not facts.was_rebuilt():
        _rows(facts, tally, rebuilt=False)


def totals_are_what_was_committed(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge PJ-1 total by total, in runs without a rebuild."""
    if not facts.was_rebuilt():
        _totals(facts, tally, rebuilt=False)


def rebuilt_view_says_the_same(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge PJ-4 row by row and total by total, in runs with a rebuild."""
    if facts.was_rebuilt():
        _rows(facts, tally, rebuilt=True)
        _totals(facts, tally, rebuilt=True)


def rebuild_comes_to_an_end(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge PJ-4: no generation is left half built."""
    if facts.index.unsettled or _stopped(facts, tally):
        return
    tally.exercised += sum(op.outcome == "ok" for op in facts.rebuilds())
    for left in facts.building():
        tally.breach(
            "rebuild-unfinished",
            "all is quiet, and a view that was begun anew is still being built",
            left.at,
        )


def _stopped(facts: ReadModelFacts, tally: Tally) -> bool:
    """Tell whether the view stands at an event that nothing can read, as its profile declares: then it lags behind."""
    return tally.profile.knobs.get("poison_policy") == "stop" and bool(facts.poisoned())


def _rows(facts: ReadModelFacts, tally: Tally, *, rebuilt: bool) -> None:
    if facts.index.unsettled or _stopped(facts, tally) or facts.lacks_events:
        return
    scope = facts.live_scope()
    for role in facts.projections:
        view = at_the_end(role.view, role.view_of, role.scope, facts.index)
        if view.says_which(scope):
            tally.exercised += _judge_rows(role, view, scope, facts, tally, rebuilt=rebuilt)


def _judge_rows(
    role: Projection, view: ViewRows, scope: str | None, facts: ReadModelFacts, tally: Tally, *, rebuilt: bool
) -> int:
    read_of, shown = compiled(role.of), holds(role.shown)
    pairs = [(path, compiled(path), compiled(other)) for path, other in role.same.items()]
    known: set[str] = set()
    judged = 0
    for changes in rows_of(role.source, facts.index):
        last = changes[-1]
        of = text(read_of(last))
        known.add(of)
        if last.verb == "delete" or not role.source.has(last) or not shown(last):
            continue
        judged += 1
        rows = view.of(scope, of)
        if not rows:
            _breach(
                tally,
                "missing-in-view",
                f"{of} was committed and is not in the view",
                last.at,
                of=of,
                rebuilt=rebuilt,
            )
        for row in rows:
            for path, says, shows in pairs:
                if not agrees(shows(row), says(last)):
                    told = f"{of} has {path.partition('.')[2]} {text(says(last))!r}, and in the view {text(shows(row))!r}"
                    _breach(tally, "view-differs", told, last.at, row.at, of=of, rebuilt=rebuilt)
                    break
    for of in view.names(scope):
        if of not in known:
            row = view.of(scope, of)[-1]
            _breach(
                tally,
                "never-committed",
                f"{of} is in the view and was never committed",
                row.at,
                of=of,
                rebuilt=rebuilt,
            )
    return judged


def _totals(facts: ReadModelFacts, tally: Tally, *, rebuilt: bool) -> None:
    if facts.index.unsettled or _stopped(facts, tally) or facts.lacks_events:
        return
    scope = facts.live_scope()
    for total in facts.totals.values():
        for of, was, rows, shown in _compared(total, scope, facts):
            tally.exercised += 1
            if shown != was:
                told = f"{total.role.name or 'the total'} of {of} is {was}, and {shown} in the view"
                last = rows[-1].at if rows else -1
                _breach(tally, "total-differs", told, last, _last_of(total, of), of=of, rebuilt=rebuilt)


def _compared(
    total: TotalFacts, scope: str | None, facts: ReadModelFacts
) -> Iterator[tuple[str, Quantity, list[Change], Quantity]]:
    """Yield for each total what it is, the rows that hold it, and what they say."""
    role: Total = total.role
    if role.view is None:
        return
    amount = quantities(role.amount, f"amount of {role.name}")
    view = at_the_end(role.view, role.view_of, role.scope, facts.index)
    if not view.says_which(scope):
        return
    end = len(facts.index.events)
    for of in dict.fromkeys((*total.of, *view.names(scope))):
        rows = view.of(scope, of)
        yield of, total.at(of, end), rows, sum((amount(row) for row in rows), 0)


def _last_of(total: TotalFacts, of: str) -> int:
    return max((row.ats[-1] for row in total.of.get(of, ())), default=-1)


def _breach(tally: Tally, anomaly: str, message: str, *witness: int, of: str, rebuilt: bool) -> None:
    if rebuilt:
        anomaly = _REBUILT.get(anomaly, "rebuild-differs")
        message = f"after a rebuild {message}"
    tally.breach(anomaly, message, *witness, about=(of,))
