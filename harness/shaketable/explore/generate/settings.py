"""The Hypothesis settings of every search: complete, so that no profile of the surroundings changes them.

Under CI Hypothesis loads a profile that ignores seeds and keeps nothing. Schedules found here are stored as
files of ours, seeds are given, and a search ends by its budget, so every setting is named.
"""

from __future__ import annotations

from typing import Literal

from hypothesis import HealthCheck, Phase, Verbosity, settings

from shaketable.explore.generate import draws

ProfileName = Literal["dev", "ci", "soak"]
RUNS: dict[ProfileName, int] = {"dev": 100, "ci": 500, "soak": 5_000}
STEPS = 20


def search_settings(runs: int, *, steps: int = STEPS) -> settings:
    """Generate `runs` examples of at most `steps` steps; no database, no deadline, no shrinking by Hypothesis."""
    draws.register()
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
        backend=draws.BACKEND,
    )


def register() -> None:
    """Register `shaketable-dev`, `-ci` and `-soak`, for those who choose profiles by name; idempotent."""
    for name, runs in RUNS.items():
        settings.register_profile(f"shaketable-{name}", search_settings(runs))
