"""What a connection to PostgreSQL has open, and so names: savepoints, cursors, portals with a limit of rows, COPY TO."""

import pytest

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

ROLLED_BACK = (("SAVEPOINT s", "SAVEPOINT"), ("DELETE FROM b", "DELETE 1"), ("ROLLBACK TO s", "ROLLBACK"))


def transaction(*statements: tuple[str, str]) -> Conversation:
    """Say each (text, tag) in a transaction of its own, and COMMIT."""
    told = Conversation()
    for text, tag in (("BEGIN", "BEGIN"), *statements):
        told.say(query(text), done(tag))
    told.say(query("COMMIT"), done("COMMIT", "I"))
    return told


@pytest.mark.parametrize(
    ("statements", "key"),
    [
        ((("DELETE FROM a", "DELETE 1"), *ROLLED_BACK), "a"),
        ((*ROLLED_BACK, ("DELETE FROM c", "DELETE 1")), "c"),
        ((*ROLLED_BACK, *ROLLED_BACK), ""),
        ((("DELETE FROM b", "DELETE 1"), *ROLLED_BACK), "b"),
        ((("SAVEPOINT s", "SAVEPOINT"), ("DELETE FROM a", "DELETE 1"), ("RELEASE s", "RELEASE")), "a"),
        ((*ROLLED_BACK[:2], ("SAVEPOINT t", "SAVEPOINT"), *ROLLED_BACK[2:], ("ROLLBACK TO t", "X")), ""),
        (
            (
                ("SAVEPOINT s", "SAVEPOINT"),
                ("DELETE FROM a", "DELETE 1"),
                ("SAVEPOINT s", "SAVEPOINT"),
                ("DELETE FROM b", "DELETE 1"),
                ("ROLLBACK TO SAVEPOINT S", "ROLLBACK"),
            ),
            "a",
        ),
        (
            (
                ('SAVEPOINT "S"', "SAVEPOINT"),
                ("DELETE FROM a", "DELETE 1"),
                ("SAVEPOINT s", "SAVEPOINT"),
                ('ROLLBACK TO "S"', "ROLLBACK"),
            ),
            "",
        ),
    ],
)
def test_a_commit_is_not_named_by_what_a_savepoint_took_back(statements, key):
    commits = [name for name in transaction(*statements).names if name[0] == "COMMIT"]
    assert commits == ([("COMMIT", key)] if key else [])


def test_a_failed_statement_that_a_savepoint_took_back_is_not_named_at_commit():
    told = Conversation()
    told.say(query("BEGIN"), done("BEGIN"))
    told.say(query("DELETE FROM a"), done("DELETE 1"))
    told.say(query("SAVEPOINT s"), done("SAVEPOINT"))
    told.say(query("INSERT INTO b VALUES (1)"), failed("23505"))
    told.say(query("ROLLBACK TO s"), done("ROLLBACK"))
    told.say(query("COMMIT"), done("COMMIT", "I"))
    assert told.names[-1] == ("COMMIT", "a")


def test_savepoints_within_one_query_count_as_well():
    told = Conversation()
    told.ask(
        query(
            "BEGIN; DELETE FROM a; SAVEPOINT s; DELETE FROM b; ROLLBACK TO s; RELEASE s; DELETE FROM c; COMMIT"
        )
    )
    assert told.names == [("DELETE", "a"), ("DELETE", "b"), ("DELETE", "c"), ("COMMIT", "a,c")]


def test_copy_to_is_a_boundary_that_writes_nothing():
    told = transaction(("COPY a TO STDOUT", "COPY 3"), ("COPY b FROM STDIN", "COPY 2"))
    assert told.names == [("COPY_OUT", "a"), ("COPY", "b"), ("COMMIT", "b")]


def test_a_fetch_is_called_by_the_table_of_its_cursor():
    told = transaction(
        ("DECLARE many CURSOR FOR SELECT * FROM a", "DECLARE CURSOR"),
        ('DECLARE "Few" CURSOR WITH HOLD FOR SELECT * FROM b', "DECLARE CURSOR"),
        ("FETCH 5 FROM many", "FETCH 5"),
        ("fetch all in MANY", "FETCH 1"),
        ('FETCH "Few"', "FETCH 1"),
        ("CLOSE many", "CLOSE CURSOR"),
    )
    told.say(query('FETCH "Few"'), done("FETCH 1", "I"))
    told.say(query("FETCH many"), failed("34000", "I"))
    assert told.names == [
        ("DECLARE", "a"),
        ("DECLARE", "b"),
        *[("FETCH", "a")] * 2,
        *[("FETCH", "b")] * 2,
        ("FETCH", "many"),
    ]


def test_a_portal_that_is_executed_again_is_a_fetch_of_its_table():
    told, row = Conversation(), message("D", bytes(2))
    told.say(query("BEGIN"), done("BEGIN"))
    told.say(parse("s", "SELECT * FROM a") + FLUSH, message("1"))
    told.say(bind("p", "s") + execute("p", 1) + SYNC, message("2") + row + message("s") + ready())
    told.say(execute("p", 1) + SYNC, row + message("s") + ready())
    told.say(execute("p", 1) + SYNC, done("SELECT 1"))
    told.say(message("C", b"Pp\0") + SYNC, message("3") + ready())
    told.say(execute("p", 1) + SYNC, failed("34000"))
    told.say(query("ROLLBACK"), done("ROLLBACK", "I"))
    assert told.names == [("SELECT", "a"), ("FETCH", "a"), ("FETCH", "a")]


def test_a_portal_is_gone_with_its_transaction():
    told = Conversation()
    told.say(query("BEGIN"), done("BEGIN"))
    told.say(parse("", "SELECT * FROM a") + bind("p", "") + execute("p", 1) + SYNC, message("s") + ready())
    told.say(query("COMMIT"), done("COMMIT", "I"))
    told.say(execute("p", 1) + SYNC, failed("34000", "I"))
    assert told.names == [("SELECT", "a")]


def test_a_write_whose_rows_are_taken_bit_by_bit_names_the_commit():
    told = Conversation()
    told.say(query("BEGIN"), done("BEGIN"))
    told.say(
        parse("", "DELETE FROM a RETURNING b") + bind("p", "") + execute("p", 1) + SYNC,
        message("s") + ready(),
    )
    told.say(execute("p") + SYNC, done("DELETE 2"))
    told.say(query("COMMIT"), done("COMMIT", "I"))
    assert told.names == [("DELETE", "a"), ("FETCH", "a"), ("COMMIT", "a")]
