"""The policy interface: which of the arrivals that are due happens next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shaketable.sim.orders.pending import Pending


class OrderPolicy(Protocol):
    """Decides one run. It draws from one source of chance and looks at nothing but what it is shown, so it decides the same again."""

    def choose(self, due: Sequence[Pending], may_wait: bool) -> Pending | None:
        """Return which of `due` happens next, or None to let time pass first, which is allowed if `may_wait`.

        `due` is never empty, and in the order first in, first out.
        """
        ...
