"""What consumer groups must do with the records they are given, and what shows that it was done.

Several patterns ask for it: what comes again must not be done again, what was passed over must have been done or filed,
and the end of a saga must not depend on how often its events came.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from shaketable.mapping.happenings import Happening, by_subject
from shaketable.mapping.history_index import Append, Change, Delivery, HistoryIndex
from shaketable.mapping.roles import Becomes, Effect, Record
from shaketable.mapping.value_paths import text

_Firsts = dict[tuple[str, str, str, str], tuple[int, str]]


class Consumer(msgspec.Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True):
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

    @cached_property
    def identity(self) -> str:
        """Return a text that declarations which say the same have in common."""
        return repr(self)


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

    def __init__(self, consumer: Consumer, index: HistoryIndex) -> None:
        self.consumer = consumer
        self.given: list[Given] = []
        self.records: dict[str, Given] = {}
        """The first record of each event on its topic, whether the group was given it or not."""
        self.marks: dict[str, Change] = {}
        """The first mark of each event id."""
        self._done = [by_subject(effect, index) for effect in consumer.done]
        self.once = [by_subject(effect, index) for effect in consumer.once]
        self._after = None if consumer.only_after is None else by_subject(consumer.only_after, index)
        if consumer.mark is not None:
            for name, marks in by_subject(consumer.mark, index).items():
                mark = marks[0].what
                assert isinstance(mark, Change)
                self.marks[name] = mark

    def key(self, given: Given) -> str:
        """Return the `of` of what handling it does."""
        return given.id if self.consumer.by_id else given.of

    def recorded(self, event: str) -> bool:
        """Tell whether the group wrote down that it is done with this event."""
        return event in self.marks

    def is_needless(self, given: Given) -> bool:
        """Tell whether there is nothing to do, as what the record asks to be undone or followed was never done."""
        return self._after is not None and given.of not in self._after

    def effective(self, given: Given) -> bool:
        """Tell whether what the record asks for is there, or there is nothing to do."""
        if self.is_needless(given):
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


def read_consumers(declared: tuple[Consumer, ...], index: HistoryIndex) -> list[ConsumerFacts]:
    """Sort every delivery by the kind of record that its group takes; what no group must act on is left out.

    The facts are shared by all who ask for the same.
    """
    return index.once(("consumers", *(one.identity for one in declared)), lambda: _read(declared, index))


def _read(declared: tuple[Consumer, ...], index: HistoryIndex) -> list[ConsumerFacts]:
    facts = [ConsumerFacts(consumer, index) for consumer in declared]
    takers: dict[tuple[str, str], list[ConsumerFacts]] = {}
    for one in facts:
        for topic in one.consumer.takes.topics:
            takers.setdefault((one.consumer.group, topic), []).append(one)
    firsts: _Firsts = {}
    for (group, topic), takers_of_topic in takers.items():
        for record in index.by_topic.get(topic, ()):
            for taker in takers_of_topic:
                if taker.consumer.takes.is_so(record):
                    _note(taker, group, record)
                    break
    for delivery in index.deliveries:
        for taker in takers.get((delivery.group, delivery.record.topic), ()):
            if taker.consumer.takes.is_so(delivery.record):
                _take(taker, delivery, firsts)
                break
    return facts


def _note(facts: ConsumerFacts, group: str, record: Append) -> None:
    event, of, kind = _event(facts.consumer.takes, record)
    if event not in facts.records:
        facts.records[event] = Given(record.at, group, event, of, kind, record.at, group, record)


def _take(facts: ConsumerFacts, delivery: Delivery, firsts: _Firsts) -> None:
    event, of, kind = _event(facts.consumer.takes, delivery.record)
    same = (delivery.group, delivery.record.topic, kind, event)  # another event may carry the same id
    first, process = firsts.setdefault(same, (delivery.at, delivery.process))
    facts.given.append(Given(delivery.at, delivery.process, event, of, kind, first, process, delivery.record))


def _event(takes: Record, record: Append) -> tuple[str, str, str]:
    event = text(takes.read_id(record)) or record.place
    return event, text(takes.read_of(record)), text(takes.read_type(record))
