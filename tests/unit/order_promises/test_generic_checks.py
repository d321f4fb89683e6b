"""The generic checks on plain sequences: they know no pattern."""

from shaketable.checkers.conservation import Movement, excess, shortfall
from shaketable.checkers.convergence import phases
from shaketable.checkers.exactly_once import repeats
from shaketable.checkers.order import inversion, reversed_pairs
from shaketable.checkers.transitions import Step, illegal
from shaketable.history import History
from shaketable_patterns.outbox.claims import OwnedWrite, unfenced
from shaketable_patterns.outbox.relay_batches import first_above


def test_excess_keeps_only_what_is_still_in_the_account():
    moves = [Movement(1, 5), Movement(2, -5), Movement(3, 5), Movement(4, 5)]
    found = excess(moves, 5)
    assert found is not None
    assert (found.balance, found.witness) == (10, (3, 4))
    assert excess(moves[:3], 5) is None


def test_shortfall_is_the_first_negative_prefix():
    found = shortfall([Movement(1, 5), Movement(2, -5), Movement(3, -5)])
    assert found is not None
    assert found.witness == (1, 2, 3)
    assert shortfall([Movement(1, 5), Movement(2, -5)]) is None


def test_a_repeat_names_the_key():
    assert [tuple(r) for r in repeats([("a", 1), ("b", 2), ("a", 3)])] == [("a", 1, 3)]


def test_a_repeat_within_one_event_is_a_repeat():
    assert [tuple(r) for r in repeats([("a", 1), ("a", 1)])] == [("a", 1, 1)]


def test_only_first_appearances_count_for_order():
    assert inversion("abc", [("a", 1), ("b", 2), ("a", 3), ("c", 4)]) is None
    found = inversion("abc", [("a", 1), ("c", 2), ("b", 3)])
    assert found is not None
    assert (found.earlier, found.later, found.earlier_at, found.later_at) == ("b", "c", 3, 2)


def test_what_was_not_decided_and_what_never_appears_is_no_inversion():
    assert inversion("abc", [("z", 1), ("c", 2)]) is None


def test_steps_are_undone_in_reverse():
    done = [("charge", 1), ("reserve", 2)]
    assert list(reversed_pairs(done, {"reserve": 3, "charge": 4})) == []
    assert list(reversed_pairs(done, {"charge": 3, "reserve": 4})) == [(3, 4)]


def test_only_listed_states_are_restricted():
    allowed = {"DONE": ()}
    assert illegal([Step(1, "NEW"), Step(2, "DONE"), Step(3, "DONE")], allowed) is None
    found = illegal([Step(1, "NEW"), Step(2, "DONE"), Step(3, "NEW")], allowed)
    assert found is not None
    assert (found.since, found.at) == (2, 3)


def test_only_the_owner_writes():
    writes = [OwnedWrite(1, "a", "a", 0), OwnedWrite(2, "a", "", -1), OwnedWrite(3, "a", "b", 2)]
    assert [w.at for w in unfenced(writes)] == [3]


def test_the_first_size_above_the_limit_is_found():
    assert first_above([(1, 3), (2, 4), (3, 5)], 3) == (2, 4)
    assert first_above([(1, 3)], 3) is None


def test_a_run_without_a_quiet_end_is_unsettled():
    history = History()
    assert "ended before" in phases(history).unsettled
    history.add(0, "phase", "harness", "liveness")
    assert "ended before" in phases(history).unsettled
    history.add(0, "phase", "harness", "quiet", {"quiet": False})
    assert "never became quiet" in phases(history).unsettled
    history.add(0, "phase", "harness", "quiet", {"quiet": True})
    assert phases(history).unsettled == ""
