"""PostgreSQL's protocol through the tap: named statements, COMMIT by what was written, never a lost byte."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shaketable.real.tap import sql
from shaketable.real.tap.framer import HEAD_MAX_BYTES
from shaketable.real.tap.postgres import PostgresFramer
from tests.unit.tap.postgres_bytes import FLUSH, message, query, startup
from tests.unit.tap.streams import assert_transparent, bytes_of, feed, names, split


def prepare(name: str, text: str) -> bytes:
    return message("P", f"{name}\0{text}\0".encode() + b"\0\0") + message("D", b"S" + name.encode() + b"\0")


def execute(name: str, padding: bytes = b"") -> bytes:
    bind = message("B", b"\0" + name.encode() + b"\0" + padding)
    return bind + message("E", b"\0\0\0\0\0") + message("S")


def done(tag: str, status: str = "I") -> bytes:
    return message("C", tag.encode() + b"\0") + message("Z", status.encode())


READY = message("R", struct.pack("!i", 0)) + message("S", b"a\0b\0") + message("Z", b"I")
PARSED = message("1") + message("t", b"\0\0") + message("n")

# an outbox transaction as asyncpg sends it: BEGIN and COMMIT simple, the rest prepared, then executed
SENT = (
    startup()
    + query("BEGIN;")
    + prepare("s1", 'INSERT INTO "public"."orders" (id) VALUES ($1)')
    + FLUSH
    + execute("s1")
    + prepare("s2", "insert into outbox(id) values ($1) -- it's announced")
    + FLUSH
    + execute("s2")
    + prepare("s3", "UPDATE nothing SET a = ';' WHERE id = $1")
    + FLUSH
    + execute("s3")
    + query("COMMIT;")
    + query("begin")
    + query("SELECT 1 FROM outbox WHERE s = 'x;y' FOR UPDATE SKIP LOCKED")
    + query("commit")
)
ANSWERED = (
    READY
    + done("BEGIN", "T")
    + PARSED
    + message("2")
    + done("INSERT 0 1", "T")
    + PARSED
    + message("2")
    + message("N", b"notice\0")
    + done("INSERT 0 1", "T")
    + PARSED
    + message("2")
    + done("UPDATE 0", "T")
    + done("COMMIT")
    + done("BEGIN", "T")
    + message("T", b"\0\0")
    + done("SELECT 0", "T")
    + done("COMMIT")
)
NAMES = [
    ("INSERT", "orders"),
    ("INSERT", "outbox"),
    ("UPDATE", "nothing"),
    ("COMMIT", "orders,outbox"),
    ("SELECT", "outbox"),
]
cuts = st.lists(st.integers(0, 10_000), max_size=30)


def converse(framer: PostgresFramer, sent: bytes, answered: bytes, cuts=()):
    """Feed client and server in turn: each unit is answered before the next is sent, as drivers do."""
    up, down = [], []
    requests, replies = _units(sent, b"QSH"), _units(answered, b"Zn")
    up += feed(framer.client_sent, split(startup(), cuts))
    down += feed(framer.server_sent, split(replies.pop(0), cuts))
    for request in requests[1:]:
        up += feed(framer.client_sent, split(request, cuts))
        down += feed(framer.server_sent, split(replies.pop(0), cuts))
    return up, down


def _units(stream: bytes, ends: bytes) -> list[bytes]:
    units, at, start = [], 0, 0
    if stream.startswith(startup()):
        units.append(startup())
        at = start = len(startup())
    while at < len(stream):
        kind = stream[at : at + 1]
        at += 1 + struct.unpack("!i", stream[at + 1 : at + 5])[0]
        if kind in [bytes([e]) for e in ends]:
            units.append(stream[start:at])
            start = at
    return units


@given(cuts)
def test_an_outbox_transaction_is_named_boundary_by_boundary_in_any_splits(where):
    up, down = converse(PostgresFramer(), SENT, ANSWERED, where)
    assert names(up) == NAMES
    assert names(down) == NAMES
    assert bytes_of(up) == SENT
    assert bytes_of(down) == ANSWERED


@given(cuts)
def test_every_byte_of_an_answer_belongs_to_its_exchange(where):
    _, down = converse(PostgresFramer(), SENT, ANSWERED, where)
    answer = b"".join(p.data for p in down if p.exchange and p.exchange.names == (("INSERT", "outbox"),))
    assert answer == message("2") + message("N", b"notice\0") + done("INSERT 0 1", "T")


def test_a_transaction_that_wrote_nothing_commits_uncounted():
    up, _ = converse(
        PostgresFramer(),
        startup() + query("BEGIN") + query("DELETE FROM a") + query("COMMIT"),
        READY + done("BEGIN", "T") + done("DELETE 0", "T") + done("COMMIT"),
    )
    assert names(up) == [("DELETE", "a")]


@pytest.mark.parametrize(
    ("statement", "tag", "named"),
    [
        (
            "WITH x AS (INSERT INTO a VALUES (1) RETURNING b) SELECT count(*) FROM x",
            "SELECT 1",
            ("INSERT", "a"),
        ),
        ("COPY a FROM STDIN", "COPY 3", ("COPY", "a")),
        ("MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE", "MERGE 1", ("MERGE", "a")),
        ("CALL a(1)", "CALL", ("CALL", "a")),
    ],
)
def test_a_commit_counts_whatever_kind_of_statement_wrote(statement, tag, named):
    up, _ = converse(
        PostgresFramer(),
        startup() + query("BEGIN") + query(statement) + query("COMMIT"),
        READY + done("BEGIN", "T") + done(tag, "T") + done("COMMIT"),
    )
    assert names(up) == [named, ("COMMIT", "a")]


def test_a_poll_by_a_with_that_finds_no_work_wrote_nothing():
    claim = "WITH x AS (UPDATE a SET b = 1 WHERE c RETURNING *) SELECT * FROM x"
    up, _ = converse(
        PostgresFramer(),
        startup() + query("BEGIN") + query(claim) + query("COMMIT"),
        READY + done("BEGIN", "T") + done("SELECT 0", "T") + done("COMMIT"),
    )
    assert names(up) == [("UPDATE", "a")]


def test_answers_stay_with_their_exchanges_after_a_copy_whose_first_sync_is_never_answered():
    framer = PostgresFramer()
    feed(framer.client_sent, [startup()])
    feed(framer.server_sent, [READY])
    feed(framer.client_sent, [prepare("", "COPY a FROM STDIN") + execute("")])
    feed(framer.server_sent, [message("1") + message("2") + message("G", b"\0\0\0")])
    feed(framer.client_sent, [message("d", b"1\n") + message("c") + message("S")])
    down = feed(framer.server_sent, [done("COPY 1")])
    assert down[-1].last
    assert down[-1].exchange is not None
    assert down[-1].exchange.names == (("COPY", "a"),)
    feed(framer.client_sent, [query("DELETE FROM b")])
    assert names(feed(framer.server_sent, [done("DELETE 1")])) == [("DELETE", "b")]


def test_a_rollback_forgets_what_was_written():
    up, _ = converse(
        PostgresFramer(),
        startup()
        + query("BEGIN")
        + query("DELETE FROM a")
        + query("ROLLBACK")
        + query("BEGIN")
        + query("COMMIT"),
        READY
        + done("BEGIN", "T")
        + done("DELETE 1", "T")
        + done("ROLLBACK")
        + done("BEGIN", "T")
        + done("COMMIT"),
    )
    assert names(up) == [("DELETE", "a")]


def test_a_parse_in_the_same_unit_names_its_bind():
    framer = PostgresFramer()
    feed(framer.client_sent, [startup()])
    up = feed(framer.client_sent, [prepare("", "UPDATE stock SET a = 1") + execute("")])
    assert names(up) == [("UPDATE", "stock")]
    assert up[0].data.startswith(b"P")


def test_several_statements_of_one_query_are_several_boundaries():
    framer = PostgresFramer()
    feed(framer.client_sent, [startup()])
    up = feed(framer.client_sent, [query("BEGIN; INSERT INTO a VALUES (';'); UPDATE b SET c = 1; COMMIT")])
    assert names(up) == [("INSERT", "a"), ("UPDATE", "b"), ("COMMIT", "a,b")]


def test_the_server_s_process_of_a_connection_is_noted_however_its_greeting_is_split():
    key = message("K", struct.pack("!iI", 4_711, 3_000_000_000))
    for where in range(1, len(key)):
        noted: list[str] = []
        framer = PostgresFramer(noted.append)
        list(framer.client_sent(startup()))
        greeting = message("R", struct.pack("!i", 0)) + key + message("Z", b"I")
        out = [*framer.server_sent(greeting[:where]), *framer.server_sent(greeting[where:])]
        assert b"".join(piece.data for piece in out) == greeting
        assert noted == ["4711"]


def test_an_encrypted_connection_is_opaque():
    framer = PostgresFramer()
    ask = struct.pack("!ii", 8, 80877103)
    assert bytes_of(framer.client_sent(ask)) == ask
    assert bytes_of(framer.server_sent(b"S")) == b"S"
    assert framer.opaque == "encrypted"
    assert bytes_of(framer.client_sent(b"\x16\x03")) == b"\x16\x03"


def test_a_refused_encryption_goes_on_in_the_clear():
    framer = PostgresFramer()
    feed(framer.client_sent, [struct.pack("!ii", 8, 80877103)])
    assert bytes_of(framer.server_sent(b"N")) == b"N"
    feed(framer.client_sent, [startup()])
    assert names(feed(framer.client_sent, [query("SELECT * FROM t")])) == [("SELECT", "t")]


def test_a_tls_hello_is_passed_on_at_once():
    framer = PostgresFramer()
    hello = b"\x16\x03\x01\x02\x00" + b"x" * 100
    assert bytes_of(framer.client_sent(hello)) == hello
    assert framer.opaque


def test_what_was_kept_of_one_direction_goes_first_when_the_other_turns_out_to_be_something_else():
    framer = PostgresFramer()
    feed(framer.client_sent, [startup()])
    half = query("DELETE FROM a")[:9]
    assert bytes_of(framer.client_sent(half)) == b""
    framer.server_sent(b"\0\0\0\0\0\0")
    assert framer.opaque
    assert bytes_of(framer.client_sent(b"more")) == half + b"more"


def test_all_that_an_exchange_is_answered_with_at_once_is_one_piece():
    framer = PostgresFramer()
    feed(framer.client_sent, [startup()])
    feed(framer.server_sent, [READY])
    feed(framer.client_sent, [query("SELECT * FROM a") + query("DELETE FROM b")])
    rows = message("T", b"\0\0") + message("D", b"\0\0") + done("SELECT 1")
    notice = message("N", b"notice\0")
    down = feed(framer.server_sent, [notice + rows + done("DELETE 1")[:9], done("DELETE 1")[9:]])
    assert [(p.data, p.first, p.last) for p in down] == [
        (notice, False, False),
        (rows, True, True),
        (done("DELETE 1"), True, True),
    ]
    assert [p.exchange.names for p in down if p.exchange] == [(("SELECT", "a"),), (("DELETE", "b"),)]


@given(st.binary(max_size=300), st.binary(max_size=300), cuts)
def test_garbage_passes_unchanged(sent, answered, where):
    assert_transparent(PostgresFramer(), sent, answered, where)


@given(st.integers(0, len(SENT)), st.binary(max_size=100), cuts)
def test_a_conversation_that_turns_to_garbage_passes_unchanged(valid, garbage, where):
    assert_transparent(PostgresFramer(), SENT[:valid] + garbage, ANSWERED[:valid] + garbage, where)


def test_a_parameter_of_any_size_streams_through_in_constant_memory():
    framer, chunk, chunks = PostgresFramer(), b"x" * 65536, 1600
    feed(framer.client_sent, [startup(), prepare("s", "INSERT INTO big VALUES ($1)") + FLUSH])
    head = b"B" + struct.pack("!i", 4 + 3 + len(chunk) * chunks) + b"\0s\0"
    up = feed(framer.client_sent, [head])
    passed = len(bytes_of(up))
    for _ in range(chunks):
        pieces = feed(framer.client_sent, [chunk])
        up += [p for p in pieces if p.first]
        passed += len(bytes_of(pieces))
        assert framer._client.untaken_bytes(len(framer._client.data)) <= 2 * HEAD_MAX_BYTES
    rest = feed(framer.client_sent, [message("E", b"\0\0\0\0\0") + message("S")])
    assert names(up + rest) == [("INSERT", "big")]
    assert passed + len(bytes_of(rest)) == len(head) + len(chunk) * chunks + 10 + 5


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("  select a from only b.c where d", [("SELECT", "b.c")]),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", [("INSERT", "t")]),
        ("/* DELETE FROM a */ UPDATE b SET c = 'DELETE FROM d'", [("UPDATE", "b")]),
        ("SET a = 1; SHOW b", [("SET", ""), ("SHOW", "")]),
        ("INSERT INTO a VALUES ('http://b--c; d'); COMMIT", [("INSERT", "a"), ("COMMIT", "")]),
        ("SELECT 1 -- it's\n; DELETE FROM \"it's\"; END", [("SELECT", ""), ("DELETE", "it's"), ("END", "")]),
        ("copy s.parcels (id, weight) from stdin", [("COPY", "s.parcels")]),
        ("COPY parcels TO STDOUT", [("COPY_OUT", "parcels")]),
        ("copy (select a from b where c) to stdout", [("COPY_OUT", "b")]),
        ("COPY (DELETE FROM b RETURNING c) TO STDOUT", [("DELETE", "b")]),
        ("DECLARE c NO SCROLL CURSOR FOR SELECT a FROM b", [("DECLARE", "b")]),
        ("FETCH FORWARD 5 FROM c; CLOSE c", [("FETCH", "c"), ("CLOSE", "c")]),
        ("SAVEPOINT a; RELEASE SAVEPOINT a", [("SAVEPOINT", "a"), ("RELEASE", "a")]),
        ("rollback work to savepoint a; ROLLBACK", [("ROLLBACK_TO", "a"), ("ROLLBACK", "")]),
        ("CALL place_order($1)", [("CALL", "place_order")]),
        ("", []),
    ],
)
def test_a_statement_is_called_by_its_verb_and_table(text, named):
    assert list(sql.statements(text)) == named
