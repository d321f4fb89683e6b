"""History files: read back the same, and refused with a clear reason otherwise."""

import contextlib

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from shaketable.access import Access
from shaketable.errors import FileFormatError
from shaketable.history import History
from shaketable.report import history_file


def data() -> bytes:
    return history_file.dumps("order-saga/as_listed", samples.PROFILE, samples.saga_history())


def replaced(line: int, text: bytes) -> bytes:
    lines = data().split(b"\n")
    lines[line - 1] = text
    return b"\n".join(lines)


def test_a_history_comes_back_as_it_was():
    header, history = history_file.loads(data())
    assert (header.subject, header.profile) == ("order-saga/as_listed", samples.PROFILE)
    assert history.events == samples.saga_history().events
    assert history_file.dumps(header.subject, header.profile, history) == data()


ACCESSES = [
    Access("stock-1", "read", "shop.stock[apple]", "SELECT", 5, event=1, transaction=1),
    Access("stock-2", "write", "shop.stock[apple]", "COMMIT", 6, event=2, transaction=2),
]


def with_accesses() -> bytes:
    history = History(list(samples.saga_history().events), list(ACCESSES))
    return history_file.dumps("order-saga/as_listed", samples.PROFILE, history)


def test_accesses_come_back_too_and_a_history_without_them_has_the_bytes_that_it_had():
    header, history = history_file.loads(with_accesses())
    assert header.accesses == 2
    assert history.accesses == ACCESSES
    assert history.events == samples.saga_history().events
    assert history_file.dumps(header.subject, header.profile, history) == with_accesses()
    assert b"accesses" not in data()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"accesses":2', b'"accesses":3', "is no access"),
        (b'"accesses":2', b'"accesses":1', "is no event"),
        (b'"accesses":2', b'"accesses":-1', "announces -1 accesses"),
        (b'"accesses":2', b'"accesses":999', "announces 999 accesses"),
        (b'"event":2', b'"event":999999', "stands before event 999999"),
        (b'"kind":"write"', b'"kind":"steal"', "is no access"),
    ],
)
def test_accesses_that_are_wrong_are_refused(old, new, why):
    with pytest.raises(FileFormatError, match=why):
        history_file.loads(with_accesses().replace(old, new), "h.jsonl")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "is empty"),
        (b"\n", "line 1"),
        (data()[:-1], "is cut off"),
        (data()[: len(data()) // 2], "is cut off"),
        (replaced(1, b"{}"), "line 1"),
        (replaced(1, b'{"subject":"s","profile":{"name":"p","knobs":{}},"format":"x","version":1}'), "'x' version 1"),
        (replaced(3, b"not json"), "line 3"),
        (replaced(3, b'{"index":1,"time_ms":NaN,"kind":"ok","process":"p","name":"n"}'), "line 3"),
        (replaced(3, b'{"index":1,"time_ms":0,"kind":"boom","process":"p","name":"n"}'), "line 3"),
        (replaced(3, b'{"index":1,"time_ms":0,"kind":"ok","process":"p","name":"n","x":1}'), "unknown field"),
        (replaced(3, b'{"index":7,"time_ms":0,"kind":"ok","process":"p","name":"n"}'), "expected event 1"),
        (replaced(3, b'{"index":1,"time_ms":0,"kind":"ok","process":"p","name":"n","ref":1}'), "not before it"),
        (replaced(3, b'{"index":1,"time_ms":0,"kind":"ok","process":"p","name":"n","value":' + b"[" * 100_000), "line 3"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_and_the_line_is_named(bad, why):
    with pytest.raises(FileFormatError, match=why):
        history_file.loads(bad, "h.jsonl")


@given(
    st.binary(max_size=400)
    | st.builds(lambda a, b: data()[:a] + b + data()[a:], st.integers(0, 2_000), st.binary(max_size=9))
)
def test_no_bytes_do_anything_but_read_or_be_refused(raw):
    with contextlib.suppress(FileFormatError):
        history_file.loads(raw)
