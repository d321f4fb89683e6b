"""The values of PostgreSQL's columns as JSON, made of the text in which the server writes them.

Integers are numbers, and so are floats unless they are infinite; `boolean` is true or false; `json` and `jsonb` are the
value itself; `numeric` stays text with every digit ("10.00"), since no JSON number holds them all; `uuid` is its text in
lower case with hyphens; `timestamptz` is in UTC as 2026-11-30T07:01:04.5Z, `timestamp` the same without Z; `bytea` is
hexadecimal without a prefix; an array is a list, nested if it has several dimensions; an enum is its label; a domain is
what it is made of. Anything else is text as PostgreSQL writes it under `SESSION`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from shaketable.history import Json
from shaketable.real.exact_json import exact_json

SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
}
"""Settings of the connection that reads: the text of a value depends on them, and on nothing else."""
CATALOG = (
    "SELECT oid::int8, typbasetype::int8, "
    "CASE WHEN typcategory = 'A' AND typlen = -1 THEN typelem::int8 ELSE 0 END, typdelim::text FROM pg_type"
)
"""The query for `ColumnTypes`: oid, what a domain is made of, what an array is of, and what stands between its elements."""

_MOMENT = re.compile(r"(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?", re.ASCII)
_BOUNDS = re.compile(r"(?:\[-?\d+:-?\d+\])+=")


class TypeRow(msgspec.Struct, frozen=True):
    """One type of the server's catalogue: the oids of what it is made of and of its elements (0: none)."""

    base: int
    element: int
    delimiter: str


class ColumnTypes:
    """The types of one database. One that was made after they were read is told as text."""

    def __init__(self, catalog: Iterable[tuple[int, int, int, str]] = ()) -> None:
        self._rows: Mapping[int, TypeRow] = {
            oid: TypeRow(base, element, delimiter) for oid, base, element, delimiter in catalog
        }

    def value(self, text: str, oid: int) -> Json:
        """Return the value that PostgreSQL writes as `text` in a column of the type `oid`."""
        row = self._rows.get(oid)
        while row is not None and row.base:
            oid, row = row.base, self._rows.get(row.base)
        if row is not None and row.element:
            return self._array(text, row)
        read = _READ.get(oid)
        return text if read is None else read(text)

    def _array(self, text: str, row: TypeRow) -> Json:
        """Return the list of an array: elements in braces, quoted where they would be misread, NULL where there is none."""
        at = bounds.end() if (bounds := _BOUNDS.match(text)) else 0
        if text[at : at + 1] != "{":
            return text
        levels: list[list[Json]] = [[]]
        element, quoted, begun = "", False, False
        at_end = len(text)
        while at < at_end:
            sign = text[at]
            if sign == "{":
                levels.append([])
            elif sign == '"':
                element, at = _quoted(text, at + 1)
                quoted = begun = True
                continue
            elif sign == row.delimiter or sign == "}":
                if begun:
                    is_null = not quoted and element == "NULL"
                    levels[-1].append(None if is_null else self.value(element, row.element))
                element, quoted, begun = "", False, False
                if sign == "}":
                    inner = levels.pop()
                    levels[-1].append(inner)
            else:
                if sign == "\\":
                    at += 1
                    sign = text[at]
                element, begun = element + sign, True
            at += 1
        return levels[0][0]


def _quoted(text: str, at: int) -> tuple[str, int]:
    """Return what stands in quotes and the place behind them."""
    found: list[str] = []
    while text[at] != '"':
        if text[at] == "\\":
            at += 1
        found.append(text[at])
        at += 1
    return "".join(found), at + 1


def _float(text: str) -> Json:
    number = float(text)
    return number if math.isfinite(number) else text


def _json(text: str) -> Json:
    try:
        return exact_json(text)
    except ValueError:
        return text


def _moment(text: str) -> Json:
    found = _MOMENT.fullmatch(text)  # not infinity, nor years before Christ
    return text if found is None else f"{found[1]}T{found[2]}{'Z' if found[3] else ''}"


def _bytes(text: str) -> Json:
    return text.removeprefix("\\x")


_READ: Mapping[int, Callable[[str], Json]] = {
    16: lambda text: text == "t",  # bool
    17: _bytes,  # bytea
    20: int,  # int8
    21: int,  # int2
    23: int,  # int4
    26: int,  # oid
    114: _json,  # json
    700: _float,  # float4
    701: _float,  # float8
    1114: _moment,  # timestamp
    1184: _moment,  # timestamptz
    3802: _json,  # jsonb
}
"""By the oid of a type, which is fixed for PostgreSQL's own; others are told as text."""
