"""PJ-2: a total counts each event at most once, at every commit of the view."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.exact_readers import quantities
from shaketable.mapping.happenings import records_of
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.projection.facts import ReadModelFacts, ViewRows, changes_of
from shaketable_patterns.projection.sources import TotalFacts, rows_of


def counted_at_most_once(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge that a total in the view is one that the rows behind it could have at states that they had by then.

    A view may lag behind in each of them by another time; more than all of them together at their most it never says. While there is
    a record of something that was not committed (yet), what it counts is not counted twice.
    """
    loose = _loose(facts)
    for total in facts.totals.values():
        if total.role.view is not None:
            _judge(total, facts, loose, tally)


def _loose(facts: ReadModelFacts) -> list[tuple[int, int]]:
    """Return from which event to which there was a record of something that was not committed by then."""
    found = []
    for role in facts.projections:
        if role.record is None:
            continue
        read_of = compiled(role.of)
        committed: dict[str, int] = {}
        for changes in rows_of(role.source, facts.index):
            committed.setdefault(text(read_of(changes[0])), changes[0].at)
        for record in records_of(role.record.topics, facts.index):
            if role.record.is_so(record):
                begun = committed.get(text(role.record.read_of(record)), len(facts.index.events))
                if begun > record.at:
                    found.append((record.at, begun))
    return found


def _judge(total: TotalFacts, facts: ReadModelFacts, loose: list[tuple[int, int]], tally: Tally) -> None:
    role = total.role
    assert role.view is not None
    amount = quantities(role.amount, f"amount of {role.name}")
    view, first = ViewRows(role.view, role.view_of, role.scope), dict[int, int]()
    changes = changes_of(role.view, facts.index)
    for place, change in enumerate(changes):
        view.take(change, first)
        if change.commit < 0 or (place + 1 < len(changes) and changes[place + 1].commit == change.commit):
            continue
        if any(begin < change.at < end for begin, end in loose):
            continue
        scope, of = view.name(change)
        said = sum((amount(row) for row in view.of(scope, of)), 0)
        bounds = total.bounds(of, change.at)
        tally.exercised += 1
        if not bounds.has(said):
            more = said > bounds.most
            tally.breach(
                "counted-twice" if more else "taken-twice",
                f"{role.name or 'the total'} of {of} is {said} in the view, and was never {'more' if more else 'less'} than "
                f"{bounds.most if more else bounds.least}",
                change.at,
                -1 if change.before is None else change.before.at,
                about=(of,),
            )
