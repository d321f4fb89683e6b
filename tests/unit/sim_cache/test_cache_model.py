import pytest

from shaketable.sim.cache.cache import Cache, CommandError


class Time:
    def __init__(self):
        self.now_ms = 0

    def __call__(self):
        return self.now_ms


def make():
    time = Time()
    return Cache(time), time


def test_a_value_is_kept_until_it_is_replaced_or_deleted():
    cache, _ = make()
    assert cache.get("k") is None
    assert cache.set("k", "a")
    assert cache.set("k", "b")
    assert cache.get("k") == "b"
    assert cache.delete("k")
    assert cache.get("k") is None
    assert not cache.delete("k")


def test_a_value_expires_after_the_last_millisecond_of_its_time_to_live():
    cache, time = make()
    cache.set("k", "v", ttl_ms=100)
    time.now_ms = 100
    assert cache.get("k") == "v"
    time.now_ms = 101
    assert cache.get("k") is None


def test_setting_again_replaces_the_expiry():
    cache, time = make()
    cache.set("k", "v", ttl_ms=100)
    cache.set("k", "v")
    cache.set("renewed", "v", ttl_ms=100)
    time.now_ms = 90
    cache.set("renewed", "v", ttl_ms=100)
    time.now_ms = 180
    assert cache.get("k") == "v"
    assert cache.get("renewed") == "v"


def test_a_time_to_live_must_be_positive():
    cache, _ = make()
    with pytest.raises(CommandError, match="ttl_ms must be positive, got 0"):
        cache.set("k", "v", ttl_ms=0)


def test_set_if_absent_leaves_a_present_value_and_its_expiry_alone():
    cache, time = make()
    assert cache.set("lock", "a", ttl_ms=50, only_if_absent=True)
    assert not cache.set("lock", "b", ttl_ms=500, only_if_absent=True)
    assert cache.get("lock") == "a"
    time.now_ms = 51
    assert cache.set("lock", "b", ttl_ms=50, only_if_absent=True)
    assert cache.get("lock") == "b"


def test_set_if_absent_sees_a_sorted_set_too():
    cache, _ = make()
    cache.sorted_add("k", "m", 1)
    assert not cache.set("k", "v", only_if_absent=True)
    assert cache.set("k", "v")
    assert cache.get("k") == "v"


def test_only_the_owner_deletes_a_lock():
    cache, time = make()
    cache.set("lock", "a", ttl_ms=50)
    assert not cache.compare_and_delete("lock", "b")
    assert cache.compare_and_delete("lock", "a")
    assert cache.get("lock") is None
    cache.set("lock", "a", ttl_ms=50)
    time.now_ms = 51
    assert not cache.compare_and_delete("lock", "a")


def test_a_deleted_key_forgets_its_expiry():
    cache, time = make()
    cache.set("k", "v", ttl_ms=50)
    cache.delete("k")
    cache.increment("k")
    time.now_ms = 51
    assert cache.get("k") == "1"


def test_increment_counts_from_zero_and_keeps_the_expiry():
    cache, time = make()
    assert cache.increment("n") == 1
    assert cache.increment("n", 5) == 6
    assert cache.increment("n", -10) == -4
    cache.set("limited", "7", ttl_ms=50)
    assert cache.increment("limited") == 8
    time.now_ms = 51
    assert cache.increment("limited") == 1


@pytest.mark.parametrize(
    "text", ["", "one", "1.0", " 1", "+1", "01", "-0", "1_0", "٣", str(2**63), "9" * 5000]
)
def test_increment_takes_only_what_redis_takes_for_a_whole_number(text):
    cache, _ = make()
    cache.set("n", text)
    with pytest.raises(CommandError, match="no whole number"):
        cache.increment("n")
    assert cache.get("n") == text


def test_increment_does_not_leave_64_bits():
    cache, _ = make()
    cache.set("n", str(2**63 - 1))
    with pytest.raises(CommandError, match="range of 64 bits"):
        cache.increment("n")
    assert cache.increment("n", -1) == 2**63 - 2


def test_a_sorted_set_is_read_by_score_then_by_member():
    cache, _ = make()
    for member, score in (("late", 9), ("b", 1), ("a", 1), ("Z", 1)):
        assert cache.sorted_add("queue", member, score)
    assert cache.sorted_range("queue") == [("Z", 1), ("a", 1), ("b", 1), ("late", 9)]


def test_a_member_that_is_added_again_moves():
    cache, _ = make()
    cache.sorted_add("queue", "a", 1)
    cache.sorted_add("queue", "b", 2)
    assert not cache.sorted_add("queue", "a", 3)
    assert cache.sorted_range("queue") == [("b", 2), ("a", 3)]


def test_removing_the_last_member_removes_the_set():
    cache, _ = make()
    cache.sorted_add("queue", "a", 0)
    assert not cache.sorted_remove("queue", "b")
    assert cache.sorted_remove("queue", "a")
    assert not cache.sorted_remove("queue", "a")
    assert cache.sorted_range("queue") == []
    assert not cache.delete("queue")


def test_a_rank_counts_who_stands_before_by_score_and_then_by_name():
    cache, _ = make()
    for member, score in (("b", 1), ("a", 1), ("c", 0)):
        cache.sorted_add("queue", member, score)
    assert [cache.sorted_rank("queue", member) for member in "cabd"] == [0, 1, 2, None]


def test_what_is_renamed_takes_the_place_of_what_was_there_and_keeps_its_expiry():
    cache, time = make()
    cache.set("old", "v", ttl_ms=10)
    cache.sorted_add("live", "a", 1)
    assert cache.rename("old", "live")
    assert not cache.rename("old", "live")
    assert cache.get("live") == "v"
    time.now_ms = 11
    assert cache.get("live") is None


def test_a_guarded_value_is_set_only_while_the_guard_holds_the_token():
    cache, time = make()
    cache.set("guard", "me", ttl_ms=10)
    assert not cache.compare_and_set("k", "v", "guard", "other", 100)
    assert cache.compare_and_set("k", "v", "guard", "me", 100)
    time.now_ms = 11
    assert not cache.compare_and_set("k", "w", "guard", "me", 100)
    assert cache.get("k") == "v"


def test_a_bucket_gives_its_burst_and_then_what_comes_in():
    cache, time = make()
    assert [cache.take("k", 3, 2) for _ in range(4)] == [True, True, True, False]
    time.now_ms += 499
    assert not cache.take("k", 3, 2)
    time.now_ms += 1
    assert [cache.take("k", 3, 2) for _ in range(2)] == [True, False]
    time.now_ms += 60_000
    assert [cache.take("k", 3, 2) for _ in range(4)] == [True, True, True, False]


def test_a_command_for_the_other_type_is_refused():
    cache, _ = make()
    cache.set("text", "v")
    cache.sorted_add("queue", "a", 1)
    for refused in (
        lambda: cache.get("queue"),
        lambda: cache.increment("queue"),
        lambda: cache.compare_and_delete("queue", "a"),
        lambda: cache.sorted_add("text", "a", 1),
        lambda: cache.sorted_remove("text", "a"),
        lambda: cache.sorted_range("text"),
    ):
        with pytest.raises(CommandError, match="holds a"):
            refused()


def test_loss_forgets_everything_and_the_cache_stays_up():
    cache, time = make()
    cache.set("k", "v", ttl_ms=100)
    cache.set("gone", "v", ttl_ms=10)
    cache.sorted_add("queue", "a", 1)
    time.now_ms = 50
    assert cache.lose() == 2
    assert cache.get("k") is None
    assert cache.sorted_range("queue") == []
    cache.set("k", "new")
    time.now_ms = 200
    assert cache.get("k") == "new"
