"""One hidden mutant or correct variant: its subject, and how the mistake would show."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.profile import Profile
from shaketable.subject import Subject, System
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system.variant import Variant


@dataclass(frozen=True, slots=True)
class Hidden:
    """A subject that breaks its own promises, which `subject.kills` names, or none of them if that is empty.

    `shows` is the way in which a user would meet the mistake; `needs` is what makes it rare.
    """

    subject: Subject
    shows: str = ""
    needs: str = ""

    @property
    def name(self) -> str:
        return self.subject.name


def order_subject(
    family: str, name: str, target: System, declared: Profile, made_of: object, kills: tuple[str, ...] = ()
) -> Subject:
    """Return a subject of the order system; the docstring of `made_of` is its summary."""
    summary = (made_of.__doc__ or "").partition("\n")[0]
    pattern = pattern_of(Variant(family, target, declared, summary))
    return Subject(
        f"hidden/{family}/{name}",
        pattern,
        declared,
        target,
        summary=summary,
        mutant_of=f"{family}/hardened" if kills else "",
        kills=kills,
    )
