"""How Hypothesis is set up for every search: complete settings, so that no profile of the surroundings changes them.

Under CI Hypothesis loads a profile that ignores seeds and keeps nothing. Schedules found here are stored as
files of ours, seeds are given, and a search ends by its budget, so every setting is named.

Hypothesis also mixes constants of the loaded modules into what it draws, so one seed gives other schedules as soon
as another module is imported. The provider registered here leaves that out; as Hypothesis keeps no tree of the
examples tried with a provider other than its own, drawing an example is about a quarter cheaper too.
"""

from __future__ import annotations

from typing import Literal

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

ProfileName = Literal["dev", "ci", "soak"]
RUNS: dict[ProfileName, int] = {"dev": 100, "ci": 500, "soak": 5_000}
STEPS_MAX = 20
BACKEND = "shaketable"
_RULE_SWITCHES = (0, 254)
"""The range from which Hypothesis draws, once an example, how likely it switches each rule off."""


class UniformProvider(HypothesisProvider):
    """A provider that draws bounded integers uniformly from the seeded source, and the rest as Hypothesis does."""

    def draw_integer(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        weights: dict[int, float] | None = None,
        shrink_towards: int = 0,
    ) -> int:
        """Return an integer between the bounds; without bounds or a seeded source draw as Hypothesis does."""
        if min_value is None or max_value is None or self._random is None:
            return super().draw_integer(min_value, max_value, weights=weights, shrink_towards=shrink_towards)
        share = self._random.random()
        if weights is None and (min_value, max_value) == _RULE_SWITCHES:
            share **= 3  # our rules are few and coarse: uniformly, three in four runs would lack one of three
        return min_value + int(share * (max_value - min_value + 1))


def search_settings(runs: int, *, steps: int = STEPS_MAX) -> settings:
    """Generate `runs` examples of at most `steps` steps; no database, no deadline, no shrinking by Hypothesis."""
    AVAILABLE_PROVIDERS.setdefault(BACKEND, f"{__name__}.{UniformProvider.__name__}")
    return settings(
        max_examples=runs,
        stateful_step_count=steps,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        backend=BACKEND,
    )


def register_profiles() -> None:
    """Register `shaketable-dev`, `-ci` and `-soak`, for users who choose profiles by name; idempotent."""
    for name, runs in RUNS.items():
        settings.register_profile(f"shaketable-{name}", search_settings(runs))
