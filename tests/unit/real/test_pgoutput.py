"""Logical replication messages as bytes, decoded into committed writes."""

import struct

import pytest

from shaketable.errors import HarnessError
from shaketable.real.oracles.pgoutput import Decoder


def relation(oid: int, table: str, *columns: tuple[str, int]) -> bytes:
    body = struct.pack("!i", oid) + b"public\0" + table.encode() + b"\0f" + struct.pack("!h", len(columns))
    for name, type_oid in columns:
        body += b"\1" + name.encode() + b"\0" + struct.pack("!ii", type_oid, -1)
    return b"R" + body


def row(*values: str | None) -> bytes:
    body = struct.pack("!h", len(values))
    for value in values:
        body += b"n" if value is None else b"t" + struct.pack("!i", len(value)) + value.encode()
    return body


BEGIN = b"B" + struct.pack("!qqi", 1, 5_000_000, 700)


def committed(lsn: int) -> bytes:
    return b"C" + b"\0" + struct.pack("!QQq", lsn, lsn + 8, 0)


COMMIT = committed(100)
ORDERS = relation(9, "orders", ("id", 25), ("amount", 20), ("paid", 16))


def test_writes_come_with_their_types_in_order():
    change = struct.pack("!i", 9)
    messages = [
        BEGIN,
        ORDERS,
        b"I" + change + b"N" + row("o1", "5", "f"),
        b"U" + change + b"O" + row("o1", "5", "f") + b"N" + row("o1", "5", "t"),
        b"D" + change + b"O" + row("o1", None, "t"),
        COMMIT,
    ]
    (commit,) = Decoder().decode(messages)
    assert commit.writes == [
        ("insert", "orders", {"id": "o1", "amount": 5, "paid": False}),
        ("update", "orders", {"id": "o1", "amount": 5, "paid": True}),
        ("delete", "orders", {"id": "o1", "amount": None, "paid": True}),
    ]
    assert commit.at_epoch_us == 946_684_805_000_000


def test_a_transaction_that_wrote_nothing_is_no_commit():
    assert list(Decoder().decode([BEGIN, COMMIT])) == []


def test_relations_are_remembered_across_readings():
    decoder = Decoder()
    list(decoder.decode([BEGIN, ORDERS, COMMIT]))
    later = committed(200)
    (commit,) = decoder.decode([BEGIN, b"I" + struct.pack("!i", 9) + b"N" + row("o2", "1", "f"), later])
    assert commit.writes[0][2]["id"] == "o2"


def test_a_column_that_was_not_sent_says_what_is_missing():
    unchanged = struct.pack("!h", 1) + b"u"
    with pytest.raises(HarnessError, match="REPLICA IDENTITY FULL"):
        list(Decoder().decode([BEGIN, ORDERS, b"I" + struct.pack("!i", 9) + b"N" + unchanged, COMMIT]))


def test_a_long_value_that_an_update_left_alone_is_that_of_the_row_before():
    change = b"U" + struct.pack("!i", 9) + b"O" + row("o1", "5", "f")
    unchanged = struct.pack("!h", 3) + b"u" + row("6", "t")[2:]
    (commit,) = Decoder().decode([BEGIN, ORDERS, change + b"N" + unchanged, COMMIT])
    assert commit.writes == [("update", "orders", {"id": "o1", "amount": 6, "paid": True})]


def test_what_a_server_tells_again_after_a_crash_is_passed_over():
    decoder = Decoder()
    change = b"I" + struct.pack("!i", 9) + b"N" + row("o1", "1", "f")
    assert len(list(decoder.decode([BEGIN, ORDERS, change, committed(100)]))) == 1
    told_again = [BEGIN, ORDERS, change, committed(100), BEGIN, change, committed(101)]
    assert len(list(decoder.decode(told_again))) == 1


def message(prefix: str, content: str) -> bytes:
    head = b"M" + b"\1" + struct.pack("!Q", 90) + prefix.encode() + b"\0"
    return head + struct.pack("!i", len(content)) + content.encode()


def test_a_transaction_says_which_backend_made_it_and_others_say_nothing():
    insert = b"I" + struct.pack("!i", 9) + b"N" + row("o1", "5", "f")
    other = message("app", "77")
    messages = [BEGIN, ORDERS, insert, other, message("shaketable", "4711"), COMMIT]
    messages += [message("shaketable", "1"), BEGIN, insert, committed(200)]
    assert [commit.backend for commit in Decoder().decode(messages)] == ["4711", ""]
