"""The traits of worlds: what code may ask of a world instead of its name, and the worlds that can be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.fault import Need

ALL_BUT_BYTES = frozenset(Need) - {Need.BYTES}
"""What every world provides for faults: bytes only Toxiproxy can harm."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a world: code asks for the one that it means, never for a world's name."""

    repeatable: bool = True
    """One schedule and seed give one history. Elsewhere whether something shows is chance, at a rate."""
    runs_are_expensive: bool = False
    """A run takes the better part of a second, so what is drawn should be worth one."""
    has_servers: bool = False
    """It runs on real servers, kept from run to run; several sets of them can share a search."""
    draws_timing: bool = False
    """A seed other than 0 draws a timing, the same every time; seed 0 is calm."""
    scale: float = 0.0
    """Milliseconds of a schedule that pass in one of the machine; 0 where time is virtual."""
    runs_images: bool = False
    """A black box is started from its image, not by its command."""
    shares_partitions: bool = True
    """Its broker divides the partitions of a topic among the members of a group."""
    has_transactions: bool = True
    """Its broker keeps what transactions of producers promise."""
    deletes_records: bool = True
    """Its broker deletes records before their time: without it no retention lands."""
    provides: frozenset[Need] = ALL_BUT_BYTES
    """What faults need and this world has; a fault that needs something else leaves no receipt here."""


_PROCESSES = Traits(
    repeatable=False,
    runs_are_expensive=True,
    has_servers=True,
    shares_partitions=False,
    has_transactions=False,
    deletes_records=False,
    provides=ALL_BUT_BYTES - {Need.RETENTION},
)
_CONTAINERS = Traits(repeatable=False, runs_are_expensive=True, has_servers=True, runs_images=True)
_TRAITS = {"sim": Traits(), "processes": _PROCESSES, "containers": _CONTAINERS}
WORLDS = tuple(_TRAITS)
"""The names of the worlds that can be asked for."""


def traits_of(name: str) -> Traits:
    """Return what is known of a world by its name alone, as an option or a certificate gives it.

    The scale is not: it differs from one instance to another. A name that is not in `WORLDS` is that of a world
    like the simulated one.
    """
    return _TRAITS.get(name, Traits())
