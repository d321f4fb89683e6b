"""Every shipped subject, by family: order systems first, then circuit breakers."""

from __future__ import annotations

import importlib
import importlib.util

from shaketable.errors import HarnessError
from shaketable.subject import Pattern, Subject
from shaketable_patterns.dead_letters.pattern import DEAD_LETTERS
from shaketable_patterns.idempotency.pattern import CONSUMER
from shaketable_patterns.order_system import variant as families
from shaketable_patterns.order_system.subjects import variants
from shaketable_patterns.outbox.pattern import OUTBOX
from shaketable_patterns.saga.pattern import ORDER_SAGA

PATTERNS: dict[str, Pattern] = {
    families.SAGA: ORDER_SAGA,
    families.OUTBOX: OUTBOX,
    families.CONSUMER: CONSUMER,
    families.DEAD_LETTERS: DEAD_LETTERS,
}
_BREAKERS = "shaketable_patterns.circuit_breaker.subjects"


def subjects() -> list[Subject]:
    """All of them, mutants included, in a fixed order; names are unique."""
    found = [*order_subjects(), *_breakers()]
    names = [subject.name for subject in found]
    if len(set(names)) != len(names):
        raise HarnessError(
            f"two shipped subjects have one name: {sorted(n for n in names if names.count(n) > 1)}"
        )
    return found


def order_subjects() -> list[Subject]:
    """The order systems, each under the pattern of its family."""
    return [
        Subject(
            name=name,
            pattern=PATTERNS[variant.family],
            profile=variant.profile,
            target=variant.system,
            expects=variant.expects,
            summary=variant.summary,
            mutant_of=variant.mutant_of,
            kills=variant.kills,
        )
        for name, variant in variants().items()
    ]


def _breakers() -> list[Subject]:
    # Imported only when asked for: their libraries are an extra.
    if importlib.util.find_spec(_BREAKERS) is None:
        return []
    found: list[Subject] = importlib.import_module(_BREAKERS).subjects()
    return found
