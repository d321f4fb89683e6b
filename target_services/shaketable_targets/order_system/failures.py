"""The errors of handling one event, by what to do about them."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, CheckViolation, UniqueViolation


class Unavailable(Exception):
    """A partner answered that it failed: the outcome is indeterminate, ask again."""


class Unprocessable(Exception):
    """No repetition will ever help: the event becomes a dead letter."""


class Unpublishable(Exception):
    """The broker will never accept this row."""


class TurnedAway(Unpublishable):
    """The broker refuses this row, which is within the limit that we know of."""


RETRIED = (*TRANSIENT, Unavailable)
"""Another attempt can help, and does no harm, because effects are keyed."""

HOPELESS = (Unprocessable, UniqueViolation, CheckViolation)
"""Another attempt would end the same way."""
