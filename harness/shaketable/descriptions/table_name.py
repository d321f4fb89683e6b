"""Names of tables with their schemas: as a description writes them, and as a history tells them.

A name is exact, upper case too. A table of the schema `public` goes by its own name, any other by `schema.table`; a half
with a dot or a quote in it stands in double quotes, as in SQL.
"""

from __future__ import annotations

import re

from shaketable.errors import UsageError

PUBLIC = "public"
Place = tuple[str, str]
"""A schema and a table; the schema is "" where the search path decides."""
_HALF = r'"(?:[^"]|"")+"|[^".]+'
_NAME = re.compile(rf"(?:(?P<schema>{_HALF})\.)?(?P<table>{_HALF})")


def place_of(name: str) -> Place:
    """Return the schema and the table of a name. Raises UsageError for one that is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise UsageError(
            f"{name!r} is no name of a table: write table or schema.table, and quote a half that has a dot in it"
        )
    return _plain(found["schema"] or ""), _plain(found["table"])


def name_of(schema: str, table: str) -> str:
    """Return the name by which a history tells a table that no description names."""
    return _half(table) if schema in ("", PUBLIC) else f"{_half(schema)}.{_half(table)}"


def quoted(place: Place) -> str:
    """Return a name for SQL."""
    return ".".join('"' + half.replace('"', '""') + '"' for half in place if half)


def _plain(half: str) -> str:
    return half[1:-1].replace('""', '"') if half.startswith('"') else half


def _half(word: str) -> str:
    return '"' + word.replace('"', '""') + '"' if "." in word or '"' in word else word
