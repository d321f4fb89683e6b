"""Every shipped variant of the order history, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.subject import Expectation, System
from shaketable_patterns.order_history import profile
from shaketable_patterns.order_history.mapping import mapping
from shaketable_patterns.order_history.system import order_history
from shaketable_patterns.order_system.mapped_variant import MappedVariant
from shaketable_targets.order_history.as_listed.history import AsListedHistory
from shaketable_targets.order_history.as_listed.shop import AsListedShop
from shaketable_targets.order_history.history import HistoryService, OtherProjector, OtherView
from shaketable_targets.order_history.mutants import positions, reads, rebuilds, views

FAMILY = "order-history"
HARDENED = f"{FAMILY}/hardened"
_ALL = frozenset({"PJ-1", "PJ-2", "PJ-3", "PJ-4", "PJ-5", "PJ-6"})


def variants() -> list[MappedVariant]:
    """Return them all, hardened ones first, in a fixed order."""
    return [hardened(), as_listed(), *mutants()]


def hardened() -> MappedVariant:
    """Return the system that keeps every promise."""
    return MappedVariant(
        HARDENED,
        order_history(),
        profile.HARDENED,
        mapping(profile.HARDENED),
        "two instances, positions and versions with the view, rebuilt beside it",
    )


def as_listed() -> MappedVariant:
    """Return the document's listing on both sides."""
    return MappedVariant(
        f"{FAMILY}/as-listed",
        order_history(shop=AsListedShop, history=AsListedHistory),
        profile.AS_LISTED,
        mapping(profile.AS_LISTED, as_listed=True),
        "the document's handlers: published inside the transaction, the view built out of each event",
        Expectation(
            breaks={
                "PJ-1": ("missing-in-view", "never-committed", "total-differs"),
                "PJ-2": ("counted-twice",),
                "PJ-3": ("newer-undone",),
            },
            may_break=frozenset({"PJ-5"}),
        ),
    )


_PROJECTORS: dict[str, tuple[type, tuple[str, ...]]] = {
    "position-first": (positions.SavesPositionFirst, ("PJ-3",)),
    "skips-on-error": (positions.SkipsOnError, ("PJ-3",)),
    "commits-on-receipt": (positions.CommitsOnReceipt, ("PJ-3",)),
    "blocks-on-poison": (positions.BlocksOnPoison, ("PJ-6",)),
    "drops-poison": (positions.DropsPoison, ("PJ-6",)),
}
_VIEWS: dict[str, tuple[type, tuple[str, ...]]] = {
    "old-event-wins": (views.OldEventWins, ("PJ-3",)),
    "window-by-arrival": (views.WindowByArrival, ("PJ-1",)),
    "drops-early-payments": (views.DropsEarlyPayments, ("PJ-1",)),
    "reads-then-writes": (views.ReadsThenWrites, ("PJ-1", "PJ-4")),
    "counts-cancelled": (views.CountsCancelled, ("PJ-1",)),
    "starts-row-anew": (views.StartsRowAnew, ("PJ-1",)),
}
_SERVICES: dict[str, tuple[type[HistoryService], tuple[str, ...]]] = {
    "adds-again-after-rebalance": (views.AddsAgainAfterRebalance, ("PJ-2",)),
    "adds-again-after-crash": (views.AddsAgainAfterCrash, ("PJ-2",)),
    "balance-from-view": (reads.BalanceFromView, ("PJ-5",)),
    "balance-falls-back": (reads.BalanceFallsBack, ("PJ-5",)),
    "answers-from-memory": (reads.AnswersFromMemory, ("PJ-5",)),
    "misses-what-arrives": (rebuilds.MissesWhatArrives, ("PJ-4",)),
    "strands-rebuilds": (rebuilds.StrandsRebuilds, ("PJ-4",)),
    "adds-to-old-sums": (rebuilds.AddsToOldSums, ("PJ-4",)),
}


def mutants() -> Iterator[MappedVariant]:
    """Yield the hardened system with one mistake each; each names the promises of which one must kill it."""
    for name, (projector, kills) in _PROJECTORS.items():
        yield _mutant(name, projector, order_history(history=OtherProjector, collaborator=projector), kills)
    for name, (view, kills) in _VIEWS.items():
        yield _mutant(name, view, order_history(history=OtherView, collaborator=view), kills)
    for name, (service, kills) in _SERVICES.items():
        yield _mutant(name, service, order_history(history=service), kills)
    replays = rebuilds.ReplaysWhatExpires
    yield _mutant("replays-what-expires", replays, order_history(history=replays, expires=True), ("PJ-4",))


def _mutant(name: str, mistake: type, system: System, kills: tuple[str, ...]) -> MappedVariant:
    return _HARDENED.with_mistake(name, mistake, system, kills, _ALL)


_HARDENED = hardened()
