"""The log as a replication slot reads it: whole transactions, in the order of their commits, and how far a slot has come."""

import pytest

from shaketable.commits.slot import Slot
from shaketable.errors import HarnessError, UsageError
from shaketable.sim.database import DatabaseServer
from shaketable.subject import DatabaseSpec, Table

SPEC = DatabaseSpec(
    "shop",
    (Table("outbox", ("id",)), Table("orders", ("id",))),
    slots=(Slot("events", ("outbox",)), Slot("all", ("outbox", "orders"))),
)


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ((Slot("events", ("outbox",)), Slot("events", ("orders",))), "there are two slots 'events'"),
        ((Slot("events", ("outboxes",)),), "there is no table 'outboxes'; there are outbox, orders"),
    ],
)
def test_slots_that_cannot_be_made_are_refused(slots, said):
    with pytest.raises(UsageError, match=said):
        server(DatabaseSpec("shop", SPEC.tables, slots=slots))


def server(spec=SPEC):
    return DatabaseServer("postgres", [spec], oracle=lambda *event: None, make_future=None)


def commit(server, *ids, table="outbox"):
    transaction = begin(server, *ids, table=table)
    transaction.commit()


def begin(server, *ids, table="outbox"):
    transaction = server.begin("shop", "service")
    for number in ids:
        transaction.insert(table, {"id": number})
    return transaction


def read(server, rows_max=100, slot="events"):
    return [[row.row["id"] for row in one.rows] for one in server.log("shop").peek(slot, rows_max)]


def test_transactions_come_whole_and_in_the_order_of_their_commits():
    it = server()
    late = begin(it, 1, 3)
    commit(it, 2)
    late.commit()
    assert read(it) == [[2], [1, 3]]


def test_what_is_rolled_back_is_not_in_the_log():
    it = server()
    begin(it, 1).rollback()
    undone = begin(it, 2)
    undone.savepoint("here")
    undone.insert("outbox", {"id": 3})
    undone.rollback_to("here")
    undone.commit()
    failed = begin(it, 4)
    with pytest.raises(Exception, match="already"):
        failed.insert("outbox", {"id": 4})
    failed.commit()
    assert read(it) == [[2]]


def test_a_slot_has_the_inserts_of_its_tables_only():
    it = server()
    commit(it, 1, table="orders")
    commit(it, 1)
    changed = it.begin("shop", "service")
    changed.update("outbox", {"sent": True}, ("id", "=", 1))
    changed.commit()
    assert read(it) == [[1]]
    assert read(it, slot="all") == [[1], [1]]


def test_a_peek_ends_with_the_transaction_by_which_it_has_enough():
    it = server()
    for ids in ((1,), (2, 3, 4), (5,)):
        commit(it, *ids)
    assert [read(it, rows_max) for rows_max in (1, 2, 4, 5)] == [
        [[1]],
        [[1], [2, 3, 4]],
        [[1], [2, 3, 4]],
        [[1], [2, 3, 4], [5]],
    ]


def test_a_peek_moves_nothing_and_an_advance_moves_forward_only():
    it = server()
    commit(it, 1)
    commit(it, 2)
    log = it.log("shop")
    first, second = log.peek("events", 100)
    assert read(it) == [[1], [2]]
    log.advance("events", second.position)
    log.advance("events", first.position)
    assert read(it) == []
    assert read(it, slot="all") == [[1], [2]]


def test_the_middle_of_a_transaction_is_no_place_to_stop():
    it = server()
    commit(it, 1, 2)
    log = it.log("shop")
    (only,) = log.peek("events", 100)
    log.advance("events", only.rows[1].position)
    assert read(it) == [[1, 2]]
    log.advance("events", only.position)
    assert read(it) == []


def test_a_server_that_loses_power_forgets_how_far_a_slot_had_come():
    it = server()
    commit(it, 1)
    it.log("shop").advance("events", it.log("shop").peek("events", 1)[0].position)
    it.crash()
    assert read(it) == [[1]]


def test_a_slot_that_was_not_made_is_named():
    with pytest.raises(HarnessError, match="no replication slot 'other', only events, all"):
        server().log("shop").peek("other", 1)
