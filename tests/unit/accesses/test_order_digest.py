"""The digest stands for the order of conflicting accesses, and for nothing else."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shaketable.access import Access, AccessKind, order_digest


def at(process: str, kind: AccessKind, target: str, verb: str = "SQL", time_ms: int = 0) -> Access:
    return Access(process, kind, target, verb, time_ms, event=time_ms)


def test_reads_of_one_row_commute_and_so_do_changes_of_different_rows_of_a_table():
    for kind in ("read", "scan", "change"):
        one, two = at("a", kind, "db.stock"), at("b", kind, "db.stock")
        assert not one.conflicts(two)
        assert order_digest([one, two]) == order_digest([two, one])


@pytest.mark.parametrize(("first", "second"), [("read", "write"), ("write", "write"), ("scan", "change")])
def test_accesses_that_conflict_have_an_order(first, second):
    one, two = at("a", first, "db.stock"), at("b", second, "db.stock")
    assert one.conflicts(two)
    assert two.conflicts(one)
    assert order_digest([one, two]) != order_digest([two, one])


def test_accesses_of_different_targets_commute():
    one, two = at("a", "write", "db.stock[apple]"), at("b", "write", "db.stock[pear]")
    assert not one.conflicts(two)
    assert order_digest([one, two]) == order_digest([two, one])


def test_times_do_not_count():
    assert order_digest([at("a", "write", "x", time_ms=1)]) == order_digest(
        [at("a", "write", "x", time_ms=9)]
    )


def test_a_lost_update_has_another_digest_than_every_order_of_whole_updates():
    read = {process: at(process, "read", "db.stock[apple]", "SELECT") for process in "ab"}
    write = {process: at(process, "write", "db.stock[apple]", "COMMIT") for process in "ab"}
    whole = {
        order_digest([read[first], write[first], read[second], write[second]])
        for first, second in permutations("ab")
    }
    torn = {
        order_digest([read[first], read[second], write[third], write[fourth]])
        for first, second in permutations("ab")
        for third, fourth in permutations("ab")
    }
    assert len(whole) == 2
    assert len(torn) == 2  # which of the two read first commutes, which wrote first does not
    assert not whole & torn


def test_nothing_has_a_digest_too():
    assert order_digest([]) == order_digest(())
    assert order_digest([]) != order_digest([at("a", "read", "x")])


def test_which_of_two_transactions_that_do_the_same_to_a_row_came_first_is_told_by_what_else_they_do():
    def write(transaction: int, target: str) -> Access:
        return Access("stock", "write", target, "COMMIT", 0, 0, transaction)

    def taken(first: str, second: str) -> list[Access]:
        return [
            write(1, "stock[apple]"),
            write(1, f"taken[{first}]"),
            write(2, "stock[apple]"),
            write(2, f"taken[{second}]"),
        ]

    assert order_digest(taken("t1", "t2")) != order_digest(taken("t2", "t1"))
    numbered = [
        Access(a.process, a.kind, a.target, a.verb, 0, 0, a.transaction + 5) for a in taken("t1", "t2")
    ]
    assert order_digest(numbered) == order_digest(taken("t1", "t2"))


ACCESSES = st.lists(
    st.builds(
        at,
        st.sampled_from("abc"),
        st.sampled_from(["read", "write"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["SELECT", "COMMIT"]),
    ),
    min_size=2,
    max_size=12,
)


@given(accesses=ACCESSES, place=st.integers(0, 10))
def test_swapping_two_in_a_row_changes_the_digest_if_and_only_if_they_conflict(accesses, place):
    place %= len(accesses) - 1
    one, two = accesses[place : place + 2]
    swapped = [*accesses[:place], two, one, *accesses[place + 2 :]]
    is_same = order_digest(swapped) == order_digest(accesses)
    if not one.conflicts(two):
        assert is_same
    elif (one.process, one.verb, one.kind) != (two.process, two.verb, two.kind):
        assert not is_same
