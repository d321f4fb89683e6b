"""The history of a real run: live record and oracles, by time, without the run's namespace."""

from harness.history import History
from harness.real.merge import Observed, merge, within, without


def test_effects_are_sorted_in_by_time_and_references_follow_their_events():
    live = History()
    invoked = live.add(0, "invoke", "client", "place", {"order": "r1~o1"})
    live.add(10, "ok", "client", "place", None, invoked)
    merged = merge(live, [Observed(5, "order", "commit", {"db": "order", "writes": []})], "r1~")
    assert [e.name for e in merged] == ["place", "commit", "place"]
    assert merged[2].ref == 0
    assert [e.index for e in merged] == [0, 1, 2]


def test_the_live_record_keeps_its_order_whatever_its_stamps_say():
    live = History()
    live.add(10, "phase", "harness", "safety")
    live.add(9, "invoke", "client", "place")
    assert [e.name for e in merge(live, [], "")] == ["safety", "place"]


def test_at_one_instant_an_append_comes_before_the_commit_that_marks_it():
    commit = Observed(5, "order", "commit", {})
    append = Observed(5, "order", "append", {})
    assert [e.name for e in merge(History(), [commit, append], "")] == ["append", "commit"]


def test_a_namespace_goes_in_front_of_ids_and_comes_off_everything():
    fields = frozenset({"order", "key"})
    named = within({"order": "o1", "item": "pear", "lines": [{"key": "k"}]}, fields, "r7~")
    assert named == {"order": "r7~o1", "item": "pear", "lines": [{"key": "r7~k"}]}
    assert without({"r7~o1": ["charge-r7~o1", 5]}, "r7~") == {"o1": ["charge-o1", 5]}
