"""The history of a real run: live record and oracles, by time, without the run's namespace."""

from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from shaketable.history import History
from shaketable.real.oracles.oracle import Observed
from shaketable.real.run.history_merge import merge
from shaketable.real.stack.namespace import Namespace


def test_effects_are_sorted_in_by_time_and_references_follow_their_events():
    live = History()
    invoked = live.add(0, "invoke", "client", "place", {"order": "r1.0~o1"})
    live.add(10, "ok", "client", "place", None, invoked)
    merged = merge(live, [Observed(5, "order", "commit", {"db": "order", "writes": []})], Namespace(1, ()))
    assert [e.name for e in merged] == ["place", "commit", "place"]
    assert merged[2].ref == 0
    assert [e.index for e in merged] == [0, 1, 2]


def test_the_live_record_keeps_its_order_whatever_its_stamps_say():
    live = History()
    live.add(10, "phase", "harness", "safety")
    live.add(9, "invoke", "client", "place")
    assert [e.name for e in merge(live, [], Namespace(1, ()))] == ["safety", "place"]


def test_at_one_instant_an_append_comes_before_the_commit_that_marks_it():
    commit = Observed(5, "order", "commit", {})
    append = Observed(5, "order", "append", {})
    assert [e.name for e in merge(History(), [commit, append], Namespace(1, ()))] == ["append", "commit"]


def test_a_namespace_goes_in_front_of_ids_and_comes_off_everything():
    namespace, fields = Namespace(7, ()), frozenset({"order", "key"})
    named = namespace.put_in({"order": "o1", "item": "pear", "lines": [{"key": "k"}]}, fields)
    assert named == {"order": "r7.0~o1", "item": "pear", "lines": [{"key": "r7.0~k"}]}
    assert namespace.off_in({"r7.0~o1": ["charge-r7.0~o1", 5]}) == {"o1": ["charge-o1", 5]}


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from([1, 2, 3, 5]))
def test_an_identifier_keeps_its_partition_and_comes_back(identifier, partitions):
    namespace = Namespace(3, [partitions])
    named = namespace.put(identifier)
    assert namespace.off(named) == identifier or namespace.off(identifier) != identifier
    assert (murmur2(named.encode()) & 0x7FFFFFFF) % partitions == (
        murmur2(identifier.encode()) & 0x7FFFFFFF
    ) % partitions


def test_a_straggler_of_another_run_is_left_out():
    late = Observed(5, "order", "commit", {"db": "order", "writes": [["insert", "t", {"id": "r6.0~o1"}]]})
    mine = Observed(6, "order", "commit", {"db": "order", "writes": [["insert", "t", {"id": "r7.0~o1"}]]})
    assert len(merge(History(), [late, mine], Namespace(7, ()))) == 1
