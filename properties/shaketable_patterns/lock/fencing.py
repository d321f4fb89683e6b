"""LK-9: a holder that was paused past its lease does not overwrite what a later holder wrote."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.history import Event
from shaketable_patterns.lock.tenure import Tenure, holder_of, is_granted
from shaketable_patterns.lock.tenures import LockFacts


def later_writes_win(facts: LockFacts, tally: Tally) -> None:
    """Count writes behind those of a later holder; blame one that is accepted: a LIMIT where no fencing is declared.

    Without fencing nothing is counted but what was blamed: that no such write was seen is no promise.
    """
    unfenced = facts.knobs.fencing == "none"
    accepted = [(call, done) for call, done in facts.called("write") if is_granted(call)]
    for call, done in facts.called("write"):
        own = facts.latest_of(holder_of(call), done.index)
        if own is None or own.told is None or facts.confused(own.holder, done.index):
            continue
        if _is_acquiring(facts, own.holder, done.index):
            continue
        for earlier, written in accepted:
            theirs = facts.latest_of(holder_of(earlier), written.index)
            if theirs is None or theirs.told is None or written.index > call.invoked.index:
                continue
            if theirs.holder == own.holder or theirs.acquire.invoked.index < own.told.index:
                continue
            if facts.latest_of(theirs.holder, earlier.invoked.index) is not theirs:
                continue  # it may have been made by the lease before, and its answer came late
            tally.exercised += not unfenced or is_granted(call)
            if is_granted(call):
                words = (
                    f"{own.holder} writes (call {call.number}) by its lease of call {own.acquire.number} behind the write of "
                    f"{theirs.holder}, which has the lock since call {theirs.acquire.number}"
                )
                witness = own.told.index, theirs.told.index, written.index, done.index
                tally.breach("stale-write", words, *witness, documented=unfenced)


def the_resource_keeps_later_writes(facts: LockFacts, tally: Tally) -> None:
    """Count what the resource shows to have taken after a write of another; blame a write by an older lease than that one's.

    A write that was on its way while its lease ended has no answer yet when the later one has: only the resource tells.
    """
    unfenced = facts.knobs.fencing == "none"
    landed = list(_landed(facts))
    for place, (after, holder, _) in enumerate(landed):
        late = facts.latest_of(holder, after.index)
        if late is None or late.told is None or _is_acquiring(facts, holder, after.index):
            continue
        for before, writer, theirs in landed[:place]:
            if writer == holder or theirs is None or theirs.told is None:
                continue
            is_stale = late.told.index < theirs.acquire.invoked.index
            tally.exercised += not unfenced or is_stale
            if is_stale:
                words = (
                    f"a write of {holder}, by its lease of call {late.acquire.number}, arrives behind one of {writer}, which has the "
                    f"lock since call {theirs.acquire.number}"
                )
                witness = late.told.index, theirs.told.index, before.index, after.index
                tally.breach("stale-write", words, *witness, documented=unfenced)


def _is_acquiring(facts: LockFacts, holder: str, index: int) -> bool:
    """Tell whether an acquire of a holder is under way at this event: a write may be by the lease that it was just granted."""
    return any(
        call.method == "acquire"
        and holder_of(call) == holder
        and call.invoked.index < index
        and (call.completion is None or call.completion.index > index)
        for call in facts.calls
    )


def _landed(facts: LockFacts) -> Iterator[tuple[Event, str, Tenure | None]]:
    """Yield each look at the resource that shows another write than the one before, its writer, and the lease by which it wrote."""
    writes, since = 0, -1
    for event in facts.history.events:
        if event.kind != "state" or event.name != "written":
            continue
        if event.value["writes"] != writes:
            writes, writer = event.value["writes"], event.value["writer"]
            if not facts.confused(writer, event.index):
                yield event, writer, _lease_of_write(facts, writer, since, event)
        since = event.index


def _lease_of_write(facts: LockFacts, writer: str, since: int, shown: Event) -> Tenure | None:
    """Return the oldest lease by which the write that is shown here can have been made; None if that is not known."""
    under_way = [
        call
        for call in facts.calls
        if call.method == "write"
        and holder_of(call) == writer
        and call.invoked.index < shown.index
        and (call.completion is None or call.completion.index > since)
    ]
    return facts.latest_of(writer, under_way[0].invoked.index) if len(under_way) == 1 else None


def tokens_grow(facts: LockFacts, tally: Tally) -> None:
    """Count grants behind others where fencing is declared; blame a token that is not greater than an earlier holder's."""
    if facts.knobs.fencing == "none":
        return
    granted = list(facts.grants())
    for tenure, told in granted:
        for earlier, before in granted:
            if earlier.holder == tenure.holder or before.index > tenure.acquire.invoked.index:
                continue
            tally.exercised += 1
            if tenure.token is None or earlier.token is None or tenure.token <= earlier.token:
                words = f"{tenure.holder} is granted token {tenure.token}, and {earlier.holder} was granted {earlier.token} before"
                tally.breach("token-not-monotone", words, before.index, told.index)
