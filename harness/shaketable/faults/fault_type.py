"""What every type of fault says of itself. It is meaning only: worlds supply the mechanism."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, Literal

import msgspec


class Need(Enum):
    """What a world, or a system in it, must have for a fault to land."""

    MESSAGES = "messages with an address"
    POWER = "power to cut"
    PROCESSES = "processes of the subject that take signals"
    CLOCKS = "services that read a clock of the harness"
    CACHE = "a cache"
    RETENTION = "a topic that may lose its records, at a broker that deletes them"
    LINKS = "links between parties"
    BYTES = "bytes under way, and Toxiproxy"


class FaultType(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """The meaning that each type of fault says of itself."""

    needs: ClassVar[Need]
    words: ClassVar[str]
    """What the harness does, in the imperative, with the fault's attributes in braces; `..._ms` is written as a duration."""
    names: ClassVar[Literal["role", "process"]] = "role"
    """A generated fault names a role if it means the same for every replica, one process if it shows by their difference."""

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties concerned: the victim first, then the one at the other end."""
        raise NotImplementedError

    @property
    def lasts_ms(self) -> int:
        """How long it is in force from its step on, as far as a schedule tells; 0 if it is over at once."""
        raise NotImplementedError


def name_of(fault: FaultType) -> str:
    """Return the word for a fault in histories, files and reports."""
    return tag_of(type(fault))


def tag_of(kind: type[FaultType]) -> str:
    """Return the word for a type of fault."""
    return str(kind.__struct_config__.tag)
