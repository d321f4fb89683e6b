"""A committed transaction in words: of an updated row only the columns that changed."""

from __future__ import annotations

import re

from shaketable.history import Json
from shaketable.report.printable import clipped, printable, short
from shaketable.report.story.relevance import Relevance

_WRITES_MAX = 6
_FIELDS_MAX = 6
_TEXT_MAX = 28
_DIGEST = re.compile(r"[0-9a-f]{16,}")
Row = dict[str, Json]


class Rows:
    """Every row as last written. A row is identified by its table and the value of its first column."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], Row] = {}

    def commit_words(self, value: dict[str, Json], relevance: Relevance) -> str:
        """Say what this transaction wrote: its relevant writes, or all if none is. Call it once a commit, in order."""
        writes = value.get("writes")
        if not isinstance(writes, list):
            return f"commits {short(value)}"
        database = str(value.get("db"))
        texts = [(relevance.covers(w), self._write_words(database, w)) for w in writes]
        chosen = [text for relevant, text in texts if relevant] or [text for _, text in texts]
        more = len(texts) - len(chosen[:_WRITES_MAX])
        return f"commits: {'; '.join(chosen[:_WRITES_MAX])}{f'; {more} more' if more else ''}"

    def _write_words(self, database: str, write: Json) -> str:
        if not isinstance(write, (list, tuple)) or len(write) != 3 or not isinstance(write[2], dict):
            return short(write)
        verb, table, row = str(write[0]), str(write[1]), write[2]
        key = (database, table, repr(next(iter(row.values()), None)))
        before = self._last.get(key, {})
        if verb == "delete":
            self._last.pop(key, None)
        else:
            self._last[key] = row
        shown = _changed(before, row) if verb == "update" else _without_times(row)
        return f"{printable(verb)} {printable(table)} ({_fields(shown)})"


def _changed(before: Row, row: Row) -> Row:
    first = next(iter(row), None)
    return {k: v for k, v in row.items() if k == first or k not in before or before[k] != v}


def _without_times(row: Row) -> Row:
    """Drop the columns that look like milliseconds of a date: the line shows the time already."""
    return {k: v for k, v in row.items() if not (isinstance(v, int) and v > 10**12)}


def _fields(row: Row) -> str:
    parts = [f"{printable(str(k))}={clipped(short(v), _TEXT_MAX)}" for k, v in row.items() if _is_readable(v)]
    return " ".join(parts[:_FIELDS_MAX]) + (" …" if len(parts) > _FIELDS_MAX else "")


def _is_readable(value: Json) -> bool:
    """Tell whether a value is worth showing; payloads, digests and empty values are not."""
    long = isinstance(value, (str, dict, list)) and len(value) > _TEXT_MAX
    digest = isinstance(value, str) and _DIGEST.fullmatch(value) is not None
    return not long and not digest and value not in ("", None, 0)
