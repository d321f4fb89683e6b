"""The lookup as listed (seed document, section 6): a breaker and a fallback, and no time-out of its own.

The listing says nothing of one. So a call lasts as long as the client's default lets it, which for the client that the document names is
60 s to read an answer: a breaker cannot count a call that has not ended. Around it is the hardened front.
"""

from __future__ import annotations

from collections.abc import Mapping

from shaketable_targets.restaurant_front.guarded import Guarded
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import GUIDE

READ_TIMEOUT_MS = 60_000


class Listed(Guarded):
    """The guide, for as long as it takes."""

    timeout_ms = READ_TIMEOUT_MS


class AsListed(FrontService):
    """The front with the listing's lookup."""

    def make_outside(self) -> Mapping[str, Guarded]:
        return {**super().make_outside(), GUIDE: Listed(self.ports, GUIDE)}
