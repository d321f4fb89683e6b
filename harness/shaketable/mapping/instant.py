"""Instants: points in time in one form, whatever the offset that they were written with."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from shaketable.history import Json

_WRITTEN = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,6})?\s?([Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII
)


def instant(value: Json) -> datetime | None:
    """Return a point in time in UTC, of its text in ISO 8601 with an offset; None for anything else."""
    found = _WRITTEN.fullmatch(value.strip()) if type(value) is str else None
    if found is None:
        return None
    day, time, fraction, offset = found.groups()
    offset = "+00:00" if offset in "Zz" else f"{offset[:3]}:{offset[3:].lstrip(':') or '00'}"
    try:
        return datetime.fromisoformat(f"{day}T{time}{(fraction or '.0').ljust(7, '0')}{offset}").astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        return None


def in_utc(moment: datetime) -> str:
    """Return the canonical form: `2026-11-30T07:01:04.5Z`, without zeros at the end of a second's fraction."""
    whole, _, fraction = moment.astimezone(UTC).replace(tzinfo=None).isoformat().partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def epoch_ms(moment: datetime) -> int:
    """Return the milliseconds since 1970, rounded down."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000
