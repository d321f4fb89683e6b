import pytest

from shaketable.errors import UsageError
from shaketable.mapping.conditions import holds
from shaketable.mapping.value_paths import check, columns_of, compiled, text
from tests.unit.mapping.sources import source

ROW = source(
    row={"id": 7, "event": '{"event_id": "e-1", "lines": [{"sku": "tea"}]}', "sent": False, "by": None}
)
RECORD = source(
    body={"order": {"id": 3}, "type": "Sold"},
    headers={"ce_id": "e-1", "seq": "00000000000000ff", "low": "fffffffe"},
    key="k",
    topic="sales",
    partition=0,
    offset=12,
)


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("col.id", ROW, 7),
        ("col.nothing", ROW, None),
        ("col.event:$.event_id", ROW, "e-1"),
        ("col.event:$.lines.0.sku", ROW, "tea"),
        ("body.order.id", RECORD, 3),
        ("body.order.id.more", RECORD, None),
        ("header.ce_id", RECORD, "e-1"),
        ("header.seq:int64be", RECORD, 255),
        ("header.low:int32be", RECORD, -2),
        ("header.ce_id:int64be", RECORD, None),
        ("key", RECORD, "k"),
        ("offset", RECORD, 12),
        ("='TicketSold'", RECORD, "TicketSold"),
        ("=12", RECORD, 12),
        ("outbox.event.{body.type}", RECORD, "outbox.event.Sold"),
        ("{body.missing}/letter", RECORD, None),
        ("body.missing or header.ce_id", RECORD, "e-1"),
        ("", RECORD, None),
    ],
)
def test_a_path_finds_its_value(path, source, found):
    assert compiled(path)(source) == found


@pytest.mark.parametrize(
    "path", ["colid", "col", "row.id", "body", "col.id:int7", "={", "{col.id", "col.id}"]
)
def test_a_path_that_means_nothing_is_refused_and_says_why(path):
    with pytest.raises(UsageError):
        compiled(path)
    assert check(path)


def test_json_that_is_none_is_no_value():
    assert compiled("col.event:$.id")(source(row={"event": "{broken"})) is None


def test_values_meet_as_text():
    assert [text(value) for value in (None, True, 7, "7", 1.5)] == ["", "true", "7", "7", "1.5"]


def test_columns_are_found_in_templates_too():
    assert columns_of("{col.kind}-{col.id}") == ("kind", "id")
    assert columns_of("col.event:$.event_id") == ("event",)


@pytest.mark.parametrize(
    ("where", "so"),
    [
        ({}, True),
        ({"col.id": 7}, True),
        ({"col.id": "7"}, True),
        ({"col.id": 8}, False),
        ({"col.id": (6, 7)}, True),
        ({"col.sent": False}, True),
        ({"col.sent": True}, False),
        ({"col.by": "@null"}, True),
        ({"col.id": "@set"}, True),
        ({"col.by": "@set"}, False),
        ({"col.id": 7, "col.sent": True}, False),
    ],
)
def test_a_condition_holds_when_all_of_it_does(where, so):
    assert holds(where)(ROW) is so
