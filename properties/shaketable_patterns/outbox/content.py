"""What a record says against the row it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from shaketable.history import Json
from shaketable.mapping.values import compiled
from shaketable_patterns.outbox.facts import Announced, EventRow


def difference(same: Mapping[str, str], row: EventRow, record: Announced) -> str:
    """The first value in which the record is not what the row says, in words; "" if there is none.

    A value that the row does not have is not asked for: an implementation may put more into one than into the other.
    """
    for of_row, of_record in same.items():
        committed = compiled(of_row)(row.inserted.source)
        if committed is None:
            continue
        said = compiled(of_record)(record.record.source)
        if not agrees(said, committed):
            return f"{of_record.rpartition('.')[2]} {said!r}, and {committed!r} was committed"
    return ""


def agrees(said: Json, was: Json) -> bool:
    """Tell whether a record says what a row was. A number may be told as text, and a decimal column comes as text."""
    if said == was:
        return True
    if isinstance(said, str) == isinstance(was, str) or isinstance(said, bool) or isinstance(was, bool):
        return False
    try:
        return Decimal(str(said)) == Decimal(str(was))
    except InvalidOperation:
        return False
