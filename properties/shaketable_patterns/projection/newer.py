"""PJ-3: an old event undoes nothing newer: each row of a view goes through the states of its source in their order."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.history_index import Change
from shaketable.mapping.value_paths import Read, agrees, compiled, text
from shaketable_patterns.projection.facts import ReadModelFacts, ViewRows, changes_of
from shaketable_patterns.projection.roles import Projection
from shaketable_patterns.projection.sources import rows_of


def newer_is_not_undone(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge row by row. States may be skipped; one that the source never had is no state, and judged elsewhere."""
    for role in facts.projections:
        _judge(role, facts, tally)


def _judge(role: Projection, facts: ReadModelFacts, tally: Tally) -> None:
    read_of = compiled(role.of)
    pairs = [(compiled(path), compiled(other)) for path, other in role.same.items()]
    states: dict[str, list[Change]] = {}
    for changes in rows_of(role.source, facts.index):
        states.setdefault(text(read_of(changes[-1])), []).extend(
            one for one in changes if one.verb != "delete"
        )
    view = ViewRows(role.view, role.view_of, role.scope)
    reached: dict[tuple[str, str], tuple[int, Change]] = {}
    for change in changes_of(role.view, facts.index):
        name = view.name(change)
        if change.verb == "delete":
            reached.pop(name, None)
        if change.verb == "delete" or not role.view.has(change):
            continue
        of = states.get(name[1], [])
        place, newest = reached.get(name, (0, change))
        tally.exercised += place > 0
        found = _place(change, of, place, pairs)
        if found >= 0:
            reached[name] = (found, change)
        elif _place(change, of[:place], 0, pairs) >= 0:
            tally.breach(
                "newer-undone",
                f"the view's {name[1]} went back to an older state of it",
                of[place].at,
                newest.at,
                change.at,
                about=(name[1],),
            )


def _place(change: Change, states: list[Change], since: int, pairs: list[tuple[Read, Read]]) -> int:
    """Return the place of the first state from `since` on that the view's row agrees with; -1 if there is none."""
    for place in range(since, len(states)):
        if all(agrees(shows(change), says(states[place])) for says, shows in pairs):
            return place
    return -1
