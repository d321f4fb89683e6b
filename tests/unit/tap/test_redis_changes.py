"""Changes of a cache as the tap reads them: the command says what was asked, the reply whether it came about."""

from __future__ import annotations

import hashlib

import pytest

from shaketable.real.tap.redis import RedisFramer
from shaketable.real.tap.redis_changes import Change, Scripts, changes_of
from tests.unit.tap.test_redis_framer import command

RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
SHA = hashlib.sha1(RELEASE.encode()).hexdigest()


@pytest.mark.parametrize(
    ("words", "reply", "expected"),
    [
        ("SET k v", "+OK", [("SET", "k", "v")]),
        ("SET k v PX 20 NX", "+OK", [("SET", "k", "v")]),
        ("SET k v NX", "$-1", []),
        ("SET k v NX", "_", []),
        ("SET k v", "+QUEUED", []),
        ("SET k v", "-MISCONF no disk", []),
        ("GET k", "$1", []),
        ("DEL k", ":1", [("DEL", "k", None)]),
        ("DEL k", ":0", []),
        ("DEL a b", ":1", [("UNREAD", "a", "DEL")]),
        ("SETNX k v", ":1", [("SET", "k", "v")]),
        ("SETNX k v", ":0", []),
        ("SETEX k 20 v", "+OK", [("SET", "k", "v")]),
        ("SET k v GET", "$-1", [("UNREAD", "k", "SET")]),
        ("GETDEL k", "$1", [("DEL", "k", None)]),
        ("GETDEL k", "$-1", []),
        ("HSET h f v", ":1", [("UNREAD", "h", "HSET")]),
        ("LPOP l", "$-1", []),
        ("HGET h f", "$1", []),
        ("UNLINK a b", ":2", [("DEL", "a", None), ("DEL", "b", None)]),
        ("INCR n", ":7", [("INCR", "n", 7)]),
        ("DECRBY n 9", ":-2", [("INCR", "n", -2)]),
        ("ZADD z 1 a 2.5 b", ":0", [("ZADD", "z", ["a", 1]), ("ZADD", "z", ["b", 2.5])]),
        ("ZADD z NX 1 a", ":1", [("UNREAD", "z", "ZADD")]),
        ("ZREM z a", ":1", [("ZREM", "z", "a")]),
        ("ZREM z a", ":0", []),
        ("RENAME a b", "+OK", [("RENAME", "a", "b")]),
        ("RENAME a b", "-ERR no such key", []),
        ("FLUSHALL", "+OK", [("FLUSHALL", "", None)]),
        ("EVAL other 1 k t", ":1", [("UNREAD", "k", "EVAL")]),
        ("EVAL other 0 t", "$2", [("UNREAD", "", "EVAL")]),
        ("EVAL_RO other 1 k t", ":1", []),
        ("FCALL mine 1 k", "+OK", [("UNREAD", "k", "FCALL")]),
        ("PING", "+PONG", []),
    ],
)
def test_a_command_and_its_reply_say_what_changed(words, reply, expected):
    found = changes_of(words.split(" "), reply[0], reply[1:], Scripts())
    assert [(change["op"], change["key"], change["value"]) for change in found] == expected


@pytest.mark.parametrize("load", [("EVAL", RELEASE, "1", "x", "y"), ("SCRIPT", "load", RELEASE)])
def test_a_script_that_compares_and_deletes_is_known_by_its_digest_on_every_connection(load):
    told: list[Change] = []
    scripts = Scripts()
    first, second = RedisFramer(told.append, scripts), RedisFramer(told.append, scripts)
    evalsha = command("EVALSHA", SHA, "1", "lock", "me")
    for framer, sent, answer in (
        (second, evalsha, b"-NOSCRIPT\r\n"),
        (first, command(*load), b":0\r\n"),
        (second, evalsha, b":1\r\n"),
        (second, evalsha, b":0\r\n"),
    ):
        list(framer.client_sent(sent))
        list(framer.server_sent(answer))
    assert told == [{"op": "DEL", "key": "lock", "value": "me"}]


def test_a_value_beyond_what_is_kept_is_told_by_its_beginning_and_passes_whole():
    told: list[Change] = []
    framer = RedisFramer(told.append)
    sent = command("SET", "k", "v" * 100_000)
    passed = b"".join(
        piece.data for n in range(0, len(sent), 999) for piece in framer.client_sent(sent[n : n + 999])
    )
    assert passed == sent
    list(framer.server_sent(b"+OK\r\n"))
    assert str(told[0]["value"]).strip("v") == ""
    assert 3_000 < len(str(told[0]["value"])) <= 8_192


def told_by(*exchanges: tuple[bytes, bytes], pipelined: bool = False) -> list[tuple[str, str, object]]:
    """Feed commands with their replies, one after the other or all at once, and a byte at a time."""
    told: list[Change] = []
    framer = RedisFramer(told.append)
    sent, answered = [b"".join(half) for half in zip(*exchanges, strict=True)]
    halves = [(sent, answered)] if pipelined else exchanges
    for asked, answer in halves:
        for data, feed in ((asked, framer.client_sent), (answer, framer.server_sent)):
            passed = b"".join(piece.data for at in range(len(data)) for piece in feed(data[at : at + 1]))
            assert passed == data
        assert not framer.opaque
    return [(str(one["op"]), str(one["key"]), one["value"]) for one in told]


MULTI = (command("MULTI"), b"+OK\r\n")
SET = (command("SET", "k", "v"), b"+QUEUED\r\n")
DEL = (command("DEL", "d"), b"+QUEUED\r\n")
INCR = (command("INCR", "n"), b"+QUEUED\r\n")
GET = (command("HGETALL", "h"), b"+QUEUED\r\n")
EVAL = (command("EVAL", "other", "1", "s"), b"+QUEUED\r\n")
QUEUED = (MULTI, SET, DEL, GET, INCR, EVAL)
DONE = b"*5\r\n+OK\r\n:0\r\n*2\r\n$1\r\nf\r\n:7\r\n:5\r\n$-1\r\n"


@pytest.mark.parametrize("pipelined", [False, True])
def test_what_a_transaction_queued_is_done_at_its_exec_each_by_its_own_reply(pipelined):
    done = [("SET", "k", "v"), ("INCR", "n", 5), ("UNREAD", "s", "EVAL")]
    assert told_by(*QUEUED, pipelined=pipelined) == []
    assert told_by(*QUEUED, (command("EXEC"), DONE), pipelined=pipelined) == done
    later = (command("SET", "x", "y"), b"+OK\r\n")
    assert told_by(*QUEUED, (command("EXEC"), DONE), later, pipelined=pipelined) == [*done, ("SET", "x", "y")]


@pytest.mark.parametrize(
    "end",
    [
        (command("EXEC"), b"*-1\r\n"),
        (command("EXEC"), b"_\r\n"),
        (command("EXEC"), b"-EXECABORT Transaction discarded\r\n"),
        (command("DISCARD"), b"+OK\r\n"),
    ],
    ids=["watched key changed", "the same in RESP3", "aborted", "discarded"],
)
def test_a_transaction_that_did_not_succeed_changed_nothing(end):
    after = (command("INCR", "n"), b":1\r\n")
    assert told_by(*QUEUED, end, after) == [("INCR", "n", 1)]


def test_a_command_that_failed_within_a_transaction_changed_nothing():
    failed = (command("EXEC"), b"*2\r\n-WRONGTYPE no\r\n:1\r\n")
    assert told_by(MULTI, SET, DEL, failed) == [("DEL", "d", None)]


def test_of_a_transaction_with_more_replies_than_are_kept_it_is_told_that_they_are_not_read():
    many = 1_100
    found = told_by(
        MULTI, *[SET] * many, (command("EXEC"), b"*%d\r\n" % many + b"+OK\r\n" * many), pipelined=True
    )
    assert found == [("UNREAD", "k", "SET")] * many
