"""What `make test` leaves to `make soak`: more of a kind of which it asks a few."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

campaign = pytest.mark.campaign


def every(n: int, cases: Iterable[Any]) -> list[Any]:
    """Return `cases` as parameters of a test: the first of each `n` for `make test`, the others for `make soak`."""
    return [case if at % n == 0 else pytest.param(case, marks=campaign) for at, case in enumerate(cases)]
