"""JSON as others wrote it, read without losing a digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn

from shaketable.history import Json


def exact_json(written: str | bytes) -> Json:
    """Return the value of a JSON text; ValueError when it is none.

    A number with decimals that a double cannot tell from its neighbours stays the text that it was written as.
    """
    return json.loads(written, parse_float=_exact, parse_constant=_refuse)


def _exact(written: str) -> Json:
    number = float(written)
    if abs(number) == float("inf") or Decimal(repr(number)) != Decimal(written):
        return written
    return number


def _refuse(written: str) -> NoReturn:
    raise ValueError(f"{written} is no JSON")
