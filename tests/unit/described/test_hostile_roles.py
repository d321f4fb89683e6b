"""A description's roles may be any words: what is no name of a table is refused later, and never trips the reader."""

from types import SimpleNamespace
from typing import Any

from shaketable_patterns.described.roles import _keyed

TABLE = SimpleNamespace(name="orders", key=("id",))
DESCRIPTION: Any = SimpleNamespace(databases=(SimpleNamespace(name="shop", tables=(TABLE,)),))


def test_rows_that_name_no_key_get_that_of_their_table():
    rows = {"database": "shop", "table": "orders"}
    assert _keyed({"rows": [rows]}, DESCRIPTION) == {"rows": [rows | {"key": ("id",)}]}
    assert _keyed(rows | {"key": "no"}, DESCRIPTION) == rows | {"key": "no"}


def test_a_place_that_is_no_text_is_left_as_it_is():
    odd: list[dict[str, Any]] = [
        {"database": ["shop"], "table": "orders"}, {"database": {}, "table": []}, {"table": None},
    ]  # fmt: skip
    for rows in odd:
        assert _keyed(rows, DESCRIPTION) == rows
