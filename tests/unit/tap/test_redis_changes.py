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
        ("DEL a b", ":1", []),
        ("UNLINK a b", ":2", [("DEL", "a", None), ("DEL", "b", None)]),
        ("INCR n", ":7", [("INCR", "n", 7)]),
        ("DECRBY n 9", ":-2", [("INCR", "n", -2)]),
        ("ZADD z 1 a 2.5 b", ":0", [("ZADD", "z", ["a", 1]), ("ZADD", "z", ["b", 2.5])]),
        ("ZADD z NX 1 a", ":1", []),
        ("ZREM z a", ":1", [("ZREM", "z", "a")]),
        ("ZREM z a", ":0", []),
        ("FLUSHALL", "+OK", [("FLUSHALL", "", None)]),
        ("EVAL other 1 k t", ":1", []),
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
