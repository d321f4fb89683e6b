"""How Hypothesis draws here: uniformly, and the same values whatever else is imported.

Hypothesis mixes constants of the loaded modules into what it draws, so one seed gives other schedules as soon
as another module is imported. As a registered backend this provider leaves that out; Hypothesis then also keeps
no tree of what it tried, which makes a drawn example about a quarter cheaper.
"""

from __future__ import annotations

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

BACKEND = "shaketable"
_RULE_SWITCHES = (0, 254)
"""The range from which Hypothesis draws, once an example, how likely it switches each rule off."""


class UniformProvider(HypothesisProvider):
    """Bounded whole numbers are drawn uniformly from the seeded source; the rest is as Hypothesis does it."""

    def draw_integer(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        weights: dict[int, float] | None = None,
        shrink_towards: int = 0,
    ) -> int:
        if min_value is None or max_value is None or self._random is None:
            return super().draw_integer(min_value, max_value, weights=weights, shrink_towards=shrink_towards)
        share = self._random.random()
        if weights is None and (min_value, max_value) == _RULE_SWITCHES:
            share **= 3  # our rules are few and coarse: uniformly, three in four runs would lack one of three
        return min_value + int(share * (max_value - min_value + 1))


def register() -> None:
    """Make `settings(backend=BACKEND)` known to Hypothesis; doing it again changes nothing."""
    AVAILABLE_PROVIDERS.setdefault(BACKEND, f"{__name__}.{UniformProvider.__name__}")
