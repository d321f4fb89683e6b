"""The simulated cache against a real server of Redis's protocol: random scripts, every answer compared.

**Same outcome** means equal: every command is sent together with TIME in one MULTI, so that the model answers for
the very millisecond at which the server acted, expiry included. Refusals are compared as refusals, not by their
text. There is no tolerated class.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shaketable.sim.cache.cache import Cache, CommandError
from tests.conformance.conftest import SCRIPTS

_SHORT = 80
_COMPARE_AND_DELETE = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"
)
_TEXTS = (
    "",
    "a",
    "0",
    "7",
    "-3",
    "007",
    " 1",
    "+1",
    "-0",
    "1e3",
    "9223372036854775807",
    "-9223372036854775808",
)
_COMPARE_AND_SET = (
    "if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) "
    "return 1 else return 0 end"
)
_REFUSED = "refused"
_NO_KEY = "no such key"

Command = tuple[Any, ...]


def draw(seed: int) -> list[Command]:
    """Draw a script: (name, key, arguments...), or ("WAIT", milliseconds)."""
    rng = Random(f"cache/{seed}")
    return [_command(rng, rng.choice("kl")) for _ in range(rng.randint(8, 30))]


def _command(rng: Random, key: str) -> Command:
    kind = rng.randrange(13)
    member, text = rng.choice("abBé"), rng.choice(_TEXTS)
    match kind:
        case 0 | 1:
            return "GET", key
        case 2 | 3:
            return "SET", key, text, rng.choice((None, None, 1, 2, 3)), rng.random() < 0.4
        case 4:
            return "DEL", key
        case 5:
            return "CAD", key, text
        case 6:
            return "INCR", key, rng.choice((1, 1, -2, 2**63 - 1))
        case 7:
            return "ZADD", key, member, rng.choice((-1, 0, 0, 1, 2**53 - 1))
        case 8:
            return "CAS", key, rng.choice(_TEXTS), rng.choice("kl"), text, rng.choice((1, 2, 3, 1_000))
        case 9:
            return "RENAME", key, rng.choice("kl")
        case 10:
            return "ZRANK", key, member
        case 11:
            return ("ZREM", key, member) if rng.random() < 0.4 else ("ZRANGE", key)
        case _:
            return "WAIT", rng.randrange(4)


class Both:
    """The server and the model, one command at a time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._now_ms = 0
        self._cache = Cache(lambda: self._now_ms)

    async def play(self, command: Command) -> tuple[Any, Any]:
        """Return what the server answered and what the model answers."""
        if command[0] == "WAIT":
            until_ms = self._now_ms + command[1]
            while (await self._ask("PING"))[0] < until_ms:
                pass
            return None, None
        self._now_ms, said = await self._ask(*_wire(command))
        return _plain(command, said), self._model(command)

    async def _ask(self, *words: Any) -> tuple[int, Any]:
        """Return the server's time at which it acted, and its answer."""
        both = self._redis.pipeline(transaction=True)
        both.execute_command("TIME")
        both.execute_command(*words)
        (seconds, micros), said = await both.execute(raise_on_error=False)
        return seconds * 1000 + micros // 1000, said

    def _model(self, command: Command) -> Any:
        cache = self._cache
        name, key, *given = command
        try:
            match name:
                case "GET":
                    return cache.get(key)
                case "SET":
                    return cache.set(key, *given)
                case "DEL":
                    return cache.delete(key)
                case "CAD":
                    return cache.compare_and_delete(key, *given)
                case "CAS":
                    return cache.compare_and_set(key, *given)
                case "RENAME":
                    return cache.rename(key, *given)
                case "ZRANK":
                    return cache.sorted_rank(key, *given)
                case "INCR":
                    return cache.increment(key, *given)
                case "ZADD":
                    return cache.sorted_add(key, *given)
                case "ZREM":
                    return cache.sorted_remove(key, *given)
                case "ZRANGE":
                    return cache.sorted_range(key)
        except CommandError:
            return _REFUSED
        raise TypeError(command)


def _wire(command: Command) -> Command:
    name, key, *given = command
    match name:
        case "SET":
            value, ttl_ms, only_if_absent = given
            return (
                "SET",
                key,
                value,
                *(() if ttl_ms is None else ("PX", ttl_ms)),
                *(("NX",) if only_if_absent else ()),
            )
        case "CAD":
            return "EVAL", _COMPARE_AND_DELETE, 1, key, *given
        case "CAS":
            value, guard, token, ttl_ms = given
            return "EVAL", _COMPARE_AND_SET, 2, key, guard, token, value, ttl_ms
        case "INCR":
            return ("INCR", key) if given == [1] else ("INCRBY", key, *given)
        case "ZADD":
            member, score = given
            return "ZADD", key, score, member
        case "ZRANGE":
            return "ZRANGE", key, 0, -1, "WITHSCORES"
    return command


def _plain(command: Command, said: Any) -> Any:
    if isinstance(said, ResponseError):
        return False if _NO_KEY in str(said) else _REFUSED
    if command[0] in ("SET", "DEL", "CAD", "CAS", "RENAME", "ZADD", "ZREM"):
        return bool(said)
    if command[0] == "ZRANGE":
        words = said if not said or isinstance(said[0], str) else [word for pair in said for word in pair]
        return [(member, int(float(score))) for member, score in zip(words[::2], words[1::2], strict=True)]
    return said


async def _compare(port: int, scripts: int) -> tuple[str, int]:
    """Return the first difference with its script, and how many commands were refused."""
    redis = Redis(host="127.0.0.1", port=port, decode_responses=True)
    refused = 0
    try:
        for seed in range(scripts):
            await redis.flushall()
            both, script = Both(redis), draw(seed)
            for number, command in enumerate(script):
                said, model = await both.play(command)
                refused += said == _REFUSED
                if said != model:
                    what = f"step {number}, {command}: the server says {said!r}, the model {model!r}"
                    return f"{what}\nin {msgspec.json.encode(script).decode()}", refused
    finally:
        await redis.aclose()
    return "", refused


def test_the_model_answers_as_the_server_does(valkey_port):
    difference, refused = asyncio.run(_compare(valkey_port, SCRIPTS or _SHORT))
    assert not difference, difference
    assert refused > 20, "hardly anything is refused: these scripts show nothing"


def test_a_key_is_there_in_its_last_millisecond_and_gone_in_the_next(valkey_port):
    async def samples() -> list[tuple[int, bool]]:
        """Sample (milliseconds since the SET, whether it is there) until it is gone."""
        redis = Redis(host="127.0.0.1", port=valkey_port, decode_responses=True)
        both = Both(redis)
        await redis.delete("edge")
        set_ms, _ = await both._ask("SET", "edge", "v", "PX", 5)
        seen = []
        while not seen or seen[-1][1]:
            at_ms, value = await both._ask("GET", "edge")
            seen.append((at_ms - set_ms, value is not None))
        await redis.aclose()
        return seen

    for _ in range(50):  # until a look falls into the millisecond in question
        seen = asyncio.run(samples())
        assert all(there == (age_ms <= 5) for age_ms, there in seen)
        if (5, True) in seen:
            return
    pytest.fail("no look ever fell into the last millisecond")


def test_a_model_that_differs_is_found(valkey_port, monkeypatch):
    """Show the comparison red: of a model whose keys never expire."""
    monkeypatch.setattr(Cache, "_live", lambda self, key: self._values.get(key))
    difference, _ = asyncio.run(_compare(valkey_port, 100))
    assert "the server says" in difference
