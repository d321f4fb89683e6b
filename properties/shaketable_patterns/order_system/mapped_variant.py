"""A variant of a family whose mapping is a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from shaketable.mapping.mapping import Mapping
from shaketable.profile import Profile
from shaketable.subject import Expectation, System


@dataclass(frozen=True, slots=True)
class MappedVariant:
    """One variant: everything that a subject needs except the promises that it is held to."""

    name: str
    system: System
    profile: Profile
    mapping: Mapping
    summary: str
    expects: Expectation = field(default_factory=Expectation)
    mutant_of: str = ""
    kills: tuple[str, ...] = ()
