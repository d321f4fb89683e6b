"""All ten."""

from __future__ import annotations

from tests.mutants.orders import events, hops, late_success, locks, offsets, rows
from tests.mutants.orders.declared import OrderDefect

DEFECTS: tuple[OrderDefect, ...] = (
    *rows.DEFECTS,
    *locks.DEFECTS,
    *events.DEFECTS,
    *offsets.DEFECTS,
    *hops.DEFECTS,
    *late_success.DEFECTS,
)
