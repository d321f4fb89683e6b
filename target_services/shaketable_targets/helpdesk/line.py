"""What Redis keeps: the sorted set `line`, and a copy of each ticket that was looked at."""

from __future__ import annotations

import json
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shaketable_targets.helpdesk import tickets
from shaketable_targets.helpdesk.settings import FILL, HEAL, KEEP_MS, PATIENCE_S, REDIS_HOST, REDIS_PORT

LINE = "line"
_redis = redis.Redis(
    REDIS_HOST or "localhost",
    REDIS_PORT,
    protocol=2,
    decode_responses=True,
    socket_timeout=PATIENCE_S,
    socket_connect_timeout=PATIENCE_S,
    retry=Retry(
        NoBackoff(), 0
    ),  # the library would try four times, seconds apart, while the rows could answer
)


def add(ref: str, opened: int) -> None:
    _redis.zadd(LINE, {_member(ref): opened})


def remove(ref: str) -> None:
    _redis.zrem(LINE, _member(ref))


def listed() -> list[str]:
    return [str(member).removeprefix("T-") for member in _redis.zrange(LINE, 0, -1)]


def ahead(ref: str) -> int | None:
    found = _redis.zrank(LINE, _member(ref))
    return found if isinstance(found, int) else None


def heal() -> None:
    """Put the open tickets in place of a line that says something else, in one transaction of Redis."""
    if HEAL == "when-down":
        return _heal_when_down()
    with _redis.pipeline(transaction=True) as swap:
        swap.watch(LINE)  # type: ignore[no-untyped-call]  # EXEC does nothing if the line is changed from here on
        found: Any = swap.zrange(LINE, 0, -1, withscores=True)
        kept = [(str(member), int(score)) for member, score in found]
        waiting = [(_member(ref), opened) for ref, opened in tickets.in_line()]
        if sorted(kept) == sorted(waiting):
            return None
        swap.multi()
        swap.delete(LINE)
        for member, opened in waiting:
            swap.zadd(LINE, {member: opened})
        try:
            swap.execute()
        except redis.WatchError:
            heal()  # what changed it is in the rows already
    return None


def _heal_when_down() -> None:
    try:
        _redis.ping()
    except redis.RedisError:
        for ref, opened in tickets.in_line():
            add(ref, opened)


def copy_of(ref: str) -> tickets.Ticket | None:
    """Return the ticket, out of its copy or out of its row; then the copy is filled in."""
    with _redis.pipeline(transaction=True) as filling:
        filling.watch(_changes(ref))  # type: ignore[no-untyped-call]
        kept = filling.get(_copy(ref))
        if isinstance(kept, str):
            found: tickets.Ticket = json.loads(kept)
            return found
        row = tickets.find(ref)
        if row is None:
            return None
        if FILL == "anyway":
            _redis.set(_copy(ref), json.dumps(row))
            return row
        filling.multi()
        filling.set(_copy(ref), json.dumps(row), px=KEEP_MS)
        try:
            filling.execute()
        except redis.WatchError:
            return row  # it was changed since: the next one fills it in
    return row


def forget(ref: str) -> bool:
    """Take the copy away, and stop a reader that is about to fill it in; tell whether that is known to have come about."""
    try:
        with _redis.pipeline(transaction=True) as forgetting:
            forgetting.incr(_changes(ref))
            forgetting.pexpire(_changes(ref), 10 * KEEP_MS)
            forgetting.delete(_copy(ref))
            forgetting.execute()
    except redis.RedisError:
        return False
    return True


def _member(ref: str) -> str:
    return f"T-{ref}"


def _copy(ref: str) -> str:
    return f"ticket/{ref}"


def _changes(ref: str) -> str:
    return f"ticket/{ref}/changes"
