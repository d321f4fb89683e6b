"""A variant of a family whose mapping is a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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

    def with_mistake(
        self, name: str, mistake: type, system: System, kills: tuple[str, ...], may_break: frozenset[str]
    ) -> MappedVariant:
        """Return this variant with one mistake, which `system` has: the class `mistake` says which; one of `kills` must tell it."""
        family = self.name.partition("/")[0]
        return replace(
            self,
            name=f"{family}/mutant-{name}",
            system=system,
            summary=(mistake.__doc__ or "").partition("\n")[0],
            expects=Expectation(may_break=may_break),
            mutant_of=self.name,
            kills=kills,
        )
