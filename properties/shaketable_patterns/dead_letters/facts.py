"""What became of every record that a group was given: handled, filed, or neither."""

from __future__ import annotations

import msgspec

from shaketable.history import History
from shaketable.mapping.consumers import ConsumerFacts, Given, read_consumers
from shaketable.mapping.dead_letters import Filed, Letters, read_letters
from shaketable.mapping.happenings import Happening, by_subject
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import Asked, OpRole, asked
from shaketable_patterns.dead_letters.roles import DeadLetters


class Work(msgspec.Struct, frozen=True, gc=False):
    """What a letter asks for: to handle a record, or to have a command carried out.

    `effects` has, for each effect that may happen only once, as often as it happened.
    """

    what: str
    of: str
    is_done: bool
    effects: tuple[list[Happening], ...]
    hopeless: bool


class LetterFacts:
    """Letters, what was given to whom, and the redrives of a run."""

    __slots__ = ("_by_event", "_commands", "consumers", "index", "letters", "poisoned", "redrives")

    def __init__(self, role: DeadLetters, ops: tuple[OpRole, ...], index: HistoryIndex) -> None:
        self.index = index
        self.letters: Letters = read_letters(role.letters, index)
        self.consumers: list[ConsumerFacts] = [
            facts for facts in read_consumers(role.consumers, index) if role.letters and _owes(facts)
        ]
        """The groups of which the mapping says what they owe: to handle a record, or to file it."""
        self.redrives: list[Asked] = asked(ops, index, "redrive")
        self.poisoned = frozenset(one.of for one in asked(ops, index, "poison"))
        """What ops are about that no redrive can ever end."""
        self._by_event: dict[tuple[str, str], tuple[ConsumerFacts, Given]] = {}
        nameless = any(not letter.consumer for letter in self.letters.every)
        for facts in self.consumers:
            for given in facts.records.values():
                self._by_event.setdefault((facts.consumer.group, given.id), (facts, given))
                if nameless:
                    self._by_event.setdefault(("", given.id), (facts, given))
        self._commands = role.commands

    def given(self, letter: Filed) -> tuple[ConsumerFacts, Given] | None:
        """Return the record that a letter is about, with what its group had to do; None if it is not known."""
        return self._by_event.get((letter.consumer, letter.about))

    def work(self, letter: Filed) -> Work | None:
        """Return what a letter asks for; None if that is not known."""
        found = self.given(letter)
        if found is None:
            return self._command(letter)
        consumer, given = found
        effects = tuple(list(once.get(consumer.key(given), ())) for once in consumer.once)
        hopeless = consumer.consumer.hopeless or given.of in self.poisoned
        return Work(given.type or "a record", given.of, handled(consumer, given), effects, hopeless)

    def _command(self, letter: Filed) -> Work | None:
        for command in self._commands:
            if command.consumer != letter.consumer or not command.is_about(letter.what):
                continue
            of = letter.of
            after = command.only_after
            unneeded = after is not None and of not in by_subject(after, self.index)
            is_done = unneeded or any(of in by_subject(effect, self.index) for effect in command.done)
            effects = tuple(list(by_subject(once, self.index).get(of, ())) for once in command.once)
            return Work("a command", of, is_done, effects, of in self.poisoned)
        return None

    def settled(self, facts: ConsumerFacts, given: Given) -> bool:
        """Tell whether a record was noted as done, done by the books of those who keep them, or is filed and open."""
        return handled(facts, given) or self.is_filed(facts, given)

    def is_filed(self, facts: ConsumerFacts, given: Given) -> bool:
        """Tell whether the group keeps the record as a letter that is not closed."""
        letter = self.letters.about(given.id, facts.consumer.group)
        return letter is not None and letter.open


def _owes(facts: ConsumerFacts) -> bool:
    consumer = facts.consumer
    return bool(consumer.done or consumer.mark or consumer.hopeless)


def handled(facts: ConsumerFacts, given: Given) -> bool:
    """Tell whether a record was noted as done, or is done by the books of those who keep them."""
    return facts.recorded(given.id) or facts.effective(given)


class LettersReader:
    """Makes the facts of every system of dead letters in a mapping, once a history."""

    __slots__ = ("_indexing", "_ops", "_roles")

    def __init__(self, mapping: Mapping, indexing: Indexing) -> None:
        self._roles = mapping.of(DeadLetters)
        self._ops = mapping.of(OpRole)
        self._indexing = indexing

    def __call__(self, history: History) -> tuple[LetterFacts, ...]:
        """Return the facts of each role, in the order of the mapping."""
        return history.view(self._read)

    def _read(self, history: History) -> tuple[LetterFacts, ...]:
        index = self._indexing(history)
        return tuple(LetterFacts(role, self._ops, index) for role in self._roles)


Systems = tuple[LetterFacts, ...]
