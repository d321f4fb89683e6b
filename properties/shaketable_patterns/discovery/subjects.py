"""Every shipped variant of the registry and its services, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shaketable.profile import Profile
from shaketable.subject import Expectation, Pattern, Subject, System
from shaketable_patterns.discovery import profile
from shaketable_patterns.discovery.calibration import calibrate
from shaketable_patterns.discovery.machine import machine_of
from shaketable_patterns.discovery.mapping import mapping
from shaketable_patterns.discovery.system import discovery
from shaketable_patterns.discovery.values import troubled, workload
from shaketable_patterns.order_system.judged_pattern import Trial, judged_pattern
from shaketable_patterns.service_registry.clauses import REGISTRY_RULES
from shaketable_targets.discovery.mutants import desks, members, registries

FAMILY = "discovery"
HARDENED = f"{FAMILY}/hardened"
FAST = f"{FAMILY}/hardened-fast"
_ALL = frozenset({"SR-1", "SR-2", "SR-3", "SR-4", "SR-5"})


def hardened() -> Iterator[Subject]:
    """Yield the system under the document's configuration, and under what else it can be told."""
    for name, settings, declared, summary in (
        (HARDENED, "DOCUMENT", profile.HARDENED, "two replicas in memory, the document's intervals"),
        (
            f"{HARDENED}-lease-twice",
            "TWICE",
            profile.LEASES_TWICE,
            "the same, with leases that last twice as long, as Eureka's",
        ),
        (f"{HARDENED}-preserving", "PRESERVING", profile.PRESERVES, "the same, with self-preservation"),
        (FAST, "FAST", profile.HURRIED, "the same with shorter intervals, for real servers"),
    ):
        yield subject_of(name, discovery(settings), declared, summary)


_REGISTRIES: dict[str, tuple[type, tuple[str, ...]]] = {
    "never-evicts": (registries.NeverEvicts, ("SR-2",)),
    "evicts-early": (registries.EvictsEarly, ("SR-1",)),
    "late-heartbeat-restores": (registries.LateHeartbeatRestores, ("SR-3",)),
    "welcomes-the-unknown": (registries.WelcomesTheUnknown, ("SR-4",)),
    "keeps-old-addresses": (registries.KeepsOldAddresses, ("SR-4",)),
    "keeps-leaves-to-itself": (registries.KeepsLeavesToItself, ("SR-3", "SR-5")),
    "wall-clock": (registries.WallClock, ("SR-1", "SR-2")),
    "renews-by-reads": (registries.RenewsByReads, ("SR-2",)),
    "serves-at-once": (registries.ServesAtOnce, ("SR-5",)),
    "late-registration-restores": (registries.LateRegistrationRestores, ("SR-3",)),
}
_MEMBERS: dict[str, tuple[type, tuple[str, ...]]] = {
    "heartbeat-dies": (members.HeartbeatDies, ("SR-1", "SR-4")),
    "stamps-by-the-clock": (members.StampsByTheClock, ("SR-4",)),
    "ignores-the-unknown": (members.IgnoresTheUnknown, ("SR-4",)),
    "beats-on": (members.BeatsOn, ("SR-3",)),
}
_DESKS: dict[str, tuple[type, tuple[str, ...]]] = {
    "drops-its-copy": (desks.DropsItsCopy, ("SR-5",)),
    "fetches-once": (desks.FetchesOnce, ("SR-2", "SR-3", "SR-4")),
    "fetch-dies": (desks.FetchDies, ("SR-2", "SR-3", "SR-4")),
    "adds-only": (desks.AddsOnly, ("SR-2", "SR-3")),
}


def mutants() -> Iterator[Subject]:
    """Yield the hardened system with one mistake each; each names the promises of which one must kill it."""
    for part, found in (("registry", _REGISTRIES), ("member", _MEMBERS), ("desk", _DESKS)):
        for name, (mistake, kills) in found.items():
            make: dict[str, Any] = {part: mistake}
            yield subject_of(
                f"{FAMILY}/mutant-{name}",
                discovery(**make),
                profile.HARDENED,
                (mistake.__doc__ or "").partition("\n")[0],
                expects=Expectation(may_break=_ALL),
                mutant_of=HARDENED,
                kills=kills,
            )


def subjects() -> list[Subject]:
    """Return them all, hardened ones first, in a fixed order."""
    return [*hardened(), *mutants()]


def subject_of(name: str, system: System, declared: Profile, summary: str, **more: Any) -> Subject:
    """Return a system of services, judged by what their profile declares."""
    return Subject(
        name=name, pattern=_pattern(declared), profile=declared, target=system, summary=summary, **more
    )


def _pattern(declared: Profile) -> Pattern:
    trial = Trial(machine_of, workload, calibrate, troubled)
    return judged_pattern("service-registry", mapping(declared), (REGISTRY_RULES,), trial)
