"""Clauses on a run as a whole: names, polls, clocks, usage, and that nothing of one run reaches the next."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT, PAY
from shaketable.conformance.moments import RETURNED
from shaketable.conformance.world_under_test import LONG_MS, Broken, Stage, Story, buy
from shaketable.fault import ClockStep, Crash, Drop, Fault, Hold, Latency, Partition, Pause, Restart
from shaketable.schedule import Do, Wait

CATALOGUE = (
    "client>shop POST /buy #1",
    "shop>bank POST /pay #1",
    "shop>postgres INSERT sales #1",
    "shop>postgres COMMIT sales #1",
    "shop>kafka PRODUCE sales/s1 #1",
    "reader>kafka FETCH sales/s1 #1",
    "reader>postgres INSERT seen #1",
    "reader>postgres COMMIT seen #1",
    "reader>kafka OFFSET_COMMIT sales #1",
    "client>shop POST /note #1",
    "shop>redis SET note-s1 #1",
    "client>shop POST /noted #1",
    "shop>redis GET note-s1 #1",
    "client>shop POST /noted #2",
    "shop>redis GET note-s1 #2",
    "client>shop POST /count #1",
)
"""The boundaries of the fault-free run below, as every world names them."""
NOTE, NOTED = Do("note", {"sale": "s1"}), Do("noted", {"sale": "s1"})
TIMES = (Do("time", {"of": "shop"}), Do("time", {"of": "reader"}))


def boundaries_are_named_alike_in_every_world(stage: Stage) -> None:
    """The same set, and for each sender the same order: an address survives a change of world."""
    ops = (buy(), NOTE, NOTED, NOTED, Do("count", {}))
    story = stage.play(*(step for op in ops for step in (op, RETURNED)))
    story.equal("boundaries", sorted(story.boundaries), sorted(CATALOGUE))
    for sender in ("client", "shop", "reader"):
        for_it = [name for name in CATALOGUE if name.startswith(f"{sender}>")]
        story.equal(f"order of {sender}", [n for n in story.boundaries if n.startswith(f"{sender}>")], for_it)


def polls_are_not_counted_and_suffer_latency_all_the_same(stage: Stage) -> None:
    """`count` selects with a declared poll, `weigh` is one itself."""
    delay_ms = 500
    slow = Latency(sender="client", receiver="shop", delay_ms=delay_ms, for_ms=LONG_MS)
    story = stage.play(Do("count", {}), RETURNED, slow, Do("weigh", {"kb": 1}), RETURNED)
    story.equal("boundaries", list(story.boundaries), ["client>shop POST /count #1"])
    story.landed("latency")
    story.outcome("ok", {"bytes": 1_024}, n=1)
    story.at_least("the answer of a poll", story.took_ms(1), 2 * delay_ms)


def a_calm_run_leaves_no_receipt(stage: Stage) -> None:
    story = stage.play(buy("s1"), RETURNED, buy("s2"))
    story.never_landed()
    story.equal("worth", story.worth, "")
    for n in (0, 1):
        story.outcome("ok", {"sold": f"s{n + 1}"}, n=n)
    wanted = ["s1", "s2"]
    story.equal("effects", (story.paid, story.sold, story.seen), (wanted, wanted, wanted))
    story.equal("records", story.appended, [("s1", 0), ("s2", 1)])
    groups = {e.value["group"] for kind in ("deliver", "offsets") for e in story.events("effect", kind)}
    story.equal("the reader's group", groups, {"readers"})
    story.equal(
        "faults, crashes and heals", [story.events(k) for k in ("fault", "crash", "heal")], [[], [], []]
    )


def a_run_without_its_fault_is_worth_nothing(stage: Stage) -> None:
    story = stage.play(Drop(at="shop>bank POST /pay #9", leg="request"), buy())
    story.never_landed()
    story.equal("worth", story.worth, "no fault landed")


def a_clock_step_moves_one_wall_clock_and_no_other(stage: Stage) -> None:
    """Nor any monotonic clock; and it does not outlive its run."""
    story = stage.play(*TIMES, RETURNED, ClockStep(service="shop", delta_ms=-50_000), *TIMES)
    story.landed("clock_step")
    _stepped(story, stage, "shop", 0, 2, -50_000)
    _stepped(story, stage, "reader", 1, 3, 0)
    again = stage.play(*TIMES)
    shop, reader = (_wall_ahead_ms(again, n) for n in (0, 1))
    again.equal("the clocks of the next run agree", abs(shop - reader) <= stage.claims.late_ms + 100, True)


def a_fault_that_names_nobody_is_a_usage_error(stage: Stage) -> None:
    nobody: tuple[Fault, ...] = (
        Crash(service="nobody"),
        Partition(sender="shop", receiver="nobody", for_ms=100),
        Drop(at="nobody>bank POST /pay #1", leg="request"),
        Pause(service="postgres", for_ms=100),
        Restart(service="bank"),
        ClockStep(service="kafka", delta_ms=5),
    )
    taken = stage.taken(*nobody)
    if taken:
        raise Broken(f"{taken[0]!r} names nobody and was taken")


def nothing_of_a_closed_run_reaches_the_next(stage: Stage) -> None:
    """Closed in the middle, with everything in force: the next run is calm and its parties are up."""
    stage.leave(
        Hold(at=PAY, leg="request", for_ms=3_000),
        Drop(at=COMMIT, leg="reply"),
        buy("s1"),
        Wait(500),
        Partition(sender="shop", receiver="bank", for_ms=60_000),
        Latency(sender="shop", receiver="kafka", delay_ms=1_000, for_ms=60_000),
        Pause(service="reader", for_ms=60_000),
        Crash(service="postgres", down_ms=60_000),
        ClockStep(service="shop", delta_ms=90_000),
    )
    story = stage.play(buy("s1"), Wait(3_000))
    story.never_landed()
    story.outcome("ok", {"sold": "s1"})
    story.equal("effects", (story.paid, story.sold, story.seen), (["s1"], ["s1"], ["s1"]))


def _stepped(story: Story, stage: Stage, service: str, before: int, after: int, wanted_ms: int) -> None:
    moved_ms = _wall_ahead_ms(story, after) - _wall_ahead_ms(story, before)
    if abs(moved_ms - wanted_ms) > stage.claims.late_ms + 100:
        raise Broken(f"the wall clock of {service} moved by {moved_ms} ms, not by {wanted_ms}")


def _wall_ahead_ms(story: Story, n: int) -> int:
    """How far the wall clock is ahead of the monotonic one, in the answer of op n."""
    result = story.op(n).result
    return int(result["wall_ms"]) - int(result["monotonic_ms"])
