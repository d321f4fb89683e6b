"""Instants: points in time in one form, whatever the offset that they were written with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from shaketable.history import Json

_WRITTEN = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_COLUMN_DIGITS = 6
"""Of a second's fraction in PostgreSQL's columns, and of what `datetime` holds."""


def instant(value: Json) -> datetime | None:
    """Return a point in time in UTC, of its text in ISO 8601 with an offset; None for anything else.

    It holds microseconds: further digits are dropped.
    """
    found = _read(value)
    if found is None or not found.has_offset:
        return None
    return found.second + timedelta(
        microseconds=int(found.digits[:_COLUMN_DIGITS].ljust(_COLUMN_DIGITS, "0"))
    )


def tells(said: Json, was: Json) -> bool:
    """Tell whether a text `said` is the point in time of the text `was`, as exactly as it is written.

    The offsets may differ. A writer may know fewer digits of a second than a column keeps (milliseconds, whole seconds) or
    more: it is right when it cut or rounded the same instant. Two texts without any offset are compared alike; of one with
    and one without it is not known whether they are the same.
    """
    one, other = _read(said), _read(was)
    if one is None or other is None or one.has_offset != other.has_offset:
        return False
    unit = Fraction(1, 10 ** min(len(one.digits), _COLUMN_DIGITS))
    apart = int((one.second - other.second).total_seconds()) + _fraction(one.digits) - _fraction(other.digits)
    return abs(apart) < unit


class _Written(NamedTuple):
    second: datetime
    digits: str  # of its fraction
    has_offset: bool


def _read(value: Json) -> _Written | None:
    found = _WRITTEN.fullmatch(value.strip()) if type(value) is str else None
    if found is None:
        return None
    day, time, digits, offset = found.groups()
    zone = "+00:00" if offset is None or offset in "Zz" else f"{offset[:3]}:{offset[3:].lstrip(':') or '00'}"
    try:
        second = datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return _Written(second, digits or "", offset is not None)


def _fraction(digits: str) -> Fraction:
    return Fraction(int(digits or "0"), 10 ** len(digits))


def in_utc(moment: datetime) -> str:
    """Return the canonical form: `2026-11-30T07:01:04.5Z`, without zeros at the end of a second's fraction."""
    whole, _, fraction = moment.astimezone(UTC).replace(tzinfo=None).isoformat().partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def epoch_ms(moment: datetime) -> int:
    """Return the milliseconds since 1970, rounded down."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000
