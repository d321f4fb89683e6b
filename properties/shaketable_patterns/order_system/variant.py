"""One variant of the order system, and the families that variants belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

from shaketable.profile import Profile
from shaketable.subject import Expectation, System

SAGA = "order-saga"
ORCHESTRATION = "order-orchestration"
OUTBOX = "order-outbox"
CONSUMER = "order-consumer"
DEAD_LETTERS = "order-dead-letters"


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant: everything that a subject needs except the pattern, which its family decides."""

    family: str
    system: System
    profile: Profile
    summary: str
    expects: Expectation = field(default_factory=Expectation)
    mutant_of: str = ""
    kills: tuple[str, ...] = ()
    direct: tuple[str, ...] = ()
    """Types of events that it publishes straight to the broker, without an outbox."""


def mutants_of(
    family: str, of: str, declared: Profile, made: dict[str, tuple[System, str, tuple[str, ...]]]
) -> dict[str, Variant]:
    """Return the mutants of `of` by name, each expected to break no promise but those it names."""
    return {
        f"{family}/mutant-{name}": Variant(
            family,
            made_of,
            declared,
            summary,
            Expectation(may_break=frozenset(kills)),
            mutant_of=f"{family}/{of}",
            kills=kills,
        )
        for name, (made_of, summary, kills) in made.items()
    }


def summary_of(make: object) -> str:
    """Return the mistake in one sentence, from where it is made."""
    return (make.__doc__ or "").partition("\n")[0]
