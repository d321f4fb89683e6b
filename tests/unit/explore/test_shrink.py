"""Shrinking against predicates that are known exactly."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from statistics import median

import pytest

from shaketable.explore.shrink.shrinker import Limits, shrink
from shaketable.fault import CrashSender, Cut, Drop, Hold
from shaketable.schedule import Do, Heal, Inject, Schedule, Step, Wait

Predicate = Callable[[Schedule], bool]


def add(amount: int) -> Do:
    return Do("add", {"amount": amount})


def schedule(*steps: Step) -> Schedule:
    return Schedule("toy", steps)


def noise(random: Random, length: int) -> list[Step]:
    kinds: list[Callable[[], Step]] = [
        lambda: add(random.randint(1, 50)),
        lambda: Wait(random.choice([10, 300, 2_000])),
        lambda: Inject(Drop(at=f"a>b COMMIT t #{random.randint(1, 9)}", leg="reply")),
        Heal,
    ]
    return [random.choice(kinds)() for _ in range(length)]


def in_order(*wanted: Callable[[Step], bool]) -> Predicate:
    """Return a predicate: the wanted steps occur in this order, with anything between them."""

    def shows(candidate: Schedule) -> bool:
        left = list(wanted)
        for step in candidate.steps:
            if left and left[0](step):
                left.pop(0)
        return not left

    return shows


def test_only_the_steps_that_matter_stay() -> None:
    shows = in_order(
        lambda s: s == Do("arm"), lambda s: isinstance(s, Wait) and s.ms >= 500, lambda s: s == add(3)
    )
    given = schedule(add(1), Do("arm"), add(2), Wait(2_000), Heal(), Wait(5), add(3), add(4))
    shrunk = shrink(given, shows)
    assert shrunk.schedule.steps == (Do("arm"), Wait(1_000), add(3))
    assert shrunk.minimal


def test_the_result_is_one_minimal_for_any_monotone_predicate() -> None:
    random = Random(7)
    for _ in range(40):
        steps = noise(random, 20)
        needed = sorted(random.sample(range(20), random.randint(1, 6)))
        kept = [steps[i] for i in needed]
        shows = in_order(*(_same_kind(step) for step in kept))
        shrunk = shrink(schedule(*steps), shows)
        assert shrunk.minimal
        assert shows(shrunk.schedule)
        for index in range(len(shrunk.schedule.steps)):
            left = shrunk.schedule.steps[:index] + shrunk.schedule.steps[index + 1 :]
            assert not shows(schedule(*left))


def _same_kind(step: Step) -> Callable[[Step], bool]:
    return lambda other: type(other) is type(step)


def test_the_median_of_executions_stays_near_fifty() -> None:
    random = Random(11)
    executions = []
    for _ in range(60):
        steps = noise(random, 20)
        needed = sorted(random.sample(range(20), random.randint(2, 6)))
        shows = in_order(*(_same_kind(steps[i]) for i in needed))
        executions.append(shrink(schedule(*steps), shows).executions)
    assert median(executions) <= 55


def test_the_executions_reported_are_those_made() -> None:
    made = 0

    def shows(candidate: Schedule) -> bool:
        nonlocal made
        made += 1
        return add(9) in candidate.steps

    shrunk = shrink(schedule(*noise(Random(3), 20), add(9)), shows)
    assert shrunk.executions == made
    assert shrunk.schedule.steps == (add(9),)


def test_the_same_schedule_shrinks_the_same_way() -> None:
    def tried() -> list[Schedule]:
        log: list[Schedule] = []

        def shows(candidate: Schedule) -> bool:
            log.append(candidate)
            return sum(isinstance(s, Wait) for s in candidate.steps) >= 2

        shrink(schedule(*noise(Random(5), 20)), shows)
        return log

    assert tried() == tried()


def test_waits_in_a_row_become_one() -> None:
    shrunk = shrink(
        schedule(Wait(300), Wait(300)), lambda s: sum(w.ms for w in s.steps if isinstance(w, Wait)) >= 550
    )
    assert len(shrunk.schedule.steps) == 1


def test_waits_become_one_when_the_step_between_them_goes_later() -> None:
    def shows(candidate: Schedule) -> bool:
        waits = [step.ms for step in candidate.steps if isinstance(step, Wait)]
        return sum(waits) >= 1_200 and (len(waits) < len(candidate.steps) or waits[0] % 50 == 0)

    shrunk = shrink(schedule(Wait(2_307), add(3), Wait(300)), shows)
    assert [type(step) for step in shrunk.schedule.steps] == [Wait]


def test_an_amount_shrinks_to_the_smallest_that_shows() -> None:
    shrunk = shrink(
        schedule(add(48)), lambda s: any(isinstance(d, Do) and d.value["amount"] >= 7 for d in s.steps)
    )
    assert shrunk.schedule.steps == (add(7),)


def test_a_negative_number_keeps_its_sign() -> None:
    shrunk = shrink(
        schedule(add(-40)), lambda s: any(isinstance(d, Do) and d.value["amount"] < 0 for d in s.steps)
    )
    assert shrunk.schedule.steps == (add(-1),)


def test_ids_that_belong_together_are_renumbered_together() -> None:
    given = schedule(
        Do("start", {"call": 8}), Do("start", {"call": 3}), Do("finish", {"call": 8, "with": "ok"})
    )

    def shows(candidate: Schedule) -> bool:
        started = [s.value["call"] for s in candidate.steps if isinstance(s, Do) and s.f == "start"]
        ended = [s.value["call"] for s in candidate.steps if isinstance(s, Do) and s.f == "finish"]
        return len(set(started)) == 2 and len(ended) == 1 and ended[0] == started[0]

    assert shrink(given, shows).schedule.steps == (
        Do("start", {"call": 1}),
        Do("start", {"call": 2}),
        Do("finish", {"call": 1, "with": "ok"}),
    )


def test_a_word_with_a_number_is_renamed_where_it_is_part_of_an_address_too() -> None:
    given = schedule(
        Inject(Drop(at="payment>kafka PRODUCE events/o5 #1", leg="reply")),
        Do("place", {"order": "o5", "key": "k5", "item": "pear"}),
    )

    def shows(candidate: Schedule) -> bool:
        faults = [s.fault for s in candidate.steps if isinstance(s, Inject)]
        orders = [s.value["order"] for s in candidate.steps if isinstance(s, Do)]
        return any(f.at.endswith(f"events/{o} #1") for f in faults for o in orders)  # type: ignore[union-attr]

    assert shrink(given, shows).schedule.steps == (
        Inject(Drop(at="payment>kafka PRODUCE events/o1 #1", leg="reply")),
        Do("place", {"order": "o1", "key": "k1", "item": "pear"}),
    )


def test_the_steps_of_one_id_go_together() -> None:
    """Each call must be both started and finished, or the run is refused: no single step can go."""
    steps = [Do(f, {"call": k}) for k in (1, 2, 3) for f in ("start", "finish")]

    def shows(candidate: Schedule) -> bool:
        calls = [(s.f, s.value["call"]) for s in candidate.steps if isinstance(s, Do)]
        started = {k for f, k in calls if f == "start"}
        return len(started) >= 1 and started == {k for f, k in calls if f == "finish"}

    assert len(shrink(schedule(*steps), shows).schedule.steps) == 2


def test_a_plainer_fault_at_an_earlier_message_is_preferred() -> None:
    given = schedule(Inject(CrashSender(at="a>b COMMIT t #5", leg="reply", down_ms=5_000)))
    shrunk = shrink(given, lambda s: any(isinstance(i, Inject) for i in s.steps))
    assert shrunk.schedule.steps == (Inject(Drop(at="a>b COMMIT t #1", leg="reply")),)


def test_a_fault_that_is_needed_stays_what_it_is() -> None:
    given = schedule(Inject(Hold(at="a>b PRODUCE t #1", leg="reply", for_ms=3_000)))
    shrunk = shrink(
        given, lambda s: any(isinstance(i, Inject) and isinstance(i.fault, Hold) for i in s.steps)
    )
    assert shrunk.schedule.steps == (Inject(Hold(at="a>b PRODUCE t #1", leg="reply", for_ms=1)),)


def test_a_crash_is_not_made_shorter_than_usual() -> None:
    given = schedule(Inject(CrashSender(at="a>b COMMIT t #1", leg="reply", down_ms=100)))
    shrunk = shrink(
        given, lambda s: any(isinstance(i, Inject) and isinstance(i.fault, CrashSender) for i in s.steps)
    )
    assert shrunk.schedule.steps == (Inject(CrashSender(at="a>b COMMIT t #1", leg="reply", down_ms=1_000)),)


def test_a_schedule_that_shows_nothing_is_given_back() -> None:
    given = schedule(add(1), add(2))
    shrunk = shrink(given, lambda s: False)
    assert (shrunk.schedule, shrunk.executions, shrunk.shown) == (given, 1, False)
    assert shrunk.reason == "it did not show again"


@pytest.mark.parametrize("allowed", [1, 3, 10])
def test_the_best_so_far_is_kept_when_the_executions_run_out(allowed: int) -> None:
    given = schedule(*noise(Random(3), 20), add(9))
    shrunk = shrink(given, lambda s: add(9) in s.steps, Limits(executions_max=allowed))
    assert shrunk.executions == allowed
    assert not shrunk.minimal
    assert add(9) in shrunk.schedule.steps
    assert "executions" in shrunk.reason


def test_stop_ends_it_with_the_best_so_far() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    given = schedule(add(9), *noise(Random(3), 20))
    shrunk = shrink(given, lambda s: add(9) in s.steps, Limits(stop=stop))
    assert shrunk.executions == 8
    assert not shrunk.minimal
    assert len(shrunk.schedule.steps) < 21


def test_what_shows_only_sometimes_is_kept_and_said() -> None:
    shown = 0

    def flaky(candidate: Schedule) -> bool:
        """Show always with three steps or more, and only once with fewer."""
        nonlocal shown
        if len(candidate.steps) >= 3:
            return True
        shown += 1
        return shown == 1

    shrunk = shrink(schedule(add(1), add(2), add(3), add(4)), flaky)
    assert not shrunk.minimal
    assert shrunk.reason == "shorter ones show it only sometimes"
    assert len(shrunk.schedule.steps) >= 3


def test_a_cut_is_plainer_than_a_hold_but_not_than_a_drop() -> None:
    given = schedule(Inject(Hold(at="a>b COMMIT t #1", leg="reply", for_ms=3_000)))

    def shows(candidate: Schedule) -> bool:
        return any(isinstance(i, Inject) and not isinstance(i.fault, Drop) for i in candidate.steps)

    assert shrink(given, shows).schedule.steps == (Inject(Cut(at="a>b COMMIT t #1", leg="reply")),)
