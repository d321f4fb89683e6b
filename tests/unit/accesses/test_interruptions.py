"""An interruption is a change by another between the check and the act of one."""

from shaketable.access import Access, AccessKind
from shaketable.interruption import Interruption, explaining, interruptions


def made(*told: tuple[str, AccessKind, str, int]) -> list[Access]:
    verbs = {"read": "SELECT", "scan": "SELECT", "write": "COMMIT", "change": "COMMIT"}
    return [
        Access(process, kind, target, verbs[kind], time_ms=n, event=n, transaction=transaction)
        for n, (process, kind, target, transaction) in enumerate(told)
    ]


def found(accesses: list[Access], until: int | None = None) -> list[tuple[int, int, int]]:
    return [
        (accesses.index(one.check), accesses.index(one.other), accesses.index(one.act))
        for one in interruptions(accesses, until)
    ]


def test_the_write_of_another_between_a_read_and_a_write_is_one():
    race = made(("a", "read", "x", 1), ("b", "read", "x", 2), ("b", "write", "x", 2), ("a", "write", "x", 1))
    assert found(race) == [(0, 2, 3)]
    (one,) = interruptions(race)
    assert one.words == "changes x between the SELECT and the COMMIT of a"


def test_one_after_the_other_is_none():
    assert not found(
        made(("a", "read", "x", 1), ("a", "write", "x", 1), ("b", "read", "x", 2), ("b", "write", "x", 2))
    )


def test_who_reads_again_has_seen_the_change():
    assert not found(
        made(("a", "read", "x", 1), ("b", "write", "x", 2), ("a", "read", "x", 1), ("a", "write", "x", 1))
    )


def test_the_act_may_be_in_a_later_transaction():
    assert found(made(("a", "read", "x", 1), ("b", "write", "x", 2), ("a", "write", "x", 3))) == [(0, 1, 2)]


def test_two_transactions_of_one_process_that_are_open_at_once_are_different_work():
    race = made(("a", "read", "x", 1), ("a", "read", "x", 2), ("a", "write", "x", 2), ("a", "write", "x", 1))
    assert found(race) == [(0, 2, 3)]
    (one,) = interruptions(race)
    assert one.words == "changes x between the SELECT and the COMMIT of other work of its own"


def test_the_act_may_be_on_another_target_of_the_same_transaction():
    skew = made(("a", "scan", "t", 1), ("b", "change", "t", 2), ("a", "write", "x", 1))
    assert found(skew) == [(0, 1, 2)]
    assert next(interruptions(skew)).words == "changes t between the SELECT and the COMMIT of x of a"
    assert not found(made(("a", "scan", "t", 1), ("b", "change", "t", 2), ("a", "write", "x", 3)))


def test_what_comes_after_the_violation_does_not_explain_it():
    race = made(("a", "read", "x", 1), ("b", "write", "x", 2), ("a", "write", "x", 1))
    assert found(race, until=3) == [(0, 1, 2)]
    assert not found(race, until=2)


def test_without_transactions_a_process_is_one_piece_of_work():
    check, other, act = race = made(("a", "read", "k", 0), ("b", "write", "k", 0), ("a", "write", "k", 0))
    assert list(interruptions(race)) == [Interruption(check, other, act)]


def test_a_violation_is_explained_by_the_interruption_nearest_to_its_witness():
    race = made(
        ("a", "read", "x", 1), ("b", "write", "x", 2), ("a", "write", "x", 1),
        ("c", "scan", "t", 3), ("d", "change", "t", 4), ("c", "change", "t", 3),
        ("e", "write", "y", 5),
    )  # fmt: skip
    early, late = interruptions(race)
    assert explaining(race, {2, 5}) == early  # a row says more than a table
    assert explaining(race, {5}) == late
    assert explaining(race, {6}) == early
    assert explaining(race, {1}) is None
    assert explaining(race, ()) is None
    assert explaining([], {2}) is None
