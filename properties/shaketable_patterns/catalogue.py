"""The catalogue of shipped subjects, by family: order systems first, then components, one kind after the other.

Each kind of family has an entry point of its own, and is imported only for itself: what keeps one from being imported, such as
a Python that is not known yet, costs no other.
"""

from __future__ import annotations

from collections.abc import Callable

from shaketable.errors import HarnessError
from shaketable.mapping.mapping import Mapping
from shaketable.subject import Pattern, Subject
from shaketable_patterns.compositions import (
    pattern_of,
    read_model_pattern_of,
    self_healing_pattern_of,
)
from shaketable_patterns.order_history.subjects import variants as histories
from shaketable_patterns.order_system.mapped_variant import MappedVariant
from shaketable_patterns.order_system.subjects import variants
from shaketable_patterns.order_system.variant import Variant
from shaketable_patterns.waiting_list.subjects import variants as waiting_lists


def subjects() -> list[Subject]:
    """Return all shipped subjects, mutants included, in a fixed order; names are unique."""
    from shaketable_patterns.bulkhead import subjects as bulkheads
    from shaketable_patterns.circuit_breaker import subjects as breakers
    from shaketable_patterns.discovery import subjects as discoveries
    from shaketable_patterns.idempotency_store import subjects as stores
    from shaketable_patterns.lock import subjects as locks
    from shaketable_patterns.order_two_phase import subjects as two_phase
    from shaketable_patterns.price_copies import subjects as copies
    from shaketable_patterns.rate_limiter import subjects as limiters
    from shaketable_patterns.restaurant_front import subjects as fronts
    from shaketable_patterns.retry import subjects as retries
    from shaketable_patterns.shop_gateway import subjects as gateways
    from shaketable_patterns.token_verifier import subjects as verifiers

    found = [
        *order_subjects(),
        *two_phase.subjects(),
        *copies.subjects(),
        *history_subjects(),
        *discoveries.subjects(),
        *breakers.subjects(),
        *bulkheads.subjects(),
        *stores.subjects(),
        *locks.subjects(),
        *limiters.subjects(),
        *retries.subjects(),
        *verifiers.subjects(),
        *fronts.subjects(),
        *gateways.subjects(),
        *waiting_subjects(),
    ]
    names = [subject.name for subject in found]
    if len(set(names)) != len(names):
        raise HarnessError(
            f"two shipped subjects have one name: {sorted(n for n in names if names.count(n) > 1)}"
        )
    return found


def order_subjects() -> list[Subject]:
    """Return the order systems, each under the pattern of its family."""
    return [_subject(name, variant, pattern_of(variant)) for name, variant in variants().items()]


def history_subjects() -> list[Subject]:
    """Return the order histories: read models with their command side."""
    return [_mapped(variant, read_model_pattern_of) for variant in histories()]


def waiting_subjects() -> list[Subject]:
    """Return the waiting lists: queues and copies in a store that may be lost."""
    return [_mapped(variant, self_healing_pattern_of) for variant in waiting_lists()]


def _mapped(variant: MappedVariant, pattern_of: Callable[[Mapping], Pattern]) -> Subject:
    return _subject(variant.name, variant, pattern_of(variant.mapping))


def _subject(name: str, variant: Variant | MappedVariant, pattern: Pattern) -> Subject:
    return Subject(
        name=name,
        pattern=pattern,
        profile=variant.profile,
        target=variant.system,
        expects=variant.expects,
        summary=variant.summary,
        mutant_of=variant.mutant_of,
        kills=variant.kills,
    )
