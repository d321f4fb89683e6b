"""A real run is quiet when nothing is left to do, and never before: each sign of work, and each sign that is missing, waits."""

import asyncio
import math
import time
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition

from shaketable.history import History
from shaketable.real.oracles.broker import BrokerOracle
from shaketable.real.oracles.group_offsets import GroupOffsets
from shaketable.real.run.cpu_pressure import CpuPressure
from shaketable.real.run.quiet_detector import QuietDetector
from shaketable.subject import Topic

SCALE = 10
LAST_MS, NOW_MS = 10_000, 12_000
SOON_MS = LAST_MS + 900  # less than the least pause
LATE_MS = LAST_MS + 8_000
EVENTS = TopicPartition("events", 0)


class Groups:
    """Answers of the broker about groups, and how often it was asked."""

    def __init__(self, unread: bool = False, forms_anew: bool = False) -> None:
        self._unread = unread
        self._forms_anew = forms_anew
        self.asked = 0
        self.ends = {}
        self.heard = set()

    async def has_unread(self, subscriptions, ends) -> bool:
        self.asked += 1
        self.ends = ends
        return self._unread

    async def unread(self, subscriptions, ends) -> list[str]:
        return list(subscriptions) if self._unread else []

    async def forms_anew(self, group, heard) -> bool:
        self.heard = heard
        return self._forms_anew


class Topics:
    async def ends(self):
        return {EVENTS: 3}


def board(**changes):
    state = {
        "held": 0,
        "active_ms": LAST_MS,
        "all_pollers_seen": True,
        "pollers": {("order", "outbox"): LAST_MS + 100},
        "subscriptions": {"payment": frozenset({"events"})},
        "unread_joins": False,
        "delivered": {},
        "regrouped_s": -math.inf,
        "session_s": 0.0,
        "heard": {},
        "balanced_by_broker": {},
        "transactional": {},
    }
    return SimpleNamespace(**state | changes)


def broker(groups):
    oracle = BrokerOracle(SimpleNamespace(topics=(Topic("events"),)), "kafka", lambda: ("127.0.0.1", 1))
    oracle.log, oracle.groups = Topics(), groups
    return oracle


def stack(
    *,
    now_ms=NOW_MS,
    pause_ms=1_500,
    groups_may_rebalance=False,
    owed=False,
    awaits_group=False,
    groups=None,
    **signs,
):
    return SimpleNamespace(
        clock=SimpleNamespace(elapsed_ms=lambda: now_ms, real_s=lambda ms: ms / SCALE / 1000),
        board=board(**signs),
        power=SimpleNamespace(groups_may_rebalance=groups_may_rebalance),
        session_timeout_ms=1_000,
        require_servers=all_run,
        edges={("order", "kafka"): SimpleNamespace(awaits_reply=owed, awaits_group=awaits_group)},
        oracles=(broker(groups or Groups()),),
        system=SimpleNamespace(
            quiet_ms=7_500, pause_ms=pause_ms, session_timeout_ms=1_000, topics=("events",), bound_ms=100
        ),
    )


async def all_run() -> None:
    """Every server runs."""


def is_quiet(on, ops=(), history=None):
    return asyncio.run(QuietDetector(on, history or History(), ops).is_quiet())


def test_a_run_in_which_nothing_is_left_to_do_is_quiet_before_the_longest_silence_is_over():
    assert is_quiet(stack())


@pytest.mark.parametrize(
    ("left", "what"),
    [
        ({"owed": True}, "a client waits for an answer"),
        ({"held": 1}, "a message is held"),
        ({"groups": Groups(unread=True)}, "a record is not committed"),
        ({"unread_joins": True}, "a group whose topics are unknown"),
        ({"pollers": {("order", "outbox"): LAST_MS - 1}}, "the last poll came before the last message"),
        ({"pollers": {("order", "outbox"): -1}}, "the last poll found work"),
        ({"all_pollers_seen": False}, "a poller may be unknown yet"),
        ({"pause_ms": 0}, "the system says nothing of its own pauses"),
        ({"now_ms": SOON_MS}, "the system may still be in a pause of its own"),
        ({"now_ms": LAST_MS + 900, "pause_ms": 1}, "a process may not have had its turn"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_whatever_may_be_left_keeps_a_run_from_being_quiet(left, what):
    assert not is_quiet(stack(**left)), what


def test_an_open_operation_keeps_a_run_from_being_quiet_however_long():
    assert not is_quiet(stack(now_ms=LATE_MS), ops=("place",))


@pytest.mark.parametrize("kind", ["fault", "heal", "restart", "ok"])
def test_what_is_no_message_begins_the_silence_anew_too(kind):
    history = History()
    history.add(NOW_MS - 100, kind, "order", "crash")
    assert not is_quiet(stack(), history=history)


def test_the_phases_of_a_run_do_not_break_its_silence():
    history = History()
    history.add(NOW_MS, "phase", "harness", "heal")
    assert is_quiet(stack(), history=history)


def test_without_evidence_the_longest_silence_is_waited_for():
    assert not is_quiet(stack(owed=True, now_ms=LAST_MS + 7_400))
    assert is_quiet(stack(owed=True, all_pollers_seen=False, now_ms=LAST_MS + 7_500))


@pytest.mark.parametrize(
    ("now_ms", "healed", "known"),
    [(LATE_MS, True, True), (LATE_MS, False, False), (NOW_MS, True, False)],
    ids=["in the longest silence", "a fault may keep a part from it", "in a shorter silence"],
)
def test_whoever_polls_is_known_after_the_longest_silence_without_a_fault(now_ms, healed, known):
    on = stack(all_pollers_seen=now_ms == NOW_MS, now_ms=now_ms)
    quiet = QuietDetector(on, History(), ())

    async def story() -> None:
        assert await quiet.is_quiet()
        on.board.all_pollers_seen = False
        assert await quiet.wait(healed=healed)

    asyncio.run(story())
    assert on.board.all_pollers_seen is known


def test_a_short_silence_is_waited_for_in_real_time_whatever_the_scale():
    on = stack(owed=True, now_ms=LAST_MS + 2_900)
    on.system.quiet_ms = 100
    assert not is_quiet(on)


def test_a_group_that_may_miss_a_member_is_waited_for_unless_all_is_read():
    late_ms = LAST_MS + 12_000
    assert is_quiet(stack(groups_may_rebalance=True))
    assert not is_quiet(stack(groups_may_rebalance=True, now_ms=late_ms, groups=Groups(unread=True)))
    assert is_quiet(stack(groups_may_rebalance=True, now_ms=LAST_MS + 13_000, groups=Groups(unread=True)))


def test_what_was_delivered_is_on_a_topic_whatever_its_broker_says_of_the_end():
    groups = Groups()
    assert is_quiet(stack(groups=groups, delivered={EVENTS: 7}))
    assert groups.ends == {EVENTS: 7}


@pytest.mark.parametrize(("session_timeout_ms", "in_time"), [(1_000, True), (0, False)])
def test_groups_are_given_time_to_form_anew_however_short_the_bound(session_timeout_ms, in_time):
    times = iter(range(LAST_MS, LAST_MS + 100_000, 500))
    on = stack(owed=True)
    on.clock.elapsed_ms = lambda: next(times)
    on.system.bound_ms, on.system.session_timeout_ms = 1, session_timeout_ms
    assert asyncio.run(QuietDetector(on, History(), ()).wait(healed=True)) is in_time


def test_no_run_is_silent_while_a_group_forms_anew_but_one_with_evidence_is_quiet():
    regrouped_s = time.monotonic()
    assert not is_quiet(stack(owed=True, now_ms=LATE_MS, regrouped_s=regrouped_s))
    assert is_quiet(stack(regrouped_s=regrouped_s))
    assert is_quiet(stack(owed=True, now_ms=LATE_MS, regrouped_s=regrouped_s - 1.4))


UNREAD = {"groups": Groups(unread=True), "owed": True}


def test_no_silence_counts_while_a_member_waits_for_its_group_however_long():
    assert is_quiet(stack(**UNREAD, now_ms=LATE_MS))
    assert not is_quiet(stack(**UNREAD, now_ms=LATE_MS, awaits_group=True))


def test_a_session_is_as_long_as_the_members_agreed_with_the_broker():
    a_while_ago_s = time.monotonic() - 4.0
    assert is_quiet(stack(**UNREAD, now_ms=LATE_MS, regrouped_s=a_while_ago_s))
    assert not is_quiet(stack(**UNREAD, now_ms=LATE_MS, regrouped_s=a_while_ago_s, session_s=6.0))


def test_a_group_that_is_about_to_form_anew_is_waited_for_where_it_has_not_read_all():
    groups = Groups(unread=True, forms_anew=True)
    assert not is_quiet(stack(owed=True, groups=groups, now_ms=LATE_MS))
    assert is_quiet(stack(owed=True, groups=Groups(forms_anew=True), now_ms=LATE_MS))


def test_only_members_that_were_heard_within_a_session_live():
    now_s = time.monotonic()
    groups = Groups(unread=True)
    heard = {("payment", "alive"): now_s, ("payment", "dead"): now_s - 5, ("other", "third"): now_s}
    assert is_quiet(stack(owed=True, groups=groups, now_ms=LATE_MS, session_s=2.0, heard=heard))
    assert groups.heard == {"alive"}


def test_the_broker_is_asked_last_and_not_at_every_glance():
    groups = Groups(unread=True)
    on = stack(groups=groups)
    quiet = QuietDetector(on, History(), ())

    async def glances() -> None:
        for _ in range(3):
            assert not await quiet.is_quiet()

    asyncio.run(glances())
    assert groups.asked == 1
    assert not is_quiet(stack(groups=groups, owed=True))
    assert groups.asked == 1


class Pressed(CpuPressure):
    """Tells that some process waited for a processor for this part of the time."""

    def __init__(self, share: float) -> None:
        super().__init__(())
        self._share = share

    def so_far(self) -> float:
        return self._share


@pytest.mark.parametrize(("share", "times"), [(0.0, 1), (0.5, 2.5), (1.0, 4)])
def test_the_more_processes_wait_for_a_processor_the_longer_is_a_silence_and_a_pause(share, times):
    def is_quiet_at(ms: float, **signs) -> bool:
        on = stack(now_ms=LAST_MS + round(ms), **signs)
        return asyncio.run(QuietDetector(on, History(), (), Pressed(share)).is_quiet())

    assert not is_quiet_at(7_500 * times - 10, owed=True)
    assert is_quiet_at(7_500 * times + 10, owed=True)
    assert not is_quiet_at(1_500 * times - 10)
    assert is_quiet_at(1_500 * times + 10)


def test_a_busy_machine_gives_the_bound_more_time_too():
    times = iter(range(LAST_MS, LAST_MS + 100_000, 500))
    on = stack(held=1)
    on.clock.elapsed_ms = lambda: next(times)
    on.system.bound_ms, on.system.session_timeout_ms = 10_000, 0
    quiet = QuietDetector(on, History(), (), Pressed(1.0))
    assert quiet.limit_s_max == 4.0
    assert not asyncio.run(quiet.wait(healed=True))
    assert next(times) >= LAST_MS + 40_000


def test_what_was_quiet_once_is_quiet_until_something_happens():
    groups = Groups()
    on = stack(groups=groups)
    quiet = QuietDetector(on, History(), ())

    async def story() -> None:
        assert await quiet.is_quiet()
        assert await quiet.is_quiet()
        on.board.active_ms = NOW_MS
        assert not await quiet.is_quiet()

    asyncio.run(story())
    assert groups.asked == 1


def test_a_message_that_comes_while_the_broker_is_asked_is_noticed():
    on = stack()

    class Busy(Groups):
        async def has_unread(self, subscriptions, ends):
            on.board.active_ms = NOW_MS
            return False

    on.oracles = (broker(Busy()),)
    assert not is_quiet(on)


def test_a_run_that_never_becomes_quiet_ends_with_its_bound():
    times = iter(range(NOW_MS, NOW_MS + 500_000, 5_000))
    on = stack(held=1)
    on.clock.elapsed_ms = lambda: next(times)
    assert not asyncio.run(QuietDetector(on, History(), ()).wait(healed=True))


@pytest.mark.parametrize(
    ("signs", "ops", "slept_s"),
    [
        ({"now_ms": LAST_MS + 300}, (), 0.12),  # until the least pause is over
        ({"now_ms": LAST_MS + 300, "pause_ms": 0}, (), 0.72),  # until the longest silence is
        ({"now_ms": LATE_MS}, ("place",), 0.15),  # the end of an op is the beginning of a silence
        ({"now_ms": LAST_MS + 300, "held": 1}, (), 0.01),  # it goes on unnoticed
        ({"now_ms": NOW_MS, "owed": True}, (), 0.01),  # an answer may come at any time
    ],
)
def test_nobody_looks_before_it_can_be_quiet_at_all(signs, ops, slept_s, monkeypatch):
    slept: list[float] = []
    on = stack(**{"pause_ms": 1_500, **signs})
    now_ms = [on.clock.elapsed_ms()]
    on.clock.elapsed_ms = lambda: now_ms[0]
    on.system.bound_ms = 20_000

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now_ms[0] += round(seconds * 1000 * SCALE)

    monkeypatch.setattr("shaketable.real.run.quiet_detector.asyncio.sleep", sleep)
    asyncio.run(QuietDetector(on, History(), ops).wait(healed=True))
    assert slept[0] == pytest.approx(slept_s)


@pytest.mark.parametrize("late_s", [0.0, 0.02, 0.2])
def test_the_time_by_which_it_wakes_up_too_late_is_no_silence(late_s, monkeypatch):
    on = stack(owed=True, now_ms=LAST_MS + 7_000)
    now_ms, slept = [LAST_MS + 7_000], []
    on.clock.elapsed_ms = lambda: now_ms[0]
    on.system.bound_ms = 90_000

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now_ms[0] += round((seconds + late_s) * 1000 * SCALE)

    quiet = QuietDetector(on, History(), ())
    monkeypatch.setattr("shaketable.real.run.quiet_detector.asyncio.sleep", sleep)
    monkeypatch.setattr("shaketable.real.run.quiet_detector.time.monotonic", lambda: now_ms[0] / 1000 / SCALE)
    assert asyncio.run(quiet.wait(healed=True))
    took_s = (now_ms[0] - LAST_MS) / 1000 / SCALE
    silent_s = took_s - max(0.0, late_s - 0.02) * len(slept)
    assert 0.749 <= silent_s < 0.75 + 0.05


class Admin:
    """A broker's word on what a group has committed, and on its state and its members."""

    def __init__(
        self, committed: int | Exception, state: str = "Stable", members: tuple[str, ...] = ()
    ) -> None:
        self._committed = committed
        self._group = {"state": state, "members": [{"member_id": member} for member in members]}

    async def describe_consumer_groups(self, groups):
        if isinstance(self._committed, Exception):
            raise self._committed
        found = [{"group": group, **self._group} for group in groups]
        return [SimpleNamespace(to_object=lambda: {"groups": found})]

    async def list_consumer_group_offsets(self, group, partitions):
        if isinstance(self._committed, Exception):
            raise self._committed
        return {p: SimpleNamespace(offset=self._committed) for p in partitions}


@pytest.mark.parametrize(
    ("committed", "end", "unread"),
    [(3, 3, False), (2, 3, True), (-1, 3, True), (-1, 0, False), (OSError("gone"), 3, True)],
)
def test_a_group_has_read_all_when_it_committed_the_end_of_each_of_its_topics(committed, end, unread):
    async def story() -> bool:
        log = GroupOffsets.__new__(GroupOffsets)
        log._admin = Admin(committed)
        others = {TopicPartition("other", 0): 9}
        return await log.has_unread({"payment": frozenset({"events"})}, {EVENTS: end, **others})

    assert asyncio.run(story()) is unread


@pytest.mark.parametrize(
    ("admin", "heard", "forms_anew"),
    [
        (Admin(0, members=("m1", "m2")), {"m1", "m2"}, False),
        (Admin(0, members=("m1", "gone")), {"m1"}, True),
        (Admin(0, members=("m1",)), {"m1", "evicted"}, True),
        (Admin(0, "PreparingRebalance", ("m1",)), {"m1"}, True),
        (Admin(0, "PreparingRebalance", ("gone",)), set(), False),
        (Admin(OSError("gone")), {"m1"}, True),
    ],
    ids=[
        "all live",
        "one is not yet given up",
        "one does not know that it was",
        "in the middle",
        "none is left",
        "no answer",
    ],
)
def test_a_group_forms_anew_when_the_broker_counts_other_members_than_those_that_live(
    admin, heard, forms_anew
):
    log = GroupOffsets.__new__(GroupOffsets)
    log._admin = admin
    assert asyncio.run(log.forms_anew("payment", heard)) is forms_anew
