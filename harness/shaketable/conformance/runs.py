"""Clauses on a run as a whole: names, polls, clocks, usage, and that nothing of one run reaches the next."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT, PAY
from shaketable.conformance.moments import RETURNED
from shaketable.conformance.played_run import LONG_MS, ClauseBroken, PlayedRun
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import ClockStep, Crash, Drop, Fault, Hold, Latency, Partition, Pause, Restart
from shaketable.schedule import Do, Wait

BOUNDARIES = (
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


def boundaries_are_named_alike_in_every_world(world: WorldUnderTest) -> None:
    """Check the same set, and for each sender the same order: an address survives a change of world."""
    ops = (buy(), NOTE, NOTED, NOTED, Do("count", {}))
    run = world.play(*(step for op in ops for step in (op, RETURNED)))
    run.equal("boundaries", sorted(run.boundaries), sorted(BOUNDARIES))
    for sender in ("client", "shop", "reader"):
        for_it = [name for name in BOUNDARIES if name.startswith(f"{sender}>")]
        run.equal(f"order of {sender}", [n for n in run.boundaries if n.startswith(f"{sender}>")], for_it)


def polls_are_not_counted_and_suffer_latency_all_the_same(world: WorldUnderTest) -> None:
    """Check `count`, which selects with a declared poll, and `weigh`, which is one itself."""
    delay_ms = 500
    slow = Latency(sender="client", receiver="shop", delay_ms=delay_ms, for_ms=LONG_MS)
    run = world.play(Do("count", {}), RETURNED, slow, Do("weigh", {"kb": 1}), RETURNED)
    run.equal("boundaries", list(run.boundaries), ["client>shop POST /count #1"])
    run.landed("latency")
    run.outcome("ok", {"bytes": 1_024}, n=1)
    run.at_least("the answer of a poll", run.took_ms(1), 2 * delay_ms)


def a_calm_run_leaves_no_receipt(world: WorldUnderTest) -> None:
    run = world.play(buy("s1"), RETURNED, buy("s2"))
    run.never_landed()
    run.equal("void", run.void, "")
    for n in (0, 1):
        run.outcome("ok", {"sold": f"s{n + 1}"}, n=n)
    wanted = ["s1", "s2"]
    run.equal("effects", (run.paid, run.sold, run.seen), (wanted, wanted, wanted))
    run.equal("records", run.appended, [("s1", 0), ("s2", 1)])
    groups = {e.value["group"] for kind in ("deliver", "offsets") for e in run.events("effect", kind)}
    run.equal("the reader's group", groups, {"readers"})
    run.equal("faults, crashes and heals", [run.events(k) for k in ("fault", "crash", "heal")], [[], [], []])


def a_run_without_its_fault_is_worth_nothing(world: WorldUnderTest) -> None:
    run = world.play(Drop(at="shop>bank POST /pay #9", leg="request"), buy())
    run.never_landed()
    run.equal("void", run.void, "no fault landed")


def a_clock_step_moves_one_wall_clock_and_no_other(world: WorldUnderTest) -> None:
    """Check that it moves no monotonic clock either, and does not outlive its run."""
    run = world.play(*TIMES, RETURNED, ClockStep(service="shop", delta_ms=-50_000), *TIMES)
    run.landed("clock_step")
    _stepped(run, world, "shop", 0, 2, -50_000)
    _stepped(run, world, "reader", 1, 3, 0)
    again = world.play(*TIMES)
    shop, reader = (_wall_ahead_ms(again, n) for n in (0, 1))
    again.equal("the clocks of the next run agree", abs(shop - reader) <= world.claims.late_ms + 100, True)


def a_fault_that_names_an_unknown_party_is_a_usage_error(world: WorldUnderTest) -> None:
    faults: tuple[Fault, ...] = (
        Crash(service="unknown"),
        Partition(sender="shop", receiver="unknown", for_ms=100),
        Drop(at="unknown>bank POST /pay #1", leg="request"),
        Pause(service="postgres", for_ms=100),
        Restart(service="bank"),
        ClockStep(service="kafka", delta_ms=5),
    )
    taken = world.taken(*faults)
    if taken:
        raise ClauseBroken(f"{taken[0]!r} names an unknown or unfit party and was taken")


def nothing_of_a_closed_run_reaches_the_next(world: WorldUnderTest) -> None:
    """Check a run closed in the middle, with everything in force: the next is calm and its parties are up."""
    world.leave(
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
    run = world.play(buy("s1"), Wait(3_000))
    run.never_landed()
    run.outcome("ok", {"sold": "s1"})
    run.equal("effects", (run.paid, run.sold, run.seen), (["s1"], ["s1"], ["s1"]))


def _stepped(
    run: PlayedRun, world: WorldUnderTest, service: str, before: int, after: int, wanted_ms: int
) -> None:
    moved_ms = _wall_ahead_ms(run, after) - _wall_ahead_ms(run, before)
    if abs(moved_ms - wanted_ms) > world.claims.late_ms + 100:
        raise ClauseBroken(f"the wall clock of {service} moved by {moved_ms} ms, not by {wanted_ms}")


def _wall_ahead_ms(run: PlayedRun, n: int) -> int:
    """Return how far the wall clock is ahead of the monotonic one, in the answer of op n."""
    result = run.op(n).result
    return int(result["wall_ms"]) - int(result["monotonic_ms"])
