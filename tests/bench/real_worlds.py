"""The real worlds, where they can be had: how soon they are up, runs a second, what tap and Toxiproxy cost, memory."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.errors import HarnessError
from shaketable.world_choice import check_world, sets_of
from tests.bench.figure import Figure, Skipped
from tests.bench.real_runs import reached
from tests.bench.real_search import searched
from tests.bench.untapped import compared

WANTED = {"processes": 5.0, "containers": 3.0}
SECONDS = 15.0
SEARCH_SECONDS = 25.0
UP_SECONDS_WANTED = 15
SHARE_WANTED = 1.3
CONTAINERS_MB_WANTED = 3 * 1024


def figures() -> Iterator[Figure | Skipped]:
    for world in WANTED:
        try:
            check_world(world)
        except HarnessError as lacking:
            yield Skipped(f"world {world}", str(lacking))
            continue
        yield from _rates(world)
        yield from _costs(world)


def _rates(world: str) -> Iterator[Figure]:
    alone = reached(world, processes=1, seconds=SECONDS, crashes=False)
    yield Figure(f"{world}: up, with its first run, in seconds", alone.up_s, at_most=UP_SECONDS_WANTED)
    name = "runs/s of five orders, two faults"
    yield Figure(f"{world}: {name}, one set of servers", alone.runs_per_second, _void(alone.void, alone.runs))
    crashing = reached(world, processes=1, seconds=SECONDS, crashes=True)
    note = _void(crashing.void, crashing.runs)
    yield Figure(f"{world}: the same, power cuts among the faults", crashing.runs_per_second, note)
    many = sets_of(world)
    together = reached(world, processes=many, seconds=SECONDS, crashes=False)
    note = _void(together.void, together.runs)
    yield Figure(f"{world}: {name}, {many} sets", together.runs_per_second, note, at_least=WANTED[world])
    for sets in (1, many):
        made = searched(world, sets=sets, seconds=SEARCH_SECONDS)
        of = "one set" if sets == 1 else f"{sets} sets"
        note = f"({made.runs} runs, {made.void} no evidence, {made.scale:g} times as fast)"
        yield Figure(f"{world}: runs/s of certify, as it generates them, {of}", made.runs_per_second, note)


def _costs(world: str) -> Iterator[Figure]:
    both = compared(world)
    yield Figure(
        f"{world}: five orders through tap and Toxiproxy against without",
        both.tapped_s / both.straight_s,
        f"({both.tapped_s * 1000:,.0f} ms, {both.straight_s * 1000:,.0f} ms)",
        at_most=SHARE_WANTED,
    )
    if both.megabytes:
        yield Figure(f"{world}: everything up, in MB", both.megabytes, at_most=CONTAINERS_MB_WANTED)


def _void(void: int, runs: int) -> str:
    return f"({runs} runs, {void} no evidence)"
