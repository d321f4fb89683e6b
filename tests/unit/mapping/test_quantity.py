"""Quantities are exact, instants are one whatever their offset, and what is neither is never guessed."""

from fractions import Fraction

import pytest

from shaketable.errors import UnreadableValue
from shaketable.mapping.conditions import holds
from shaketable.mapping.exact_readers import instants_ms, quantities
from shaketable.mapping.instant import epoch_ms, in_utc, instant
from shaketable.mapping.quantity import in_digits, quantity
from shaketable.mapping.value_paths import Source, agrees, compiled, text


class Holder(Source):
    """A row, and the body of a record."""

    def __init__(self, row, body=None):
        self.row, self.body = row, body


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (10, 10),
        ("10", 10),
        ("10.00", 10),
        (10.0, 10),
        ("12.50", Fraction(25, 2)),
        (0.1, Fraction(1, 10)),
        ("-0.30", Fraction(-3, 10)),
        (" 7 ", 7),
        (1e22, 10**22),
        ("123456789012345678901234567890.01", Fraction(12345678901234567890123456789001, 100)),
        *((value, None) for value in (None, True, "", "ten", "$10.00", "1,000", "1e999999999", "NaN", float("inf"), [], {}, "١٠")),
    ],
)  # fmt: skip
def test_a_quantity_is_exact_or_none(value, exact):
    found = quantity(value)
    assert (found, type(found)) == (exact, type(exact))


def test_money_with_decimals_balances():
    parts = [quantity(value) for value in ("0.10", "0.20", "99999999999999999999.70")]
    assert in_digits(sum(parts)) == "100000000000000000000"
    assert [in_digits(quantity(value)) for value in ("12.50", "-0.05", "7.00", 3)] == [
        "12.5",
        "-0.05",
        "7",
        "3",
    ]


@pytest.mark.parametrize("value", [None, "ten", True, {}])
def test_what_cannot_be_read_names_its_field(value):
    with pytest.raises(
        UnreadableValue, match=r"amount of a row of sales\.sale: col\.price is .*quantity is a number"
    ):
        quantities("col.price", "amount of a row of sales.sale")(Holder({"price": value}))


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-30T07:01:04.5Z",
        "2026-11-30 07:01:04.5+00",
        "2026-11-30T16:01:04.500000+09:00",
        "2026-11-30T02:31:04.5-0430",
    ],
)
def test_an_instant_is_the_same_whatever_its_offset(written):
    assert in_utc(instant(written)) == "2026-11-30T07:01:04.5Z"
    assert (
        epoch_ms(instant(written))
        == 1_796_022_064_500
        == instants_ms("col.at", "until")(Holder({"at": written}))
    )


@pytest.mark.parametrize("value", [None, "2026-11-30T07:01:04", "soon", "2026-13-01T00:00:00Z", 5])
def test_what_is_no_instant_is_none(value):
    assert instant(value) is None


def test_milliseconds_are_an_instant_too_and_words_are_not():
    assert instants_ms("col.at", "until")(Holder({"at": 1_500})) == 1_500
    with pytest.raises(UnreadableValue, match=r"until: col\.at is 'soon'"):
        instants_ms("col.at", "until")(Holder({"at": "soon"}))


@pytest.mark.parametrize(
    ("column", "field", "way", "same"),
    [
        ("10.00", 10, "number", True),
        ("10.00", "10", "number", True),
        ("10.00", 10.0, "number", True),
        ("10.00", 10.01, "number", False),
        ("10.00", 10, "", False),
        ("$10", "$10", "number", True),
        ("$10", "$20", "number", False),
        ("007", "7", "", False),
        ("2026-11-30T07:01:04Z", "2026-11-30T08:01:04+01:00", "instant", True),
        ("2026-11-30T07:01:04Z", "2026-11-30T08:01:04Z", "instant", False),
    ],
)
def test_values_are_compared_as_what_a_mapping_says(column, field, way, same):
    source = Holder({"x": column}, {"x": field})
    ends = f":{way}" if way else ""
    assert (text(compiled(f"col.x{ends}")(source)) == text(compiled(f"body.x{ends}")(source))) is same


def test_a_way_to_read_follows_another():
    raw = b'{"price": "2.50"}'.hex()
    assert compiled("col.raw:utf8:$.price:number")(Holder({"raw": raw})) == "2.5"
    assert compiled("col.body:$.price")(Holder({"body": {"price": 2}})) == 2


def test_a_condition_is_of_the_number_that_a_path_reads():
    paid = holds({"col.amount:number": "10.00"})
    assert paid(Holder({"amount": "10"}))
    assert not paid(Holder({"amount": "10.01"}))
    assert holds({"col.amount:number": [5, 10.0]})(Holder({"amount": "10.00"}))


def test_json_values_meet_whatever_the_order_of_their_names():
    assert text({"b": [1], "a": None}) == text({"a": None, "b": [1]}) == '{"a":null,"b":[1]}'
    assert text(10.0) == text(10)


@pytest.mark.parametrize(
    ("said", "was", "same"),
    [
        ("2026-11-30T08:01:04.5+01:00", "2026-11-30T07:01:04.5Z", True),
        ("2026-11-30T07:01:04.500000000Z", "2026-11-30T07:01:04.5Z", True),
        ("2026-11-30T02:31:04.123-04:30", "2026-11-30T07:01:04.123456Z", True),  # cut to milliseconds
        ("2026-11-30T07:01:04.124Z", "2026-11-30T07:01:04.123456Z", True),  # rounded to them
        ("2026-11-30T07:01:04Z", "2026-11-30T07:01:04.999999Z", True),
        ("2026-11-30T08:00:00+01:00", "2026-11-30T06:59:59.6Z", True),
        ("2026-11-30T07:01:04.123456789Z", "2026-11-30T07:01:04.123457Z", True),  # the column rounded it
        ("2026-11-30T07:01:04.125Z", "2026-11-30T07:01:04.123456Z", False),
        ("2026-11-30T07:01:04.123456Z", "2026-11-30T07:01:04.123457Z", False),
        ("2026-11-30T07:01:05Z", "2026-11-30T07:01:03.9Z", False),
        ("2026-11-30T08:01:04.5Z", "2026-11-30T07:01:04.5Z", False),
        ("2026-11-30T07:01:04.5", "2026-11-30 07:01:04.500", True),
        ("2026-11-30T07:01:04.5", "2026-11-30T07:01:04.5Z", False),  # of which offset?
        (10, "10.00", True),
        (10.5, "10.50", True),
        ("10.50", 10.5, True),
        (10.51, "10.50", False),
        ("10.5", "10.50", False),
        (True, "1", False),
        (1, "one", False),
        (None, "1", False),
    ],
)
def test_a_record_says_a_number_or_an_instant_of_a_row_however_it_is_written(said, was, same):
    assert agrees(said, was) is same


def test_a_condition_on_binary_text_is_of_the_text():
    column = Holder({"raw": b"paid".hex()})
    assert holds({"col.raw:utf8": "paid"})(column)
    assert not holds({"col.raw:utf8": "owed"})(column)
