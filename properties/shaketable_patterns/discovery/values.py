"""The ops of a registry's run, and the schedules that cross its boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shaketable.fault import Crash, Latency, Partition
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_targets.discovery.settings import DESKS, MEMBERS, REGISTRIES


def who(desk: str) -> Do:
    """Return a question to a desk."""
    return Do("who", {"at": desk})


def look(*, directly: bool = True) -> list[Step]:
    """Return the same question to every desk, and to the registries themselves."""
    asked: list[Step] = [who(desk) for desk in DESKS]
    return [*asked, *(Do("apps", {"at": one}) for one in REGISTRIES)] if directly else asked


def watch(for_ms: int, every_ms: int) -> Iterator[Step]:
    """Yield questions to the desks, again and again for a while."""
    for _ in range(max(1, for_ms // every_ms)):
        yield Wait(every_ms)
        yield from look(directly=False)


def cut_off(one: str, others: Sequence[str], for_ms: int) -> list[Step]:
    """Return the partitions by which one service reaches none of the others."""
    return [Inject(Partition(sender=one, receiver=other, for_ms=for_ms)) for other in others]


def slow(one: str, others: Sequence[str], delay_ms: int, for_ms: int) -> list[Step]:
    """Return the latencies by which what one service sends others comes late."""
    return [Inject(Latency(sender=one, receiver=other, delay_ms=delay_ms, for_ms=for_ms)) for other in others]


def settled_ms(bounds: Bounds) -> int:
    """Return how long after a start every instance is listed everywhere."""
    return bounds.warm_up_ms + bounds.back_ms(is_direct=False)


def workload(subject: Subject) -> Schedule:
    """Return a start, an instance that takes leave and comes back, and questions to all."""
    bounds = Bounds(subject.profile)
    shown_ms = bounds.shown_ms(is_direct=False) + 500
    steps: list[Step] = [Wait(settled_ms(bounds)), *look()]
    for op in ("leave", "join"):
        steps += [Do(op, {"at": MEMBERS[0]}), Wait(shown_ms), *look()]
    return Schedule(subject.name, (*steps, Wait(500)))


def troubled(subject: Subject) -> Schedule:
    """Return an instance that restarts elsewhere, and a registry that is lost meanwhile."""
    bounds = Bounds(subject.profile)
    back_ms = bounds.back_ms(is_direct=False)
    steps: list[Step] = [
        Wait(settled_ms(bounds)),
        Inject(Crash(service=REGISTRIES[0], down_ms=bounds.heartbeat_ms)),
        Inject(Crash(service=MEMBERS[1], down_ms=1_000)),
        Wait(bounds.warm_up_ms + back_ms),
        *look(),
        Wait(500),
    ]
    return Schedule(subject.name, tuple(steps))
