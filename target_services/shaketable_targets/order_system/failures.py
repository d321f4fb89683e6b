"""What can go wrong with one event, by what to do about it."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, CheckViolation, UniqueViolation


class Unavailable(Exception):
    """A partner answered that it cannot tell now: the outcome is unknown, ask again."""


class Unprocessable(Exception):
    """No repetition will ever help: this event goes to the dead letters."""


class Unpublishable(Exception):
    """No broker will ever take this row."""


RETRIED = (*TRANSIENT, Unavailable)
"""Another attempt can help, and because effects are keyed it does no harm."""

HOPELESS = (Unprocessable, UniqueViolation, CheckViolation)
"""Another attempt would end the same way."""
