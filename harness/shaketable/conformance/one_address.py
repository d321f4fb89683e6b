"""Clauses on the replicas of a service behind one address: which of them a request goes to, and what one's trouble means."""

from __future__ import annotations

from shaketable.conformance.moments import RETURNED, Until, back
from shaketable.conformance.played_run import LONG_MS, PlayedRun
from shaketable.conformance.replicas import BUY, DOWN_MS, FIRST, SECOND
from shaketable.conformance.shop import TILL
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import Crash, CrashReceiver, Drop, Hold, Partition, Pause
from shaketable.schedule import Do


def _sale(n: int) -> Do:
    return buy(f"s{n}", TILL)


def _one_by_one(*numbers: int) -> tuple[Do | Until, ...]:
    return tuple(step for n in numbers for step in (_sale(n), RETURNED))


def _sellers(run: PlayedRun) -> list[str]:
    return [event.process for event in run.commits("shop")]


def requests_to_a_role_go_to_each_replica_in_turn(world: WorldUnderTest) -> None:
    """Check that their boundaries are counted together, as those of one service."""
    run = world.play(*_one_by_one(1, 2, 3, 4))
    sellers = _sellers(run)
    run.equal("replicas that sold", sorted(sellers[:2]), [FIRST, SECOND])
    run.equal("their turns", sellers, sellers[:2] * 2)
    counted = [name for name in run.boundaries if name.startswith(BUY)]
    run.equal("boundaries", counted, [f"{BUY} #{n}" for n in (1, 2, 3, 4)])


def two_replicas_work_at_once(world: WorldUnderTest) -> None:
    """Check a request that is held on its way into the database: the next one does not wait for it."""
    held = Hold(at=f"{TILL}>postgres COMMIT sales #1", leg="request", for_ms=DOWN_MS)
    run = world.play(held, _sale(1), _sale(2), RETURNED)
    run.landed("hold")
    run.equal("replicas that sold", sorted(_sellers(run)), [FIRST, SECOND])
    took_ms = sorted(run.took_ms(n) for n in (0, 1))
    run.due("the answer that was not held", took_ms[0], 0, path_ms=DOWN_MS // 2)
    run.at_least("the answer that was held", took_ms[1], DOWN_MS)


def a_replica_that_is_down_is_passed_over(world: WorldUnderTest) -> None:
    for down, up in ((FIRST, SECOND), (SECOND, FIRST)):
        run = world.play(Crash(service=down, down_ms=LONG_MS), *_one_by_one(1, 2, 3))
        run.landed("crash")
        run.equal("the replica that sold", _sellers(run), [up] * 3)


def a_role_refuses_while_every_replica_is_down(world: WorldUnderTest) -> None:
    run = world.play(
        Crash(service=TILL, down_ms=DOWN_MS), _sale(1), RETURNED, back(2), *_one_by_one(2, 3), RETURNED
    )
    run.outcome("fail", "Refused", n=0)
    run.equal("replicas that sold", sorted(_sellers(run)), [FIRST, SECOND])


def a_replica_that_stands_still_or_is_cut_off_gets_its_share(world: WorldUnderTest) -> None:
    run = world.play(Pause(service=FIRST, for_ms=DOWN_MS), _sale(1), _sale(2), RETURNED)
    run.landed("pause")
    run.equal("replicas that sold", sorted(_sellers(run)), [FIRST, SECOND])
    run.at_least("the answer of the one that stood still", max(run.took_ms(n) for n in (0, 1)), DOWN_MS)
    cut_off = Partition(sender="client", receiver=FIRST, for_ms=3_000)
    run = world.play(cut_off, _sale(1), _sale(2), RETURNED)
    run.landed("partition")
    run.equal("the replica that sold", _sellers(run), [SECOND])
    run.equal("outcomes", sorted(run.op(n).outcome for n in (0, 1)), ["info", "ok"])


def a_message_to_a_role_hits_the_replica_that_gets_it(world: WorldUnderTest) -> None:
    """Check that a crash at it is of that replica, and that the receipt of a lost one says which it was."""
    crash = CrashReceiver(at=f"{BUY} #2", leg="request", down_ms=DOWN_MS)
    run = world.play(crash, *_one_by_one(1, 2), back())
    run.equal("the replica that lost power", [run.landed("crash_receiver").process], _others(run))
    run = world.play(Drop(at=f"{BUY} #2", leg="request"), *_one_by_one(1, 2))
    run.equal("the replica, says the receipt", [run.landed("drop").value.get("replica")], _others(run))


def _others(run: PlayedRun) -> list[str]:
    """Return the replicas that did not sell."""
    return [replica for replica in (FIRST, SECOND) if replica not in _sellers(run)]
