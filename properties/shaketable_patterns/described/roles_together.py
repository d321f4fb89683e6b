"""What roles that stand for several of a kind have to agree on: participants of one transaction, copies of the same data."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shaketable.mapping.mapping import Mapping
from shaketable_patterns.eventual_consistency.roles import Reading, Replica, Writing
from shaketable_patterns.two_phase_commit.roles import Branch, Decision


def disagreements(mapping: Mapping, processes: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with roles that are right each by itself; `processes` are those that a description starts."""
    yield from _of_branches(mapping.of(Branch), mapping.of(Decision))
    of_replicas = mapping.of(Replica), mapping.of(Reading), mapping.of(Writing)
    is_partitioned = mapping.settings.get("under_partition") in ("refuse", "answer")
    yield from _of_replicas(*of_replicas, processes, is_partitioned=is_partitioned)


def _of_branches(branches: Collection[Branch], decisions: Collection[Decision]) -> Iterator[str]:
    yield from _twice("branches", [one.name for one in branches])
    if (branches or decisions) and len(branches) < 2:
        yield f"a two-phase commit has two branches or more: declare them, beside the {len(branches)} that there are"


def _of_replicas(
    replicas: Collection[Replica],
    readings: Collection[Reading],
    writings: Collection[Writing],
    processes: Collection[str],
    *,
    is_partitioned: bool,
) -> Iterator[str]:
    yield from _twice("replicas", [one.name for one in replicas])
    if (replicas or readings or writings) and len(replicas) < 2:
        yield f"the same data has two replicas or more: declare them, beside the {len(replicas)} that there are"
    for one in replicas:
        if is_partitioned and one.name not in processes:
            yield (
                f"replica {one.name!r} is named like no process, so that it is never seen cut off (under_partition); "
                f"there are {', '.join(processes)}"
            )
    if any(one.own_writes for one in readings) and not any(one.reader for one in writings):
        yield "a reading has own_writes, and no writing says whose its writes are: declare reader of the writing, too"


def _twice(kind: str, names: list[str]) -> Iterator[str]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        yield f"two {kind} are called {twice!r}; give each a name of its own"
