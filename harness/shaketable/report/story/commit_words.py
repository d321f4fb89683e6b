"""A committed transaction in words: for a row that was there before, only what changed."""

from __future__ import annotations

from shaketable.history import Json
from shaketable.report.printable import clipped, printable, short
from shaketable.report.story.relevance import Focus

_WRITES_MAX = 6
_FIELDS_MAX = 6
_TEXT_MAX = 28
Row = dict[str, Json]


class Rows:
    """Every row as last seen. A row is known by its table and first column."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], Row] = {}

    def said(self, value: dict[str, Json], focus: Focus) -> str:
        """What this transaction wrote, as far as it concerns `focus`; to be asked once for each, in order."""
        writes = value.get("writes")
        if not isinstance(writes, list):
            return f"commits {short(value)}"
        database = str(value.get("db"))
        told = [(focus.covers(w), self._write(database, w)) for w in writes]
        chosen = [text for relevant, text in told if relevant] or [text for _, text in told]
        more = len(told) - len(chosen[:_WRITES_MAX])
        return f"commits: {'; '.join(chosen[:_WRITES_MAX])}{f'; {more} more' if more else ''}"

    def _write(self, database: str, write: Json) -> str:
        if not isinstance(write, (list, tuple)) or len(write) != 3 or not isinstance(write[2], dict):
            return short(write)
        verb, table, row = str(write[0]), str(write[1]), write[2]
        key = (database, table, repr(next(iter(row.values()), None)))
        before = self._seen.get(key, {})
        if verb == "delete":
            self._seen.pop(key, None)
        else:
            self._seen[key] = row
        shown = (
            _changed(before, row) if verb == "update" else {k: v for k, v in row.items() if not _is_date(v)}
        )
        return f"{printable(verb)} {printable(table)} ({_fields(shown)})"


def _changed(before: Row, row: Row) -> Row:
    first = next(iter(row), None)
    return {k: v for k, v in row.items() if k == first or k not in before or before[k] != v}


def _is_date(value: Json) -> bool:
    """When a row was made is on its line already."""
    return isinstance(value, int) and value > 10**12


def _fields(row: Row) -> str:
    """Short scalars; payloads, hashes and empty columns say nothing to a reader."""
    parts = [f"{printable(str(k))}={_scalar(v)}" for k, v in row.items() if _tells(k, v)]
    return " ".join(parts[:_FIELDS_MAX]) + (" …" if len(parts) > _FIELDS_MAX else "")


def _tells(column: str, value: Json) -> bool:
    long = isinstance(value, (str, dict, list)) and len(value) > _TEXT_MAX
    return not long and value not in ("", None, 0) and "hash" not in column


def _scalar(value: Json) -> str:
    return clipped(short(value), _TEXT_MAX)
