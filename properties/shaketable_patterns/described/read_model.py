"""The roles of a read model against a run in which nothing fails: a role without a single fact would pass on nothing."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.mapping.happenings import records_of
from shaketable.mapping.mapping import kind_of
from shaketable.mapping.roles import Role
from shaketable_patterns.projection.facts import ReadModelFacts, at_the_end
from shaketable_patterns.projection.sources import rows_of


def misplayed(facts: ReadModelFacts) -> Iterator[str]:
    """Yield a sentence for each part of a read model that a calm run never shows."""
    index = facts.index
    for role in facts.projections:
        if not rows_of(role.source, index):
            yield f"{_named(role)}.source: no row of {role.source.table} was committed in a calm run"
        if not at_the_end(role.view, role.view_of, role.scope, index).names(None):
            yield f"{_named(role)}.view: no row of {role.view.table} agrees with it at the end of a calm run"
        if role.record is not None and not any(map(role.record.is_so, records_of(role.record.topics, index))):
            yield f"{_named(role)}.record: no record on {', '.join(role.record.topics)} agrees with it in a calm run"
    for total in facts.totals.values():
        if not total.of:
            yield f"{_named(total.role)}.counts: nothing counts in a calm run"
        view = total.role.view
        if view is not None and not at_the_end(view, total.role.view_of, total.role.scope, index).names(None):
            yield f"{_named(total.role)}.view: no row of {view.table} holds it at the end of a calm run"
    for question in facts.questions:
        if question.total not in facts.totals:
            yield f"{_named(question)}.total: no total is named {question.total!r}"
        if not facts.asked(question):
            yield f"{_named(question)}.says: no answer to {question.op} has a number there in a calm run"
    for position in facts.positions:
        if not index.changes_of(position.rows.database, position.rows.table):
            yield f"{_named(position)}.rows: no row of {position.rows.table} was written in a calm run"


def _named(role: Role) -> str:
    return f"{kind_of(role)} {role.name}" if role.name else kind_of(role)
