"""Correct self-healing queues and caches that a strict reader might accuse, each unlike the hardened one; and choices declared otherwise."""

from __future__ import annotations

import json
from typing import Any

from shaketable.ports import TRANSIENT, Json
from shaketable.subject import Subject, System
from shaketable_patterns.compositions import self_healing_pattern_of
from shaketable_patterns.waiting_list import profile
from shaketable_patterns.waiting_list.mapping import mapping
from shaketable_patterns.waiting_list.system import waiting_list
from shaketable_targets.waiting_list.as_listed import ListedQueue
from shaketable_targets.waiting_list.copies import Copies, copy_key, lease_key
from shaketable_targets.waiting_list.healer import Healer
from shaketable_targets.waiting_list.mutants.copies import FillsUnguarded
from shaketable_targets.waiting_list.mutants.heals import SwapsBlindly
from shaketable_targets.waiting_list.mutants.queues import LeavesItToTheHealer
from shaketable_targets.waiting_list.queue import Queue, key_of
from shaketable_targets.waiting_list.service import OtherCopies, OtherHealer, WaitingListService


class SwapsAndMends(Healer):
    """Builds the queue beside the old one, renames it over that, and then mends what came or went meanwhile."""

    async def mend(self, place: str) -> None:
        beside = f"{key_of(place)}:{self.queue.new_id()}"
        for waiting, score in await self.waitings.active(place):
            await self.queue.cache.sorted_add(beside, waiting, score)
        await self.queue.cache.rename(beside, key_of(place))
        await super().mend(place)


class ReadsTheRows(WaitingListService):
    """Answers every question from the rows; the queue in Redis is kept for a screen that no op shows."""

    async def listed(self, place: str) -> list[str]:
        return [waiting for waiting, _ in await self.waitings.active(place)]


class TrustsAMarkedQueue(WaitingListService):
    """Keeps a mark in each queue that was built whole, and answers from the rows where it is missing."""

    def make_queue(self) -> Queue:
        return MarkedQueue(self.ports, self.waitings)

    def make_healer(self) -> Healer:
        return MarkingHealer(self.ports.clock, self.waitings, self.queue, self.config.poll_interval_ms)

    async def listed(self, place: str) -> list[str]:
        try:
            marked = dict(await self.queue.cache.sorted_range(key_of(place)))
        except TRANSIENT:
            marked = {}
        if MARK in marked:
            return [waiting for waiting in marked if waiting != MARK]
        return [waiting for waiting, _ in await self.waitings.active(place)]


MARK = "!whole"


class MarkedQueue(Queue):
    async def listed(self, place: str) -> list[tuple[str, int]]:
        return [entry for entry in await super().listed(place) if entry[0] != MARK]

    async def ahead(self, place: str, waiting: str) -> int | None:
        listed = [entry for entry, _ in await self.listed(place)]
        return listed.index(waiting) if waiting in listed else None


class MarkingHealer(Healer):
    async def mend(self, place: str) -> None:
        await super().mend(place)
        await self.queue.cache.sorted_add(key_of(place), MARK, 0)


class HealsOnASign(Healer):
    """Looks every 5 s whether Redis still has a key of its own, and heals at once where it is gone; else once a period."""

    async def run(self) -> None:
        since_ms = 0
        while True:
            await self.clock.sleep(5_000)
            since_ms += 5_000
            try:
                lost = await self.queue.cache.get("sign") is None
                if lost or since_ms >= self.period_ms:
                    await self.heal()
                    await self.queue.cache.set("sign", "here")
                    since_ms = 0
            except TRANSIENT:
                continue


class NoCopies(Copies):
    """Caches nothing."""

    async def get(self, waiting: str) -> Json:
        return await self.read(waiting)


class ChecksTheCopy(FillsUnguarded):
    """Fills in unguarded, and asks the row for its version each time: a copy of another version is not answered."""

    async def get(self, waiting: str) -> Json:
        found = await super().get(waiting)
        row = await self.read(waiting)
        return found if found is None or row is None or found["version"] == row["version"] else row


class LeavesTombstones(Copies):
    """Puts a tombstone where a copy was, for a second: readers take it for a copy that is missing, and fill in nothing."""

    async def get(self, waiting: str) -> Json:
        found = await super().get(waiting)
        return await self.read(waiting) if found == TOMBSTONE else found

    async def invalidate(self, waiting: str) -> bool:
        try:
            await self.cache.delete(lease_key(waiting))
            await self.cache.set(copy_key(waiting), json.dumps(TOMBSTONE), ttl_ms=1_000)
        except TRANSIENT:
            return False
        return True


TOMBSTONE = {"gone": True}


class BySecond(WaitingListService):
    """Orders by whole seconds, as it declares."""

    def make_queue(self) -> Queue:
        return BySecondQueue(self.ports, self.waitings)

    def make_healer(self) -> Healer:
        return BySecondHealer(self.ports.clock, self.waitings, self.queue, self.config.poll_interval_ms)


class BySecondQueue(ListedQueue):
    async def add(self, place: str, *entries: tuple[str, int]) -> None:
        await Queue.add(self, place, *((waiting, created_ms // 1_000) for waiting, created_ms in entries))


class BySecondHealer(Healer):
    async def mend(self, place: str) -> None:
        listed = dict(await self.queue.listed(place))
        active = dict(await self.waitings.active(place))
        for waiting in listed:
            if waiting not in active:
                await self.queue.remove(place, waiting)
        await self.queue.add(place, *(one for one in active.items() if one[0] not in listed))


class TriesTwice(WaitingListService):
    """Tells Redis of a change a second time if the first came to nothing."""

    async def ended(self, place: str, waiting: str) -> bool:
        return await super().ended(place, waiting) or await super().ended(place, waiting)


def _subject(name: str, system: System, **knobs: Any) -> Subject:
    declared = profile.profile(name, **knobs)
    return Subject(f"waiting-list/{name}", self_healing_pattern_of(mapping(declared)), declared, system)


def _healing(healer: type[Healer]) -> System:
    return waiting_list(make=OtherHealer, collaborator=healer)


def _keeping(copies: type[Copies]) -> System:
    return waiting_list(make=OtherCopies, collaborator=copies)


UNGUARDED = _subject("unguarded-undeclared", _keeping(FillsUnguarded))
"""What `fill=expires` would allow."""
_A_PERIOD_MS = profile.CONFIG.poll_interval_ms + profile.GRACE_MS
CORRECT = [
    _subject("swaps-and-mends", _healing(SwapsAndMends)),
    _subject("reads-the-rows", waiting_list(make=ReadsTheRows)),
    _subject("trusts-a-marked-queue", waiting_list(make=TrustsAMarkedQueue)),
    _subject("heals-on-a-sign", _healing(HealsOnASign)),
    _subject("one-instance", waiting_list(instances=("waitlist-1",))),
    _subject("no-copies", _keeping(NoCopies)),
    _subject("leaves-tombstones", _keeping(LeavesTombstones)),
    _subject("checks-the-copy", _keeping(ChecksTheCopy), fill="checked"),
    _subject("fills-unguarded-as-declared", _keeping(FillsUnguarded), fill="expires"),
    _subject(
        "leaves-it-to-the-healer-as-declared", waiting_list(make=LeavesItToTheHealer), lag_ms=_A_PERIOD_MS
    ),
    _subject("swaps-blindly-as-declared", _healing(SwapsBlindly), lag_ms=_A_PERIOD_MS),
    _subject("by-second-as-declared", waiting_list(make=BySecond), order_grain_ms=1_000),
    _subject("tries-twice", waiting_list(make=TriesTwice)),
]
