"""Handwritten histories, red and green, for each anomaly of a lock."""

from __future__ import annotations

import pytest
from lock_history import LEASE_MS, LockHistory, profile

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.lock.kind import lock
from shaketable_patterns.lock.profile import knobs_of

STORE = profile()
HOLDS_2 = profile(at_least_ms=200)
RENEWS = profile(renewal=True)
UNFENCED = profile(fencing="none")
BY_NODE = profile(clock="node")


def history() -> LockHistory:
    return LockHistory()


def taken() -> LockHistory:
    """Return a history in which a has the lock, with token 1, until 1000 ms."""
    return history().call("acquire", "a", 1).shows("a", LEASE_MS)


def lost() -> LockHistory:
    """Return a history in which a's lease is over and b has the lock, with token 2, until 2010 ms."""
    return taken().wait(LEASE_MS + 10).call("acquire", "b", 2).shows("b", 2 * LEASE_MS + 10)


def test_a_lock_that_is_handed_on_breaks_nothing() -> None:
    green = (
        taken()
        .call("acquire", "b", None)
        .shows("a", LEASE_MS)
        .call("holds", "a")
        .call("write", "a")
        .guards("a", 1)
    )
    green.call("release", "a").shows("").call("acquire", "b", 2).shows("b", LEASE_MS).call(
        "write", "b"
    ).guards("b", 2)
    assert green.found(STORE) == []


def test_a_second_owner_within_a_lease_breaks_lk_1_and_both_answers_prove_it() -> None:
    red = taken().wait(LEASE_MS - 10).call("acquire", "b", 2)
    (finding,) = red.findings(STORE)
    assert (finding.promise, finding.anomaly) == ("LK-1", "two-owners")
    assert [red.history[i].process for i in finding.witness] == ["call-1", "call-2"]
    assert "b is granted the lock (call 2) 10 ms before the lease of a (call 1) is over" in finding.message


@pytest.mark.parametrize("left_ms", [0, 1, -1])
def test_at_the_instant_at_which_a_lease_ends_either_answer_is_right(left_ms: int) -> None:
    for answer in (2, None):
        assert taken().wait(LEASE_MS - left_ms).call("acquire", "b", answer).found(STORE) == []


def test_a_lease_that_was_granted_late_is_no_surely_owned_one_when_its_answer_comes() -> None:
    late = history()
    slow = late.begin("acquire", "a")
    late.wait(LEASE_MS).call("acquire", "b", 2).end(slow, 1)
    assert late.found(STORE) == []


def test_an_acquire_of_unknown_outcome_may_hold_the_lock_for_a_lease() -> None:
    green = history().disturbed("acquire", "a").wait(LEASE_MS - 1).call("acquire", "b", None)
    assert green.found(STORE) == []
    assert green.exercised(STORE, "LK-7") == 0
    assert green.wait(5).call("acquire", "b", None).found(STORE) == ["LK-7 never-freed VIOLATION"]


def test_a_release_by_another_that_takes_the_lock_from_its_owner_breaks_lk_2() -> None:
    assert lost().call("release", "a", False).shows("b", 2 * LEASE_MS + 10).found(STORE) == []
    assert lost().call("release", "a").shows("").found(STORE) == ["LK-2 released-anothers VIOLATION"]


def test_an_extension_that_prolongs_anothers_lease_breaks_lk_2() -> None:
    red = lost().call("extend", "a", False).shows("b", 2 * LEASE_MS + 500)
    assert red.found(STORE) == ["LK-2 extended-anothers VIOLATION"]
    assert lost().call("extend", "a").found(STORE) == ["LK-2 extended-anothers VIOLATION"]


def test_a_lease_that_is_over_is_extended_only_where_that_is_declared_and_none_came_between() -> None:
    over = taken().wait(LEASE_MS + 10).call("extend", "a")
    assert over.found(STORE) == ["LK-2 extended-expired OFF-PROFILE"]
    assert over.found(profile(revives=True)) == []
    came = lost().wait(LEASE_MS + 10).call("extend", "a")
    assert came.found(profile(revives=True)) == ["LK-2 extended-expired VIOLATION"]


def test_a_caller_without_a_lock_is_neither_its_owner_nor_writes() -> None:
    refused = taken().call("acquire", "b", None)
    assert refused.call("holds", "b", False).call("write", "b", False).found(STORE) == []
    assert refused.call("holds", "b").found(STORE) == ["LK-3 owner-after-failure VIOLATION"]
    assert refused.call("write", "b").found(STORE)[-1] == "LK-3 wrote-without-owning VIOLATION"


def test_a_grant_of_which_the_store_knows_nothing_breaks_lk_3() -> None:
    assert history().call("acquire", "a", 1).shows("").found(STORE) == ["LK-3 told-without-lock VIOLATION"]
    busy = history()
    number = busy.begin("release", "b")
    assert busy.call("acquire", "a", 1).shows("").end(number).found(STORE) == []


def test_a_holder_that_renews_stays_the_owner_unless_something_failed() -> None:
    assert taken().wait(3 * LEASE_MS).call("acquire", "b", None).found(RENEWS) == []
    assert taken().wait(3 * LEASE_MS).call("acquire", "b", 2).found(RENEWS) == [
        "LK-4 lost-while-healthy VIOLATION"
    ]
    failed = taken()
    failed.add("receipt", "store.request", "lose", {"what": "lose", "call": None})
    assert failed.wait(3 * LEASE_MS).call("acquire", "b", 2).found(RENEWS) == []
    assert failed.call("holds", "a").found(RENEWS) == ["LK-4 not-told VIOLATION"]


def test_a_holder_that_asks_after_its_lease_is_told_that_it_is_over() -> None:
    assert lost().call("holds", "a", False).found(STORE) == []
    assert lost().call("holds", "a").found(STORE) == ["LK-4 not-told VIOLATION"]
    assert taken().wait(LEASE_MS + 10).call("holds", "a").found(STORE) == ["LK-4 not-told VIOLATION"]


def test_a_release_frees_the_lock_also_when_it_is_made_again() -> None:
    assert taken().call("release", "a").wait(5).call("acquire", "b", None).found(STORE) == [
        "LK-5 not-released VIOLATION"
    ]
    retried = taken().disturbed("release", "a").call("release", "a", error="NotOwned")
    (finding,) = retried.wait(5).call("acquire", "b", None).findings(STORE)
    assert (finding.promise, finding.anomaly, len(finding.witness)) == ("LK-5", "release-not-retried", 3)


def test_a_release_that_failed_frees_nothing_for_sure_before_it_is_made_again() -> None:
    assert taken().disturbed("release", "a").wait(5).call("acquire", "b", None).found(STORE) == []
    assert taken().disturbed("release", "a").call("acquire", "b", 2).found(STORE) == []
    assert taken().crash().call("release", "a", False).wait(5).call("acquire", "b", None).found(STORE) == []


def test_an_acquire_in_vain_that_changes_the_holders_lease_breaks_lk_6() -> None:
    for owner, until_ms in (("", 0), ("a", 700), ("a", 1_300)):
        red = taken().call("acquire", "b", None).shows(owner, until_ms)
        assert red.found(STORE) == ["LK-6 holder-changed VIOLATION"]
    assert taken().call("acquire", "b", None).shows("a", LEASE_MS + 300).found(RENEWS) == []


def test_the_lock_of_a_holder_that_died_is_free_after_its_lease() -> None:
    dead = taken().crash().wait(LEASE_MS + 10).call("acquire", "b", None)
    assert dead.found(STORE) == ["LK-7 never-freed VIOLATION"]
    assert dead.found(profile(grace_ms=500)) == []
    assert taken().crash().wait(LEASE_MS + 10).call("acquire", "b", None).found(RENEWS) == [
        "LK-7 never-freed VIOLATION"
    ]


def test_a_lock_stays_taken_for_as_long_as_lock_at_least_for() -> None:
    early = taken().call("release", "a").shows("a", 200).wait(100)
    assert early.call("acquire", "b", None).found(HOLDS_2) == []
    assert early.call("acquire", "b", 2).found(HOLDS_2) == ["LK-8 freed-too-early VIOLATION"]
    assert taken().call("release", "a").shows("a", 200).wait(210).call("acquire", "b", 2).found(HOLDS_2) == []


def test_a_write_whose_answer_comes_in_a_later_lease_of_its_holder_may_be_of_the_one_before() -> None:
    history = taken()
    answered_late = history.begin("write", "a")
    history.call("release", "a").call("acquire", "b", 2).disturbed("release", "b").call("acquire", "a", 3)
    assert history.end(answered_late).call("write", "b").found(STORE) == []
    assert history.call("write", "a").call("write", "b").found(STORE) == ["LK-9 stale-write VIOLATION"]


def test_a_write_while_its_holder_acquires_anew_may_be_by_that_lease() -> None:
    history = taken().call("write", "a").wait(LEASE_MS + 10)
    history.call("acquire", "b", 2).call("write", "b").guards("b", 2).wait(LEASE_MS + 10)
    again = history.begin("acquire", "a")
    assert history.call("write", "a").guards("a", 3).found(STORE) == []
    assert history.end(again, None).call("write", "a").found(STORE) == ["LK-9 stale-write VIOLATION"]


def test_a_write_that_arrives_behind_a_later_holders_is_stale() -> None:
    red = taken()
    paused = red.begin("write", "a")
    red.wait(LEASE_MS + 10).call("acquire", "b", 2).call("write", "b").guards("b", 1)
    assert red.found(STORE) == []
    red.guards("a", 2).end(paused)
    assert red.found(STORE) == ["LK-9 stale-write VIOLATION"]
    assert red.found(UNFENCED) == ["LK-9 stale-write LIMIT"]


def test_a_late_write_before_the_later_holders_first_is_none() -> None:
    green = taken()
    paused = green.begin("write", "a")
    green.wait(LEASE_MS + 10).call("acquire", "b", 2).guards("a", 1).end(paused).call("write", "b").guards(
        "b", 2
    )
    assert green.found(STORE) == []
    assert green.exercised(UNFENCED, "LK-9") == 0  # that none was seen is no promise


@pytest.mark.parametrize("token", [1, True, None])
def test_a_token_that_does_not_grow_breaks_lk_9(token: object) -> None:
    red = taken().call("release", "a").call("acquire", "b", token if token is not None else "yes")
    assert red.found(STORE) == ["LK-9 token-not-monotone VIOLATION"]
    assert red.found(UNFENCED) == []


def test_two_owners_under_a_stepped_clock_break_lk_10_and_are_a_limit_of_nodes_clocks() -> None:
    red = taken().skew("b", 5_000).call("acquire", "b", 2)
    assert red.found(STORE) == ["LK-10 broken-by-skew VIOLATION"]
    assert red.found(BY_NODE) == ["LK-10 broken-by-skew LIMIT"]
    assert taken().skew("b", 5_000).call("acquire", "b", None).exercised(BY_NODE, "LK-10") == 0


def test_a_lock_that_is_kept_by_a_stepped_clock_breaks_lk_10_too() -> None:
    red = taken().skew("a", 60_000).wait(LEASE_MS + 10).call("acquire", "b", None)
    assert red.found(STORE) == ["LK-10 kept-by-skew VIOLATION"]
    assert red.found(BY_NODE) == ["LK-10 kept-by-skew LIMIT"]


def test_a_holder_that_makes_two_calls_at_once_is_not_judged_by_what_it_believes() -> None:
    confused = taken()
    first, second = confused.begin("release", "a"), confused.begin("release", "a")
    confused.end(second, error="NotOwned").wait(5).call("acquire", "b", None).end(first)
    assert confused.found(STORE) == []


def test_what_is_not_declared_is_not_claimed() -> None:
    least = lock.pattern(Profile("least", {"lease_ms": 1_000, "fencing": "none", "clock": "store"}))
    assert {p.id for p in least.promises} == {"LK-1", "LK-3", "LK-5", "LK-7", "LK-9", "LK-10"}
    assert {one.promise for one in least.not_claimed} == {"LK-2", "LK-3", "LK-4", "LK-6", "LK-8"}


@pytest.mark.parametrize(
    "knobs",
    [
        {"lease_ms": 1},
        {"at_least_ms": 2_000},
        {"grace_ms": -1},
        {"fencing": "perhaps"},
        {"clock": "sun"},
        {"revives": True, "extend": "no"},
        {"reentrant": "yes"},
        {"wait": 1},
    ],
)
def test_a_profile_that_is_no_locks_is_refused(knobs: dict[str, int | str]) -> None:
    with pytest.raises(UsageError, match="does not describe a lock"):
        knobs_of(profile(**knobs))
