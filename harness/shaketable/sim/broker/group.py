"""A consumer group: members, generations, the assignment of partitions, committed offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.sim.broker.log import Log
from shaketable.sim.broker.member import Member


class Group:
    """Each change of membership is a rebalance: a new generation with a new assignment, at one instant."""

    __slots__ = ("_is_heard", "_topics", "committed", "generation", "members", "name")

    def __init__(
        self, name: str, topics: Mapping[str, list[Log]], is_heard: Callable[[Member], bool]
    ) -> None:
        self.name = name
        self.generation = 0
        self.members: list[Member] = []
        self.committed: dict[Log, int] = {}
        self._topics = topics
        self._is_heard = is_heard

    def add(self, member: Member) -> None:
        """Add `member` and rebalance."""
        self.members.append(member)
        self.members.sort(key=_by_name)
        self._rebalance()

    def remove(self, member: Member) -> None:
        """Remove `member` and rebalance; without effect when it has left already."""
        if member in self.members:
            self.members.remove(member)
            self._rebalance()
            member.wake()

    def _rebalance(self) -> None:
        self.generation += 1
        for member in self.members:
            member.share = []
        for topic, logs in self._topics.items():
            readers = [m for m in self.members if topic in m.topics]
            self._assign(logs, readers)
        for member in self.members:
            if self._is_heard(member):  # the others learn of it when they come back
                member.adopt(self.generation, self.committed)
            member.wake()

    def _assign(self, logs: list[Log], readers: list[Member]) -> None:
        """Assign ranges of neighbouring partitions, one more to the first members if they do not divide evenly."""
        for log in logs:
            log.readers.pop(self.name, None)
        if not readers:
            return
        each, extra = divmod(len(logs), len(readers))
        start = 0
        for index, reader in enumerate(readers):
            end = start + each + (index < extra)
            for log in logs[start:end]:
                log.readers[self.name] = reader
                reader.share.append(log)
            start = end


def _by_name(member: Member) -> tuple[str, int]:
    return member.process, member.number
