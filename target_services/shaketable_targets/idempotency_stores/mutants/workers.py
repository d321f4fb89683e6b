"""Mistakes in the store for threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shaketable_targets.idempotency_stores.once import Once
from shaketable_targets.idempotency_stores.records import NEVER_MS, Record
from shaketable_targets.idempotency_stores.settings import InProgress, OtherPayload


class TakesFalseForAbsent(Once):
    """Asks whether there is an outcome by asking whether it is true: an empty one is done again.

    `if stored := get(key)`, as asgi-idempotency-header reads its backend.
    """

    def call(self, fn: Callable[[], Any], key: str, payload: str) -> Any:
        record = self.send(lambda: self.records.found(key))
        if record is not None and record.is_done and not record.outcome and record.payload == payload:
            self.send(lambda: self.records.kept.records.pop(key, None))
        return super().call(fn, key, payload)


class KeepsForALease(Once):
    """Keeps an outcome for as long as a key may be in progress: one time to live for two things.

    The other way round it is pathosDev/actor-ts#984, where a claim lives as long as a response.
    """

    def complete(self, key: str, record: Record, result: Any) -> bool:
        def command() -> bool:
            is_done = self.records.complete(key, record, result)
            if is_done:
                until_ms = self.records.clock.now_ms() + self.records.settings.lease_ms
                self.records.put(key, replace(self.records.kept.records[key], until_ms=until_ms))
            return is_done

        return self.send(command)


class AnswersByPayload(Once):
    """Remembers outcomes by their payload beside the store: another key with the same payload gets them.

    A scope of keys that is too wide: of the account, of the method and of the route there is nothing in it.
    """

    def call(self, fn: Callable[[], Any], key: str, payload: str) -> Any:
        record = self.send(lambda: self.records.found(f"payload {payload}"))
        if record is not None and self.records.found(key) is None:
            return record.outcome
        result = super().call(fn, key, payload)
        done = Record(
            0, payload, self.records.clock.now_ms() + self.records.settings.retention_ms, True, result
        )
        self.records.put(f"payload {payload}", done)
        return result


class LooksThenBegins(Once):
    """Looks whether the key is there in one statement and puts it in another: two that look at once both begin.

    The race that furthemore/APIS#193 met: no lock for the whole of it, and a double charge.
    """

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        record = self.send(lambda: self.records.found(key))
        if record is not None:
            if record.payload != payload:
                raise OtherPayload
            return record, False
        return self.send(lambda: self.records.put(key, self.records.owned(payload))), True


class SavesAfterwards(Once):
    """Has no record of what is in progress: it saves the outcome when the work is done.

    A cache of responses taken for idempotency (librefang/librefang#6919 reserved its keys later).
    """

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        def command() -> tuple[Record, bool]:
            record = self.records.found(key)
            if record is not None and record.payload != payload:
                raise OtherPayload
            return (record, False) if record is not None else (self.records.owned(payload), True)

        return self.send(command)

    def complete(self, key: str, record: Record, result: Any) -> bool:
        until_ms = self.records.clock.now_ms() + self.records.settings.retention_ms
        done = replace(record, is_done=True, outcome=result, until_ms=until_ms)
        self.send(lambda: self.records.put(key, done))
        return True


class TakesSilenceForNew(Once):
    """Works when its store does not answer, rather than not to work: idempotency is said to be a convenience.

    Fail open, as novuhq/novu#4531 discusses and decides against it.
    """

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        try:
            return super().begin(key, payload)
        except (ConnectionError, TimeoutError):
            return self.records.owned(payload), True


class ReclaimsTheLive(Once):
    """Takes a record in progress for an orphan when it has no outcome, and works beside the one that has it.

    aws-powertools/powertools-lambda-python#8386: a record without a deadline was reclaimed at once.
    """

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        record, is_new = super().begin(key, payload)
        if not is_new and not record.is_done:
            return self.send(lambda: self.records.put(key, self.records.owned(payload))), True
        return record, is_new


class CompletesAnyOwner(Once):
    """Writes its outcome without a look at whose the key is by now.

    An update by key alone, behind a pause that was longer than the lease.
    """

    def complete(self, key: str, record: Record, result: Any) -> bool:
        until_ms = self.records.clock.now_ms() + self.records.settings.retention_ms
        done = replace(record, is_done=True, outcome=result, until_ms=until_ms)
        self.send(lambda: self.records.put(key, done))
        return True


class ReleasesAnyOwner(Once):
    """Deletes the key when its work fails, also where it is another's by now.

    KanishJebaMathewM/Truxify#4623: the lock is deleted without a comparison of tokens.
    """

    def release(self, key: str, record: Record) -> bool:
        return self.send(lambda: self.records.kept.records.pop(key, None)) is not None


class ReleasesWhenRefused(Once):
    """Deletes the key in the handler of every error, also of the one that says that another has it.

    aws-powertools/powertools-lambda-typescript#5675: a refused duplicate deletes the record of the one that works.
    """

    def outcome(self, record: Record) -> Any:
        try:
            return super().outcome(record)
        except InProgress:
            keys = [key for key, one in self.records.kept.records.items() if one.owner == record.owner]
            self.send(lambda: [self.records.kept.records.pop(key, None) for key in keys])
            raise


class NeverExpires(Once):
    """Begins a key without an end: where its worker dies, it is in progress for ever.

    VilledeMontreal/express-idempotency#32, and runvendo/vendo#1312.
    """

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        def command() -> tuple[Record, bool]:
            record, is_new = self.records.begin(key, payload)
            return (self.records.put(key, replace(record, until_ms=NEVER_MS)) if is_new else record), is_new

        return self.send(command)


class KeepsWhatFailed(Once):
    """Releases nothing when the work fails: the key is in progress until its lease is over.

    snok/asgi-idempotency-header#16 and Noveum/orbit#455, there for ever and for a day.
    """

    def release(self, key: str, record: Record) -> bool:
        return False


class ForgetsThePayload(Once):
    """Compares no payload: whatever comes with the key gets its outcome.

    The key alone is looked at (ietf-wg-httpapi/idempotency#2 asks for just that, and the draft answers 422 instead).
    """

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        def command() -> tuple[Record, bool]:
            record = self.records.found(key)
            return self.records.begin(key, payload if record is None else record.payload)

        return self.send(command)


class KeysByPayload(Once):
    """Makes its key of the caller's key and the payload: the same key with another payload is another key, and is executed.

    A hash over all of the request, so that nothing can be compared any more.
    """

    def call(self, fn: Callable[[], Any], key: str, payload: str) -> Any:
        return super().call(fn, f"{key} {payload}", payload)
