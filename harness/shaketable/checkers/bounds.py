"""Bounds: no single piece of work is larger than declared."""

from __future__ import annotations

from collections.abc import Iterable


def first_above(sizes: Iterable[tuple[int, int]], limit: int) -> tuple[int, int] | None:
    """The first (index, size) whose size is above `limit`."""
    return next(((index, size) for index, size in sizes if size > limit), None)
