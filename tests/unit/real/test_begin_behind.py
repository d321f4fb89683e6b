"""A group that is let begin behind what is left of a run: it may refuse the harness as a member for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    InconsistentGroupProtocolError,
    KafkaConnectionError,
    KafkaError,
)

from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.oracles import group_offsets
from shaketable.real.oracles.group_offsets import GroupOffsets

EVENTS = TopicPartition("events", 0)


class Member:
    """A consumer whose starts and commits go as `script` says, one entry for each member that is made."""

    script: tuple[tuple[str, Exception | None], ...] = ()
    made = 0
    stopped = 0
    committed: dict[TopicPartition, int] = {}

    offered: frozenset[str] = frozenset()

    def __init__(self, *_: str, partition_assignment_strategy: tuple[Any, ...], **__: Any) -> None:
        cls = type(self)
        cls.offered = frozenset(one.name for one in partition_assignment_strategy)
        self._fails_at, self._error = cls.script[min(cls.made, len(cls.script) - 1)]
        cls.made += 1

    async def start(self) -> None:
        self._do("start")

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset({EVENTS})

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self._do("commit")
        type(self).committed = offsets

    async def stop(self) -> None:
        type(self).stopped += 1
        self._do("stop")

    def _do(self, what: str) -> None:
        if what == self._fails_at and self._error is not None:
            raise self._error


def skip(monkeypatch: pytest.MonkeyPatch, *script: tuple[str, Exception | None]) -> type[Member]:
    member = type("MemberOfOneTest", (Member,), {"script": script})
    monkeypatch.setattr(group_offsets, "AIOKafkaConsumer", member)
    monkeypatch.setattr(group_offsets, "_TRY_EVERY_S", 0.001)
    log = GroupOffsets.__new__(GroupOffsets)
    log._bootstrap = "nowhere:1"
    asyncio.run(log.skip({"stock": frozenset({"events"})}, {EVENTS: 7}))
    return member


@pytest.mark.parametrize(
    "refusal",
    [
        ("start", KafkaError(repr(InconsistentGroupProtocolError()))),  # as its consumer tells it
        ("start", InconsistentGroupProtocolError()),
        ("commit", CommitFailedError("rebalanced")),
        ("stop", KafkaError("told once more")),
    ],
    ids=["protocol, told", "protocol", "rebalance", "at its end"],
)
def test_it_tries_again_as_a_new_member_and_leaves_none_behind(monkeypatch, refusal):
    member = skip(monkeypatch, refusal, refusal, ("nothing", None))
    assert member.committed == {EVENTS: 7}
    assert member.made == member.stopped == (1 if refusal[0] == "stop" else 3)


@pytest.mark.parametrize("protocol", ["range", "roundrobin", "sticky"])
def test_a_group_is_offered_each_protocol_that_its_dead_members_may_divide_by(monkeypatch, protocol):
    assert protocol in skip(monkeypatch, ("nothing", None)).offered


def test_a_group_that_refuses_for_good_is_named_once_the_time_is_over(monkeypatch):
    monkeypatch.setattr(group_offsets, "_LET_IN_WITHIN_S", 0.05)
    with pytest.raises(WaitExpired, match="group 'stock' to let us begin behind"):
        skip(monkeypatch, ("start", InconsistentGroupProtocolError()))


def test_a_broker_that_is_gone_is_not_asked_again(monkeypatch):
    with pytest.raises(KafkaConnectionError):
        skip(monkeypatch, ("start", KafkaConnectionError("gone")), ("nothing", None))
