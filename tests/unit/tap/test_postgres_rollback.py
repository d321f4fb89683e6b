"""A statement that the tap lets fail: what the server gets instead, and what the client is answered."""

import pytest

from shaketable.real.tap.framer import Exchange
from tests.unit.tap.postgres_bytes import (
    FLUSH,
    SYNC,
    Conversation,
    bind,
    done,
    execute,
    failed,
    message,
    parse,
    query,
    ready,
)
from tests.unit.tap.streams import bytes_of

ROW = message("T", b"\0\0") + message("D", b"\0\0")
PREPARED = bind("", "s") + execute("") + SYNC


def open_transaction() -> Conversation:
    told = Conversation()
    told.say(query("BEGIN"), done("BEGIN"))
    told.say(query("INSERT INTO a VALUES (1)"), done("INSERT 0 1"))
    told.say(parse("s", "DELETE FROM b") + FLUSH, message("1"))
    return told


def exchange_of(told: Conversation, request: bytes) -> Exchange:
    exchange = told.ask(request)[-1].exchange
    assert exchange is not None
    return exchange


def answered(told: Conversation, answer: bytes) -> bytes:
    pieces = told.answer(answer)
    assert [(piece.first, piece.last) for piece in pieces] == [(True, True)]
    return bytes_of(pieces)


@pytest.mark.parametrize("request_", [query("DELETE FROM b"), PREPARED])
@pytest.mark.parametrize(("sqlstate", "said"), [("40001", b"serialize"), ("40P01", b"deadlock")])
def test_the_server_gets_a_statement_that_fails_and_the_client_the_error(request_, sqlstate, said):
    told = open_transaction()
    exchange = exchange_of(told, request_)
    assert told.framer.roll_back(exchange, "DELETE", sqlstate) == query("SELECT 1/0")
    answer = answered(told, failed())
    assert answer.startswith(b"E")
    assert b"C" + sqlstate.encode() + b"\0" in answer
    assert said in answer
    assert answer.endswith(ready("E"))
    assert b"22012" not in answer


def test_a_commit_becomes_a_rollback_after_which_nothing_is_open():
    told = open_transaction()
    exchange = exchange_of(told, query("COMMIT"))
    assert exchange.names == (("COMMIT", "a"),)
    assert told.framer.roll_back(exchange, "COMMIT", "40001") == query("ROLLBACK")
    answer = answered(told, done("ROLLBACK", "I"))
    assert b"C40001\0" in answer
    assert b"ROLLBACK" not in answer
    assert answer.endswith(ready("I"))
    told.say(query("BEGIN"), done("BEGIN"))
    told.ask(query("COMMIT"))
    assert told.names.count(("COMMIT", "a")) == 1


def test_what_is_sent_together_fails_together_and_stays_as_open_as_it_would():
    for text, verb, instead in (
        ("BEGIN; INSERT INTO a VALUES (1); DELETE FROM b", "DELETE", "BEGIN; SELECT 1/0"),
        ("BEGIN; INSERT INTO a VALUES (1); COMMIT", "COMMIT", "SELECT 1/0"),
        ("INSERT INTO a VALUES (1)", "INSERT", "SELECT 1/0"),
    ):
        told = Conversation()
        exchange = exchange_of(told, query(text))
        assert told.framer.roll_back(exchange, verb, "40001") == query(instead)


def test_its_answer_is_replaced_whole_however_it_comes_in_pieces():
    whole = ROW + failed()
    for where in range(1, len(whole)):
        told = open_transaction()
        exchange = exchange_of(told, PREPARED)
        told.framer.roll_back(exchange, "DELETE", "40001")
        pieces = [*told.answer(whole[:where]), *told.answer(whole[where:])]
        assert bytes_of(pieces).endswith(ready("E"))
        assert bytes_of(pieces).count(b"C40001\0") == 1
        assert b"22012" not in bytes_of(pieces)
        assert [(piece.exchange, piece.first, piece.last) for piece in pieces] == [(exchange, True, True)]


def test_what_comes_behind_it_is_answered_as_ever():
    told = open_transaction()
    exchange = exchange_of(told, PREPARED)
    told.framer.roll_back(exchange, "DELETE", "40001")
    told.ask(query("SELECT * FROM c"))
    pieces = told.answer(failed() + failed("25P02"))
    assert b"25P02" in pieces[-1].data
    assert pieces[-1].exchange is not exchange


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (query("COMMIT; BEGIN; DELETE FROM b"), "it would undo what another COMMIT is to keep"),
        (parse("named", "DELETE FROM b") + bind("", "named") + execute("") + SYNC, "it prepares"),
        (bind("", "s") + execute("") + message("C", b"Ss\0") + SYNC, "it closes"),
        (bind("", "s") + execute("") + FLUSH, "its end has not come"),
    ],
)
def test_what_cannot_be_replaced_honestly_is_not(request_, why):
    told = open_transaction()
    assert told.framer.roll_back(exchange_of(told, request_), "DELETE", "40001") is None, why


def test_a_transaction_that_has_failed_cannot_fail_again():
    told = open_transaction()
    told.say(query("SELECT 1/0 FROM a"), failed())
    assert told.framer.roll_back(exchange_of(told, PREPARED), "DELETE", "40001") is None
