import asyncio

import pytest

from shaketable.boundary import Boundary
from shaketable.ports import ConnectionLost
from shaketable.sim.cache.cache import Cache
from shaketable.sim.cache.port import CachePort


class Link:
    """A channel that runs effects at once; with `lost` the answer does not arrive, with `twice` the message does."""

    sender = "api"
    alive = True

    def __init__(self):
        self.crossed = []
        self.lost = False
        self.twice = False

    async def cross(self, verb, key, effect, *, counted=True, timeout_ms=None):
        assert counted
        self.crossed.append(f"{verb} {key}")
        result = effect()
        if self.twice:
            effect()
        if self.lost:
            raise ConnectionLost
        return result


def make():
    link, effects = Link(), []
    port = CachePort(link, Cache(lambda: 0), lambda *effect: effects.append(effect))
    return link, port, effects


def run(awaitable):
    return asyncio.run(awaitable)


async def use_everything(port):
    return [
        await port.set("lock:1", "me", ttl_ms=100, only_if_absent=True),
        await port.set("lock:1", "you", ttl_ms=100, only_if_absent=True),
        await port.get("lock:1"),
        await port.compare_and_delete("lock:1", "you"),
        await port.compare_and_delete("lock:1", "me"),
        await port.delete("lock:1"),
        await port.increment("n", 2),
        await port.sorted_add("queue", "a", 3),
        await port.sorted_add("queue", "a", 4),
        await port.sorted_range("queue"),
        await port.sorted_remove("queue", "a"),
        await port.sorted_remove("queue", "a"),
    ]


def test_each_command_is_one_message_and_answers_as_the_port_promises():
    link, port, _ = make()
    answers = run(use_everything(port))
    assert answers == [True, False, "me", False, True, False, 2, True, False, [("a", 4)], True, False]
    assert link.crossed == [
        "SET lock:1",
        "SET lock:1",
        "GET lock:1",
        "EVAL lock:1",
        "EVAL lock:1",
        "DEL lock:1",
        "INCRBY n",
        "ZADD queue",
        "ZADD queue",
        "ZRANGE queue",
        "ZREM queue",
        "ZREM queue",
    ]


def test_what_changes_the_cache_is_written_down_and_nothing_else():
    _, port, effects = make()
    run(use_everything(port))
    assert {effect[:3] for effect in effects} == {("effect", "api", "cache")}
    assert [(e[3]["op"], e[3]["key"], e[3]["value"]) for e in effects] == [
        ("SET", "lock:1", "me"),
        ("DEL", "lock:1", "me"),
        ("INCR", "n", 2),
        ("ZADD", "queue", ["a", 3]),
        ("ZADD", "queue", ["a", 4]),
        ("ZREM", "queue", "a"),
    ]


@pytest.mark.parametrize("key", ["user 7", "a#b", "tab\tline\n", "user:7", ""])
def test_every_key_makes_an_address_that_parses(key):
    link, port, _ = make()
    run(port.set(key, "v"))
    assert run(port.get(key)) == "v"
    address = f"api>redis {link.crossed[0].rstrip()} #1"
    assert str(Boundary.parse(address)) == address


def test_a_lost_answer_leaves_the_write_in_place():
    link, port, effects = make()
    link.lost = True
    with pytest.raises(ConnectionLost):
        run(port.increment("n"))
    link.lost = False
    assert run(port.get("n")) == "1"
    assert len(effects) == 1


def test_a_duplicated_increment_counts_twice():
    link, port, _ = make()
    link.twice = True
    assert run(port.increment("n")) == 1
    link.twice = False
    assert run(port.get("n")) == "2"
