"""What consumer groups must do with the records they are given, and what shows that it was done.

Several patterns ask for it: what comes again must not be done again, what was passed over must have been done or filed,
and the end of a saga must not depend on how often its events came.
"""

from __future__ import annotations

import msgspec

from shaketable.mapping.happenings import Happening, by_subject, changes_that
from shaketable.mapping.roles import Becomes, Effect, Record
from shaketable.mapping.values import compiled, text
from shaketable.mapping.views import Append, Change, Delivery, Views
from shaketable.mapping.where import holds

_Firsts = dict[tuple[str, str, str, str], tuple[int, str]]


class Consumer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of record that a group takes, and what handling it comes to.

    Any of `done`, of the same `of` as the record (of its event id with `by_id`), shows that it was handled. `once` are the
    effects among them that may happen only once for each `of`. With `only_after` there is nothing to do while that effect
    was not done to the same `of`. `mark` is the row that notes the event's id as handled; with `together` it is committed
    with what was done, and `commits` are the changes that must not be committed without one. A record that is `hopeless` says too little to be handled: no
    redrive can end its letter. Without `done` and `mark` such a record can only be filed as a letter.
    """

    group: str
    takes: Record
    done: tuple[Effect, ...] = ()
    once: tuple[Effect, ...] = ()
    by_id: bool = False
    only_after: Effect | None = None
    mark: Becomes | None = None
    together: bool = False
    commits: tuple[Becomes, ...] = ()
    hopeless: bool = False


class Given(msgspec.Struct, frozen=True, gc=False):
    """A delivery of a record that a group takes. `first` is where the same event was given to the group first."""

    at: int
    process: str
    id: str
    of: str
    type: str
    first: int
    first_process: str
    record: Append

    @property
    def again(self) -> bool:
        """Whether the group had been given this event before."""
        return self.first != self.at


class ConsumerFacts:
    """What one kind of record came to in one group."""

    __slots__ = ("_after", "_done", "consumer", "given", "marks", "once", "records")

    def __init__(self, consumer: Consumer, views: Views) -> None:
        self.consumer = consumer
        self.given: list[Given] = []
        self.records: dict[str, Given] = {}
        """The first record of each event on its topic, whether the group was given it or not."""
        self.marks: dict[str, Change] = {}
        """The first mark of each event id."""
        self._done = [by_subject(effect, views) for effect in consumer.done]
        self.once = [by_subject(effect, views) for effect in consumer.once]
        self._after = None if consumer.only_after is None else by_subject(consumer.only_after, views)
        if consumer.mark is not None:
            of = compiled(consumer.mark.of)
            for change in changes_that(consumer.mark, views):
                self.marks.setdefault(text(of(change.source)), change)

    def key(self, given: Given) -> str:
        """Return the `of` of what handling it does."""
        return given.id if self.consumer.by_id else given.of

    def recorded(self, event: str) -> bool:
        """Tell whether the group wrote down that it is done with this event."""
        return event in self.marks

    def effective(self, given: Given) -> bool:
        """Tell whether what the record asks for is there, or there is nothing to do."""
        if self._after is not None and given.of not in self._after:
            return True
        return any(self.key(given) in done for done in self._done)

    def effects(self, given: Given) -> list[Happening]:
        """List the effects that may happen once, as often as they happened to what this record is about."""
        return [happening for done in self.once for happening in done.get(self.key(given), ())]

    def handled(self, given: Given) -> list[Happening]:
        """List everything that shows that what this record asks for was done, in no order."""
        return [happening for done in self._done for happening in done.get(self.key(given), ())]

    @property
    def repeated(self) -> list[Given]:
        """Deliveries of what the group had been given before."""
        return [given for given in self.given if given.again]


def read_consumers(declared: tuple[Consumer, ...], views: Views) -> list[ConsumerFacts]:
    """Sort every delivery by the kind of record that its group takes; what no group must act on is left out."""
    facts = [ConsumerFacts(consumer, views) for consumer in declared]
    takers: dict[tuple[str, str], list[_Taker]] = {}
    for one in facts:
        taker = _Taker(one)
        for topic in one.consumer.takes.topics:
            takers.setdefault((one.consumer.group, topic), []).append(taker)
    firsts: _Firsts = {}
    for (group, topic), takers_of_topic in takers.items():
        for record in views.by_topic.get(topic, ()):
            for taker in takers_of_topic:
                if taker.wants(record):
                    taker.note(group, record)
                    break
    for delivery in views.deliveries:
        for taker in takers.get((delivery.group, delivery.record.topic), ()):
            if taker.wants(delivery.record):
                taker.take(delivery, firsts)
                break
    return facts


class _Taker:
    __slots__ = ("_facts", "_id", "_of", "_type", "_where")

    def __init__(self, facts: ConsumerFacts) -> None:
        takes = facts.consumer.takes
        self._facts = facts
        self._where = holds(takes.where)
        self._id, self._of, self._type = compiled(takes.id), compiled(takes.of), compiled(takes.type)

    def wants(self, record: Append) -> bool:
        return self._where(record.source)

    def note(self, group: str, record: Append) -> None:
        event, of, kind = self._read(record)
        if event not in self._facts.records:
            self._facts.records[event] = Given(record.at, group, event, of, kind, record.at, group, record)

    def take(self, delivery: Delivery, firsts: _Firsts) -> None:
        event, of, kind = self._read(delivery.record)
        same = (delivery.group, delivery.record.topic, kind, event)  # another event may carry the same id
        first, process = firsts.setdefault(same, (delivery.at, delivery.process))
        self._facts.given.append(
            Given(delivery.at, delivery.process, event, of, kind, first, process, delivery.record)
        )

    def _read(self, record: Append) -> tuple[str, str, str]:
        source = record.source
        event = text(self._id(source)) or f"{record.topic}/{record.partition}/{record.offset}"
        return event, text(self._of(source)), text(self._type(source))
