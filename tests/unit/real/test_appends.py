"""When records were appended, told from traffic as the tap sees it: never after what their own acknowledgement caused."""

import pytest

from shaketable.real.oracles.appends import Append, Appends, Record
from shaketable.real.tap.framer import Marks, Produced

STAMP_MS = 1_700_000_000_000


def request(*keys: str, partition: int = 0, at: int | None = None, stamp: int = 0) -> Marks:
    """Make the marks of a request, and of its answer, which says that its first record has the offset `at`."""
    marks: Marks = {"produced": [Produced("events", partition, key, STAMP_MS + stamp) for key in keys]}
    if at is not None:
        marks["acknowledged"] = [("events", partition, at)]
    return marks


def record(offset: int, key: str = "k", *, partition: int = 0, sent_ms: int = 0, stamp: int = 0) -> Record:
    return Record(("events", partition, offset), key, STAMP_MS + stamp, sent_ms)


def times(appends: Appends, *records: Record) -> list[int]:
    return [append.at_ms for append in appends.of(records)]


def test_a_request_that_arrives_twice_delays_no_record_behind_it():
    first, copy = request("k", at=0), request("k", at=1)
    second, third = request("k", at=2, stamp=5), request("k", at=3, stamp=9)
    produced = [(10, "relay", first), (10, "relay", copy), (40, "relay", second), (70, "relay", third)]
    passed = [(20, first), (50, second), (80, third)]
    found = times(Appends(produced, passed), *(record(n) for n in range(4)))
    assert found == [10, 10, 40, 70]
    assert found[2] <= 50, "the mark of its row came after its acknowledgement"


def test_a_copy_of_which_no_answer_was_seen_takes_nothing_from_those_behind_it():
    first, copy, second = request("k", at=0), request("k"), request("k", at=2, stamp=5)
    produced = [(10, "relay", first), (10, "relay", copy), (40, "relay", second)]
    assert times(Appends(produced, [(20, first), (50, second)]), *(record(n) for n in range(3))) == [
        10,
        10,
        40,
    ]


def test_a_record_of_no_known_request_is_on_its_topic_before_one_behind_it_was_acknowledged():
    second = request("k", at=1)
    appends = Appends([(40, "relay", second)], [(50, second)])
    assert times(appends, record(0, sent_ms=999), record(1)) == [50, 50]


def test_a_record_is_on_its_topic_before_it_is_delivered():
    delivered: Marks = {"delivered": [("events", 0, 0)]}
    assert times(Appends([], [(30, delivered)]), record(0, sent_ms=90)) == [30]


def test_a_lost_acknowledgement_leaves_the_time_of_its_own_request():
    lost, second = request("k", stamp=1), request("k", at=1, stamp=2)
    produced = [(10, "relay", lost), (40, "relay", second)]
    assert times(Appends(produced, [(50, second)]), record(0, stamp=1), record(1, stamp=2)) == [10, 40]


def test_a_request_that_never_was_appended_gives_its_time_to_no_other_record():
    refused, other = request("k", stamp=1), request("k", stamp=2)
    produced = [(10, "relay", refused), (60, "relay", other)]
    assert times(Appends(produced, []), record(0, stamp=2)) == [60]


def test_a_producer_that_is_told_the_same_place_again_appended_at_its_first_request():
    first, again = request("k", at=0), request("k", at=0)
    assert times(Appends([(10, "relay", first), (60, "relay", again)], [(70, again)]), record(0)) == [10]


def test_answers_in_another_order_keep_the_order_of_the_offsets():
    slow, fast = request("a", at=1), request("b", at=0)
    produced = [(10, "one", slow), (20, "two", fast)]
    found = list(Appends(produced, [(30, slow), (31, fast)]).of([record(0, "b"), record(1, "a")]))
    assert found == [Append(20, "two"), Append(20, "one")]


def test_partitions_of_one_request_count_apart():
    marks: Marks = {
        "produced": [
            Produced("events", 0, "a", STAMP_MS),
            Produced("events", 1, "b", STAMP_MS),
            Produced("events", 0, "a", STAMP_MS),
        ],
        "acknowledged": [("events", 1, 7), ("events", 0, 3)],
    }
    appends = Appends([(10, "relay", marks)], [(20, marks)])
    assert times(appends, record(3, "a", sent_ms=99), record(4, "a", sent_ms=99)) == [10, 10]
    assert times(appends, record(7, "b", partition=1, sent_ms=99)) == [10]


@pytest.mark.parametrize("stepped_ms", [-3_600_000, 3_600_000])
def test_the_clock_of_a_producer_moves_no_record_that_was_acknowledged(stepped_ms):
    marks = request("k", at=0, stamp=stepped_ms)
    appends = Appends([(10, "relay", marks)], [(20, marks)])
    assert times(appends, record(0, sent_ms=stepped_ms, stamp=stepped_ms)) == [10]


def test_a_record_that_its_broker_has_stamped_is_no_older_than_its_stamp():
    assert times(Appends([(10, "relay", request("k"))], []), record(0, sent_ms=15, stamp=77)) == [15]


def test_a_record_whose_request_nothing_could_read_has_the_time_of_its_stamp_and_no_client():
    assert list(Appends([], []).of([record(0, sent_ms=12)])) == [Append(12, "")]
