"""How often a subject may be asked whether it is what its author declares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from counter_subject import ToyWorld, counter

from shaketable.explore.judge.calibration import TRIES_MAX, calibrate
from shaketable.history import History
from shaketable.schedule import Schedule
from shaketable.subject import Subject


def asked(subject: Subject, fits_at: int) -> tuple[Subject, list[int]]:
    """`subject` with a calibration that contradicts it until it is asked for the `fits_at`-th time."""
    asks: list[int] = []

    def calibrate(_: Subject, __: Callable[[Schedule], History]) -> Sequence[str]:
        asks.append(len(asks) + 1)
        return () if len(asks) >= fits_at else (f"misfit {len(asks)}",)

    return replace(subject, pattern=replace(subject.pattern, calibrate=calibrate)), asks


@pytest.mark.parametrize("fits_at", range(1, TRIES_MAX + 1))
def test_on_real_servers_what_fits_once_fits(fits_at):
    subject, asks = asked(counter(), fits_at)
    assert calibrate(subject, ToyWorld("processes")).mismatches == ()
    assert len(asks) == fits_at


def test_what_never_fits_is_told_as_it_was_seen_last():
    subject, asks = asked(counter(), TRIES_MAX + 1)
    assert calibrate(subject, ToyWorld("processes")).mismatches == (f"misfit {TRIES_MAX}",)
    assert len(asks) == TRIES_MAX


def test_where_no_machine_can_be_late_it_is_asked_once():
    subject, asks = asked(counter(), 2)
    assert calibrate(subject, ToyWorld()).mismatches == ("misfit 1",)
    assert len(asks) == 1
