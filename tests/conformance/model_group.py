"""The simulated broker as the judge of what a real one did."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.ports import CommitRejected, Errors
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.log import StoredRecord
from shaketable.sim.broker.member import Member
from shaketable.subject import Topic
from tests.conformance.broker_scripts import PARTITIONS
from tests.conformance.real_group import Place

_TOPIC, _GROUP = "t", "g"


class Life:
    """A member's process."""

    def __init__(self) -> None:
        self.alive = True


class ModelGroup:
    """The same group on the model. AssertionError says what the model does not allow."""

    def __init__(self) -> None:
        self._timers: list[Callable[[], None]] = []
        self._broker = Broker(
            [Topic(_TOPIC, PARTITIONS)],
            errors=Errors(),
            oracle=lambda *event: None,
            call_later=lambda delay_ms, callback: self._timers.append(callback),
            is_responsive=lambda process: True,
            session_timeout_ms=1,
        )
        self._members: dict[str, Member] = {}
        self._got: dict[str, tuple[Member, StoredRecord]] = {}

    def send(self, key: str, value: str) -> Place:
        record = self._broker.append("producer", _TOPIC, key, value)
        return record.partition, record.offset

    def join(self, name: str) -> None:
        member = self._members[name] = self._broker.join(_GROUP, name, (_TOPIC,), Life())
        assert not self._broker.is_stale(member)

    def leave(self, name: str) -> None:
        self._broker.leave(self._members.pop(name))

    def die(self, name: str) -> None:
        member = self._members.pop(name)
        member.life.alive = False  # type: ignore[misc]  # it is our Life
        self._broker.sessions.silent(name)
        while self._timers:
            self._timers.pop(0)()

    def has_more(self, name: str) -> bool:
        return self._members[name].next_position() is not None

    def got(self, name: str, place: Place, value: str) -> None:
        """Check a record that the real member got: it must be the next of one of its partitions."""
        partition, offset = place
        member = self._members[name]
        expected = {position.log.partition: position.offset for position in member.positions}
        assert expected.get(partition) == offset, f"{name} got {place}; the model has {expected} next"
        record = next(p.log for p in member.positions if p.log.partition == partition).records[offset]
        assert record.value == value, f"{name} got {value!r} at {place}; the model has {record.value!r}"
        self._broker.deliver(member, record)
        self._got[name] = member, record

    def last(self, name: str) -> Place | None:
        """Return what `name` got last."""
        if name not in self._got:
            return None
        record = self._got[name][1]
        return record.partition, record.offset

    def commit(self, name: str) -> bool:
        """Tell whether the model takes a commit of that."""
        member, record = self._got[name]
        member = self._members.get(name, member)
        try:
            self._broker.commit(member, member.generation, record)
        except CommitRejected:
            return False
        return True

    def is_member(self, name: str) -> bool:
        return name in self._members

    def assignment(self) -> dict[str, list[int]]:
        return {name: [log.partition for log in member.share] for name, member in self._members.items()}

    def committed(self) -> dict[int, int]:
        found = {n: self._broker.committed(_GROUP, _TOPIC, n) for n in range(PARTITIONS)}
        return {n: offset for n, offset in found.items() if offset is not None}
