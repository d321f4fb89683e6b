"""The plan of a statement: which index narrows what it reads, and the parameters that a client bound."""

import struct

from shaketable.real.oracles.plans import literals, narrowed_by


def scan(kind, **more):
    return {"Node Type": kind, **more}


def plan(*nodes):
    inner = None
    for node in reversed(nodes):
        node = dict(node)
        if inner is not None:
            node["Plans"] = [inner]
        inner = node
    return [{"Plan": inner}]


LIMIT, SORT = scan("Limit"), scan("Sort")
WHOLE = {"Node Type": "Seq Scan", "Relation Name": "outbox", "Filter": "(status = 'PENDING'::text)"}
BY_STATUS = {
    "Node Type": "Index Scan",
    "Relation Name": "outbox",
    "Index Name": "by_status",
    "Index Cond": "(status = 'PENDING'::text)",
}
IN_ORDER = {"Node Type": "Index Scan", "Relation Name": "outbox", "Index Name": "outbox_pkey", "Filter": "x"}
BITMAP = (
    {"Node Type": "Bitmap Heap Scan", "Relation Name": "outbox"},
    {"Node Type": "Bitmap Index Scan", "Index Name": "by_status", "Index Cond": "x"},
)


def test_a_condition_on_an_index_narrows_and_a_filter_does_not():
    assert narrowed_by(plan(LIMIT, SORT, BY_STATUS), "outbox", set()) == "by_status"
    assert narrowed_by(plan(LIMIT, *BITMAP), "outbox", set()) == "by_status"
    assert narrowed_by(plan(LIMIT, SORT, WHOLE), "outbox", set()) == ""


def test_an_index_that_only_gives_the_order_narrows_nothing_unless_it_has_only_some_of_the_rows():
    assert narrowed_by(plan(LIMIT, IN_ORDER), "outbox", set()) == ""
    assert narrowed_by(plan(LIMIT, IN_ORDER), "outbox", {"outbox_pkey"}) == "outbox_pkey"


def test_a_plan_that_does_not_read_the_table_says_nothing_of_it():
    assert narrowed_by(plan(LIMIT, WHOLE), "orders", set()) is None


def bound(formats, *values):
    parts = [struct.pack(">H", len(formats)), *(struct.pack(">H", one) for one in formats)]
    parts.append(struct.pack(">H", len(values)))
    parts += [struct.pack(">i", -1) if one is None else struct.pack(">i", len(one)) + one for one in values]
    return b"".join([*parts, struct.pack(">H", 0)])


def test_parameters_are_read_as_text_and_as_the_binary_forms_of_plain_types():
    binary = bound([1], b"it's", struct.pack(">q", -3), b"\x01", None)
    assert literals(binary, [25, 20, 16, 25]) == ["'it''s'", "'-3'", "true", "NULL"]
    assert literals(bound([], b"PENDING", b"3"), [25, 1700]) == ["'PENDING'", "'3'"]
    assert literals(bound([0, 1], b"a", struct.pack(">i", 7)), [25, 23]) == ["'a'", "'7'"]
    assert literals(b"", []) == []


def test_a_parameter_that_cannot_be_read_leaves_the_plan_unknown():
    assert literals(bound([1], b"\x00\x01"), [1700]) is None
    assert literals(bound([1], b"a"), [25, 25]) is None
