"""Each model tells what was read and written, exactly, and when others can see it."""

import asyncio

import pytest

from shaketable.access import order_digest
from shaketable.history import History
from shaketable.ports import UniqueViolation
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.sim.access_log import AccessLog
from shaketable.sim.cache.cache import Cache
from shaketable.sim.cache.recorded import RecordedCachePort
from shaketable.sim.database import DatabaseServer
from shaketable.sim.loop import SimLoop
from shaketable.sim.world import SimWorld
from shaketable.subject import DatabaseSpec, Table
from shaketable_patterns.catalogue import order_subjects
from tests.unit.sim_world.shop import SUBJECT

SPEC = DatabaseSpec(
    "db",
    (
        Table("stock", ("item",), rows=({"item": "apple", "left": 5}, {"item": "pear", "left": 5})),
        Table("log", ("id",), serial="id", unique=(("event",),)),
    ),
)


def bank():
    loop = SimLoop()
    log = AccessLog(loop, History())
    server = DatabaseServer(
        "postgres", [SPEC], oracle=lambda *_: None, make_future=loop.create_future, note=log
    )
    return server, log


def told(log) -> list[str]:
    return [f"{a.process} {a.kind} {a.target} {a.verb}" for a in log._history.accesses]


def item(name):
    return "item", "=", name


def test_a_key_is_one_row_there_or_not_and_any_other_condition_scans():
    server, log = bank()
    one = server.begin("db", "one")
    one.select("stock", item("apple"))
    one.select("stock", item("plum"))
    one.select("stock", ("left", ">", 3))
    one.select("log", ("event", "=", "e1"))
    assert told(log) == [
        "one read db.stock[apple] SELECT",
        "one read db.stock[plum] SELECT",
        "one scan db.stock SELECT",
        "one read db.log[event=e1] SELECT",
    ]


def test_what_is_written_is_told_at_the_commit_and_never_of_a_rollback():
    server, log = bank()
    one, two = server.begin("db", "one"), server.begin("db", "two")
    one.update("stock", {"left": 4}, item("apple"))
    two.delete("stock", item("pear"))
    assert told(log) == []
    two.rollback()
    one.commit()
    assert told(log) == ["one change db.stock COMMIT", "one write db.stock[apple] COMMIT"]
    assert {access.transaction for access in log._history.accesses} == {1}


def test_a_statement_that_changes_nothing_has_read_what_it_looked_for():
    server, log = bank()
    one = server.begin("db", "one")
    assert one.update("stock", {"left": 4}, item("plum")) == 0
    assert one.delete("stock", ("left", ">", 9)) == 0
    assert told(log) == ["one read db.stock[plum] UPDATE", "one scan db.stock DELETE"]


def test_an_insert_draws_from_the_sequence_at_once_and_reads_a_key_that_is_taken():
    server, log = bank()
    one, two = server.begin("db", "one"), server.begin("db", "two")
    one.insert("log", {"event": "e1"})
    two.insert("log", {"event": "e2"})
    assert told(log) == ["one write db.log.id INSERT", "two write db.log.id INSERT"]
    one.commit()
    with pytest.raises(UniqueViolation):
        two.insert("log", {"event": "e1"})
    assert told(log)[2:] == [
        "one change db.log COMMIT",
        "one write db.log[1] COMMIT",
        "one write db.log[event=e1] COMMIT",
        "two write db.log.id INSERT",
        "two read db.log[event=e1] INSERT",
    ]


def test_a_lock_that_is_waited_for_is_told_when_it_is_had_behind_the_commit_that_frees_it():
    server, log = bank()
    one, two = server.begin("db", "one"), server.begin("db", "two")
    one.update("stock", {"left": 4}, item("apple"))
    waiting = two.select("stock", item("apple"), lock="update")
    assert told(log) == []
    one.commit()
    assert waiting.result()[0]["left"] == 4
    assert told(log) == [
        "one change db.stock COMMIT",
        "one write db.stock[apple] COMMIT",
        "two read db.stock[apple] SELECT FOR UPDATE",
        "two write db.stock[apple] SELECT FOR UPDATE",
    ]


def test_a_command_that_must_not_change_its_key_only_reads_it():
    log = AccessLog(SimLoop(), History())

    class Link:
        sender = "api"
        alive = True

        async def cross(self, verb, key, effect, *, counted=True, timeout_ms=None):
            return effect()

    port = RecordedCachePort(Link(), Cache(lambda: 0), lambda *_: None, log)

    async def play():
        await port.set("k", "v", only_if_absent=True)
        await port.set("k", "w", only_if_absent=True)
        await port.get("k")
        await port.increment("n")
        await port.delete("k")

    asyncio.run(play())
    assert told(log) == [
        "api write redis k SET",
        "api read redis k SET",
        "api read redis k GET",
        "api write redis n INCR",
        "api write redis k DEL",
    ]


def test_the_broker_tells_ends_of_partitions_members_and_offsets():
    outcome = execute(
        SimWorld(records_accesses=True), SUBJECT, Schedule("shop", (Wait(10), Do("buy", "s1"), Wait(50)))
    )
    of_the_broker = [
        f"{a.process} {a.kind} {a.target} {a.verb}" for a in outcome.accesses if not a.transaction
    ]
    assert of_the_broker == [
        "reader write the members of readers JOIN",
        "shop write sales/0 PRODUCE",
        "reader read the members of readers FETCH",
        "reader read readers's offset in sales/0 FETCH",
        "reader read the members of readers OFFSET_COMMIT",
        "reader write readers's offset in sales/0 OFFSET_COMMIT",
    ]
    produced = next(a for a in outcome.accesses if a.verb == "PRODUCE")
    assert outcome.history[produced.event - 1].name == "append"


def test_runs_that_differ_in_what_commutes_have_one_digest_and_those_that_differ_in_a_conflict_two():
    def digest(*order: str) -> str:
        server, log = bank()
        open_ = {name: server.begin("db", name) for name in ("a", "b", "p")}
        for turn in order:
            name, what = turn.split()
            where = item("pear" if name == "p" else "apple")
            match what:
                case "reads":
                    open_[name].select("stock", where)
                case "writes":
                    open_[name].update("stock", {"left": 1}, where)
                case "commits":
                    open_[name].commit()
        return order_digest(log._history.accesses)

    apart = digest("a reads", "a writes", "a commits", "p reads", "p writes", "p commits")
    assert digest("p reads", "a reads", "p writes", "a writes", "p commits", "a commits") == apart
    one_by_one = digest("a reads", "a writes", "a commits", "b reads", "b writes", "b commits")
    assert digest("b reads", "a reads", "a writes", "a commits", "b writes", "b commits") != one_by_one


@pytest.mark.parametrize("subject", order_subjects()[:7], ids=lambda subject: subject.name)
def test_recording_changes_nothing_of_the_run(subject):
    schedule = subject.pattern.workload(subject)
    silent, recorded = (execute(SimWorld(records_accesses=on), subject, schedule) for on in (False, True))
    assert recorded.history.events == silent.history.events
    assert recorded.accesses
    assert not silent.accesses
    again = execute(SimWorld(records_accesses=True), subject, schedule)
    assert again.accesses == recorded.accesses
