"""What happened under each key, and what consumers did with what they were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shaketable.history import History
from shaketable.mapping.conditions import Holds, holds, never
from shaketable.mapping.consumers import ConsumerFacts, read_consumers
from shaketable.mapping.dead_letters import Letters, read_letters
from shaketable.mapping.happenings import Happening, by_subject
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import Asked, OpRole, asked
from shaketable.mapping.value_paths import Read, compiled, text
from shaketable.profile import Profile
from shaketable_patterns.idempotency import retention
from shaketable_patterns.idempotency.roles import IdempotentConsumers, Keyed

OTHER, RUNNING, DONE, DELETED = "", "running", "done", "deleted"


class RecordReads:
    """How the records of a store are read."""

    __slots__ = ("_done", "_running", "key", "outcome", "owner", "until")

    def __init__(self, role: Keyed) -> None:
        self.key: Read = compiled(role.key)
        self.owner: Read = compiled(role.owner)
        self.until: Read = compiled(role.until)
        self.outcome: Read = compiled(role.outcome)
        self._running: Holds = holds(role.running) if role.running else never
        self._done: Holds = holds(role.done) if role.done else never

    def state(self, change: Change | None) -> str:
        """Return the state of a record after a change: running, done, deleted or something else."""
        if change is None:
            return OTHER
        if change.verb == "delete":
            return DELETED
        if self._done(change):
            return DONE
        return RUNNING if self._running(change) else OTHER


class KeyFacts:
    """What happened under the keys of one API."""

    __slots__ = ("_stored_in", "by_key", "changes", "executions", "index", "reads", "records", "role")

    def __init__(self, role: Keyed, reads: RecordReads, ops: tuple[OpRole, ...], index: HistoryIndex) -> None:
        self.role = role
        self.index = index
        self.reads = reads
        self.by_key: dict[str, list[Asked]] = {}
        """The requests under each key, in order of invocation."""
        for request in asked(ops, index):
            if request.key:
                self.by_key.setdefault(request.key, []).append(request)
        self.executions: dict[str, list[Happening]] = (
            by_subject(role.executes[0], index) if role.executes else {}
        )
        """What was executed, by what it is about, of the first of `executes`."""
        store = role.store
        changes = index.changes_of(store.database, store.table) if store else []
        self.changes: list[Change] = [one for one in changes if store is not None and store.has(one)]
        """Every change of a record."""
        self._stored_in: dict[int, list[Change]] = {}
        for change in changes:
            self._stored_in.setdefault(change.commit, []).append(change)
        self.records: dict[str, list[Change]] = {}
        for change in self.changes:
            self.records.setdefault(self.key(change), []).append(change)

    def key(self, change: Change) -> str:
        """Return the key that a record is of."""
        return text(self.reads.key(change))

    def stored_in(self, commit: int) -> Sequence[Change]:
        """List the changes of records that a commit made."""
        return self._stored_in.get(commit, ())

    def exists_elsewhere(self, request: Asked, by: int) -> bool:
        """Tell whether another key had executed what is asked for by event index `by`: then it is refused for good.

        A key whose record was forgotten after that is another one, too.
        """
        done = self.executions.get(request.of)
        if not done or done[0].at >= by:
            return False
        what = done[0].what
        if not isinstance(what, Change):
            return False
        return any(
            self.key(record) != request.key or self._is_forgotten(record, by)
            for record in self.stored_in(what.commit)
        )

    def _is_forgotten(self, done: Change, by: int) -> bool:
        later = self.records[self.key(done)]
        return any(done.at < change.at < by and self.reads.state(change) == DELETED for change in later)

    def exists_already(self, request: Asked, by: int, profile: Profile) -> bool:
        """Tell the same, or that its own key had executed it and may be forgotten since: then the key is another one."""
        if self.exists_elsewhere(request, by):
            return True
        done = self.executions.get(request.of)
        if not done or done[0].at >= by:
            return False
        completed = request.op.completed or request.op.invoked
        first = self.by_key[request.key][0].op.invoked
        return retention.is_over(profile, first.time_ms, completed.time_ms)


class ConsumersFacts:
    """What the groups of one role were given and did."""

    __slots__ = ("consumers", "index", "letters")

    def __init__(self, role: IdempotentConsumers, index: HistoryIndex) -> None:
        self.index = index
        self.consumers: list[ConsumerFacts] = read_consumers(role.consumers, index)
        self.letters: Letters = read_letters(role.letters, index)


@dataclass(frozen=True, slots=True)
class Work:
    """All that is idempotent in a subject."""

    keys: tuple[KeyFacts, ...]
    groups: tuple[ConsumersFacts, ...]
    index: HistoryIndex


class WorkReader:
    """Makes the facts of all idempotent work of a mapping, once a history."""

    __slots__ = ("_groups", "_indexing", "_keyed", "_ops")

    def __init__(self, mapping: Mapping, indexing: Indexing) -> None:
        self._keyed = [(role, RecordReads(role)) for role in mapping.of(Keyed)]
        self._groups = mapping.of(IdempotentConsumers)
        self._ops = tuple(op for op in mapping.of(OpRole) if op.key)
        self._indexing = indexing

    def __call__(self, history: History) -> Work:
        """Return the facts of `history`."""
        return history.view(self._read)

    def _read(self, history: History) -> Work:
        index = self._indexing(history)
        return Work(
            tuple(KeyFacts(role, reads, self._ops, index) for role, reads in self._keyed),
            tuple(ConsumersFacts(role, index) for role in self._groups),
            index,
        )
