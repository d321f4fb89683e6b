"""Every shipped variant of the waiting list, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.subject import Expectation, System
from shaketable_patterns.order_system.mapped_variant import MappedVariant
from shaketable_patterns.waiting_list import profile
from shaketable_patterns.waiting_list.mapping import mapping
from shaketable_patterns.waiting_list.system import waiting_list
from shaketable_targets.waiting_list.as_listed import AsListed
from shaketable_targets.waiting_list.mutants import copies, heals, queues
from shaketable_targets.waiting_list.service import OtherCopies, OtherHealer, WaitingListService

FAMILY = "waiting-list"
HARDENED = f"{FAMILY}/hardened"
_ALL = frozenset({"HC-1", "HC-2", "HC-3", "HC-4"})


def variants() -> list[MappedVariant]:
    """Return them all, the hardened one first, in a fixed order."""
    return [hardened(), as_listed(), *mutants()]


def hardened() -> MappedVariant:
    """Return the system that keeps every promise."""
    return MappedVariant(
        HARDENED,
        waiting_list(),
        profile.HARDENED,
        mapping(profile.HARDENED),
        "two instances, rows first, queues compared and mended each period, copies filled in under a lease",
    )


def as_listed() -> MappedVariant:
    """Return the document's listing of healing."""
    return MappedVariant(
        f"{FAMILY}/as-listed",
        waiting_list(make=AsListed),
        profile.AS_LISTED,
        mapping(profile.AS_LISTED),
        "the document's healing: adds while Redis is down, and only adds",
        Expectation(
            breaks={"HC-1": ("not-healed", "stale-entry"), "HC-3": ("resurrected",)},
            may_break=frozenset({"HC-1", "HC-3", "HC-4"}),
        ),
    )


_HEALERS: dict[str, tuple[type, tuple[str, ...]]] = {
    "heals-when-missing": (heals.HealsWhenMissing, ("HC-1",)),
    "only-adds": (heals.OnlyAdds, ("HC-1", "HC-3")),
    "deletes-first": (heals.DeletesFirst, ("HC-4",)),
    "swaps-blindly": (heals.SwapsBlindly, ("HC-3",)),
    "shares-the-key-beside": (heals.SharesTheKeyBeside, ("HC-3", "HC-1")),
    "trusts-a-marker": (heals.TrustsAMarker, ("HC-1",)),
    "dies-of-an-error": (heals.DiesOfAnError, ("HC-1",)),
}
_COPIES: dict[str, tuple[type, tuple[str, ...]]] = {
    "fills-unguarded": (copies.FillsUnguarded, ("HC-2",)),
    "shares-a-late-load": (copies.SharesALateLoad, ("HC-2",)),
    "keeps-for-a-day": (copies.KeepsForADay, ("HC-2",)),
}
_SERVICES: dict[str, tuple[type[WaitingListService], tuple[str, ...]]] = {
    "invalidates-first": (copies.InvalidatesFirst, ("HC-2",)),
    "writes-through-first": (copies.WritesThroughFirst, ("HC-2",)),
    "scores-by-arrival": (queues.ScoresByArrival, ("HC-1",)),
    "calls-from-redis": (queues.CallsFromRedis, ("HC-3",)),
    "no-fallback": (queues.NoFallback, ("HC-4",)),
    "caches-the-empty-answer": (queues.CachesTheEmptyAnswer, ("HC-4",)),
    "leaves-it-to-the-healer": (queues.LeavesItToTheHealer, ("HC-1",)),
    "adds-before-the-commit": (queues.AddsBeforeTheCommit, ("HC-4",)),
}


def mutants() -> Iterator[MappedVariant]:
    """Yield the hardened system with one mistake each; each names the promises of which one must kill it."""
    for name, (healer, kills) in _HEALERS.items():
        yield _mutant(name, healer, waiting_list(make=OtherHealer, collaborator=healer), kills)
    for name, (kept, kills) in _COPIES.items():
        yield _mutant(name, kept, waiting_list(make=OtherCopies, collaborator=kept), kills)
    for name, (service, kills) in _SERVICES.items():
        yield _mutant(name, service, waiting_list(make=service), kills)


def _mutant(name: str, mistake: type, system: System, kills: tuple[str, ...]) -> MappedVariant:
    return _HARDENED.with_mistake(name, mistake, system, kills, _ALL)


_HARDENED = hardened()
