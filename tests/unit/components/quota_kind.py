"""A third kind of component, for tests: quotas over a store, with nothing but public names of the harness.

`take(key, cost)` runs no function: it takes `cost` from the quota of `key` or says that it is used up. What was taken is
kept in a store outside, behind two fault points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable import (
    Argument,
    CallFacts,
    Checker,
    ComponentMachine,
    Do,
    Finding,
    History,
    Interface,
    Judgement,
    Kind,
    Method,
    Pattern,
    Profile,
    Promise,
    Reading,
    Schedule,
    Subject,
)

REQUEST, REPLY = "store.request", "store.reply"
LIMIT = 5
NEVER_MORE = Promise("QT-1", "no key gets more than its quota", "safety", ("over-quota",), "this file")


class NeverMore:
    """QT-1: an answer of unknown outcome counts for nothing, since the caller got nothing."""

    promises = (NEVER_MORE,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        taken: dict[str, int] = defaultdict(int)
        findings: list[Finding] = []
        limit, exercised = profile.int("limit"), 0
        for call in history.view(CallFacts).calls.values():
            key, cost = call.arguments["key"], call.arguments["cost"]
            exercised += taken[key] + cost > limit
            if call.result is True:
                taken[key] += cost
                if taken[key] > limit and not findings:
                    told = f"{key} has {taken[key]}, and its quota is {limit}"
                    done = call.completion
                    assert done is not None
                    findings.append(Finding("QT-1", "over-quota", told, (done.index,), about=(key,)))
        return [Judgement("QT-1", exercised, tuple(findings))]


def machine_of(subject: Subject) -> type[ComponentMachine]:
    del subject

    class Takes(ComponentMachine):
        @precondition(lambda self: self._calls < 40)
        @rule(key=st.sampled_from("ab"), cost=st.integers(1, 3))
        def take(self, key: str, cost: int) -> None:
            self.start_call(key=key, cost=cost)

    return Takes


def workload(subject: Subject) -> Schedule:
    return Schedule(subject.name, (Do("start", {"call": 1, "key": "a", "cost": 1}),))


CHECKERS: tuple[Checker, ...] = (NeverMore(),)
PATTERN = Pattern("quota", (NEVER_MORE,), CHECKERS, machine_of, workload, lambda subject, run: ())
quota: Kind[object] = Kind(
    Interface(
        "quota",
        methods=(Method("take", (Argument("key", str), Argument("cost", int)), runs=False),),
        readings=(
            Reading(
                "used",
                "numbers by key",
                lambda value: isinstance(value, dict),
                lambda used: f"has given {used}",
            ),
        ),
    ),
    lambda profile: PATTERN,
)


class Quotas:
    """Right: it looks and takes in the store, in one go."""

    def __init__(self, _clock: object, points: Any) -> None:
        self.points = points
        self.store: dict[str, int] = points.durable("store", dict)

    def take(self, key: str, cost: int) -> bool:
        self.points.reach(REQUEST)
        given = self.store.get(key, 0) + cost <= LIMIT
        if given:
            self.store[key] = self.store.get(key, 0) + cost
        self.points.reach(REPLY)
        return given

    def used(self) -> dict[str, int]:
        return dict(self.store)


class InMemory(Quotas):
    """Keeps what was taken in memory."""

    def __init__(self, clock: object, points: Any) -> None:
        super().__init__(clock, points)
        self.store = {}


class GivesBackTheUnknown(Quotas):
    """Gives the cost back when no answer comes, although it may never have been taken."""

    def take(self, key: str, cost: int) -> bool:
        try:
            return super().take(key, cost)
        except TimeoutError:
            self.store[key] = self.store.get(key, 0) - cost
            raise


class LooksThenTakes(Quotas):
    """Looks, and takes in a second request what it saw."""

    def take(self, key: str, cost: int) -> bool:
        self.points.reach(REQUEST)
        seen = self.store.get(key, 0)
        self.points.reach(REPLY)
        if seen + cost > LIMIT:
            return False
        self.store[key] = seen + cost
        return True


class AsyncQuotas:
    """Right, for asyncio."""

    def __init__(self, _clock: object, points: Any) -> None:
        self.points = points
        self.store: dict[str, int] = points.durable("store", dict)

    async def take(self, key: str, cost: int) -> bool:
        await self.points.reach(REQUEST)
        given = self.store.get(key, 0) + cost <= LIMIT
        if given:
            self.store[key] = self.store.get(key, 0) + cost
        await self.points.reach(REPLY)
        return given

    def used(self) -> dict[str, int]:
        return dict(self.store)


def subject(make: Callable[..., object], *, sync: bool = True, name: str = "quota/mine") -> Subject:
    return quota(name, make, profile={"limit": LIMIT}, sync=sync, carrier="greenlets")
