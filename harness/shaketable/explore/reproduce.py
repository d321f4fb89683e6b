"""Reproduction: runs that a certificate records are made again from its seed, and compared with what it records.

In a simulated world a seed always draws the same schedules, and a schedule always gives the same history. So a batch that
is made again shows the same counts, judgements and histories, byte for byte, or it was not made as the certificate says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from shaketable.boundary import Boundary
from shaketable.certificate import Batch, SubjectResult
from shaketable.explore.budget import Budget, Meter, never_stop
from shaketable.explore.generate.machine import machine_for
from shaketable.explore.judge.batch_record import as_one
from shaketable.explore.run_source import survey
from shaketable.explore.search import BATCH_RUNS, Search, make_batch
from shaketable.subject import Subject
from shaketable.world import World


def differences(
    subject: Subject,
    world: World,
    result: SubjectResult,
    chosen: Collection[int],
    *,
    stop: Callable[[], bool] = never_stop,
) -> Iterator[tuple[str, str]]:
    """Make the `chosen` batches of `result` again; yield each thing that was compared, and in what it differs, or "".

    Compared first are calibration and boundaries; they take a few runs only. `stop` is asked before each run, as a search does;
    once it says so a batch stays short. Raises HarnessError as a search does.
    """
    known = survey(subject, world)
    yield "calibration", "" if known.calibration == result.calibration else f"it finds {known.calibration}"
    if (known.calibration or result.calibration) and not result.batches:
        return
    found = tuple(str(boundary) for boundary in known.boundaries)
    yield "boundaries", "" if found == result.boundaries else f"a run crosses {len(found)} others"
    number = 0
    for n, batch in enumerate(result.batches):
        if n in chosen:
            again = _again(subject, world, result.seed, number, batch, known.boundaries, stop)
            yield (
                f"batch {n + 1} of {len(result.batches)}, {batch.counts.runs} runs",
                _difference(batch, again),
            )
        number += batch.generated


def _again(
    subject: Subject,
    world: World,
    seed: int,
    number: int,
    batch: Batch,
    boundaries: tuple[Boundary, ...],
    stop: Callable[[], bool],
) -> Batch | None:
    """Make the batches again of which `batch` consists, from `number` on; None if they hold no run."""
    made: list[Batch] = []
    left = batch.counts.runs
    for n in range(batch.generated):
        if left <= 0:
            break
        last = n == batch.generated - 1
        search = _search(subject, left, stop)
        machine = machine_for(subject, world, search, boundaries=boundaries)
        make_batch(machine, seed, number + n, batch.examples_max if last else BATCH_RUNS, steps=_STEPS)
        made += search.batches
        left -= search.runs
    return as_one(made) if made else None


_STEPS = Budget(runs=1).steps


def _search(subject: Subject, runs: int, stop: Callable[[], bool]) -> Search:
    meter = Meter(Budget(runs=runs), lambda: 0.0, stop, 0.0)
    return Search(subject, meter, enough=lambda _: False, recorded=True)


def _difference(recorded: Batch, made: Batch | None) -> str:
    """Return the first thing in which they differ, in words; "" if they are the same."""
    if made is None:
        return "no run can be made"
    for name in recorded.counts.__struct_fields__:
        said, found = getattr(recorded.counts, name), getattr(made.counts, name)
        if said != found:
            return (
                f"{name.replace('_', ' ')}: recorded {_shown(said, found)}, made again {_shown(found, said)}"
            )
    if recorded.judgements_sha256 != made.judgements_sha256:
        return "what its runs were judged to show is not what was recorded"
    return (
        "" if recorded.histories_sha256 == made.histories_sha256 else "its histories are not those recorded"
    )


def _shown(value: int | dict[str, int], other: int | dict[str, int]) -> str:
    if isinstance(value, dict) and isinstance(other, dict):
        apart = sorted(key for key in value.keys() | other.keys() if value.get(key, 0) != other.get(key, 0))
        return f"{apart[0]} {value.get(apart[0], 0)}"
    return str(value)
