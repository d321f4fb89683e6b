import pytest

from shaketable.errors import HarnessError
from shaketable.sim.broker.log import OutOfOrderSequence
from shaketable.sim.broker.partitioner import partition_of
from shaketable.subject import Topic


def test_records_get_consecutive_offsets_in_the_partition_of_their_key(make_bench):
    bench = make_bench(Topic("orders", 3))
    keys = [f"k{n}" for n in range(12)]
    bench.send(*keys)
    for partition in range(3):
        stored = [r for r in bench.broker.records("orders") if r.partition == partition]
        assert [r.key for r in stored] == [k for k in keys if partition_of(k, 3) == partition]
        assert [r.offset for r in stored] == list(range(len(stored)))


def test_an_append_is_written_down_with_everything_in_the_record(bench):
    bench.broker.append("shop", "orders", "k", {"n": 1}, {"trace": "t1"})
    assert bench.effects == [
        (
            "shop",
            "append",
            {
                "topic": "orders",
                "partition": 0,
                "offset": 0,
                "key": "k",
                "value": {"n": 1},
                "headers": {"trace": "t1"},
            },
        )
    ]


def test_without_a_producer_id_a_resend_is_a_second_record(bench):
    bench.send("k", "k")
    assert [r.offset for r in bench.broker.records("orders")] == [0, 1]


def test_a_resend_of_an_idempotent_producer_is_stored_once(bench):
    first = bench.broker.append("shop", "orders", "k", 1, producer_id="p", sequence=0)
    again = bench.broker.append("shop", "orders", "k", 1, producer_id="p", sequence=0)
    assert again is first
    assert bench.broker.records("orders") == [first]
    assert len(bench.seen("append")) == 1


def test_an_idempotent_producer_must_not_skip_a_number(bench):
    bench.broker.append("shop", "orders", "k", 1, producer_id="p", sequence=0)
    with pytest.raises(OutOfOrderSequence):
        bench.broker.append("shop", "orders", "k", 3, producer_id="p", sequence=2)
    bench.broker.append("shop", "orders", "k", 2, producer_id="p", sequence=1)
    assert [r.value for r in bench.broker.records("orders")] == [1, 2]


def test_sequences_count_per_producer_and_per_partition(make_bench):
    bench = make_bench(Topic("orders", 2))
    left = next(k for k in "abcdef" if partition_of(k, 2) == 0)
    right = next(k for k in "abcdef" if partition_of(k, 2) == 1)
    for key in (left, right):
        for producer in ("p", "q"):
            bench.broker.append("shop", "orders", key, 1, producer_id=producer, sequence=0)
    assert len(bench.broker.records("orders")) == 4


def test_an_undeclared_topic_is_a_fault_of_the_description(bench):
    _, port = bench.port("shop")
    with pytest.raises(HarnessError, match="'oders' is not declared; the system declares orders"):
        port.send_later("oders", "k", 1)
    with pytest.raises(HarnessError):
        bench.run(port.send("oders", "k", 1))
    with pytest.raises(HarnessError):
        port.consumer("g", ["oders"])
