"""PostgreSQL's text of a column as the JSON of a history."""

import pytest

from shaketable.real.oracles.column_types import ColumnTypes

BOOL, BYTEA, INT8, INT4, TEXT, JSON, FLOAT8, TIMESTAMP, TIMESTAMPTZ, NUMERIC, UUID, JSONB = (
    16, 17, 20, 23, 25, 114, 701, 1114, 1184, 1700, 2950, 3802,
)  # fmt: skip
INTS, TEXTS, BOXES, MOOD, MOODS, PRICE, PAID = 1007, 1009, 1020, 9_001, 9_002, 9_003, 9_004
CATALOG = [
    (INTS, 0, INT4, ","),
    (TEXTS, 0, TEXT, ","),
    (BOXES, 0, 603, ";"),
    (MOOD, 0, 0, ","),
    (MOODS, 0, MOOD, ","),
    (PRICE, NUMERIC, 0, ","),
    (PAID, BOOL, 0, ","),
]


@pytest.mark.parametrize(
    ("oid", "written", "value"),
    [
        (NUMERIC, "10.00", "10.00"),
        (NUMERIC, "123456789012345678901234567890.12345678901", "123456789012345678901234567890.12345678901"),
        (PRICE, "7.50", "7.50"),
        (INT8, "9007199254740993", 9007199254740993),
        (FLOAT8, "0.1", 0.1),
        (FLOAT8, "NaN", "NaN"),
        (BOOL, "t", True),
        (PAID, "f", False),
        (UUID, "9b2f0d66-6a0e-4f5a-8d6d-0c5a1f6c9f11", "9b2f0d66-6a0e-4f5a-8d6d-0c5a1f6c9f11"),
        (TIMESTAMPTZ, "2026-11-30 07:01:04.5+00", "2026-11-30T07:01:04.5Z"),
        (TIMESTAMPTZ, "infinity", "infinity"),
        (TIMESTAMP, "2026-11-30 07:01:04", "2026-11-30T07:01:04"),
        (JSONB, '{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        (JSONB, '{"a": 0.12345678901234567890}', {"a": "0.12345678901234567890"}),
        (JSON, "null", None),
        (BYTEA, "\\x00ff", "00ff"),
        (BYTEA, "\\x", ""),
        (MOOD, "sad", "sad"),
        (MOODS, "{sad,NULL}", ["sad", None]),
        (INTS, "{1,NULL,-3}", [1, None, -3]),
        (INTS, "{}", []),
        (INTS, "[2:3]={1,2}", [1, 2]),
        (INTS, "{{1,2},{3,4}}", [[1, 2], [3, 4]]),
        (TEXTS, '{a,"b,c","NULL","","d\\"e","\\\\"}', ["a", "b,c", "NULL", "", 'd"e', "\\"]),
        (TEXTS, '{"{x}"," y "}', ["{x}", " y "]),
        (BOXES, "{(1,1),(0,0);(3,3),(2,2)}", ["(1,1),(0,0)", "(3,3),(2,2)"]),
        (TEXT, "10.00", "10.00"),
        (9_999, "made later", "made later"),
    ],
)
def test_a_column_is_read_as_what_it_is(oid, written, value):
    found = ColumnTypes(CATALOG).value(written, oid)
    assert (found, type(found)) == (value, type(value))
