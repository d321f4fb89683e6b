from aiokafka import partitioner as aiokafka_partitioner
from hypothesis import example, given
from hypothesis import strategies as st

from shaketable.sim.broker.partitioner import murmur2, partition_of


@given(st.binary(max_size=40))
@example(b"")
@example(b"\xff\xff\xff\xff\xff")
def test_the_hash_is_the_one_of_kafkas_clients(data):
    assert murmur2(data) == aiokafka_partitioner.murmur2(data) & 0xFFFFFFFF


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(1, 50))
def test_a_key_goes_to_the_partition_that_a_real_client_chooses(key, partitions):
    chosen = aiokafka_partitioner.DefaultPartitioner()(key.encode(), list(range(partitions)), [])
    assert partition_of(key, partitions) == chosen


def test_keys_spread_over_all_partitions():
    assert {partition_of(f"order-{n}", 4) for n in range(40)} == {0, 1, 2, 3}
