"""Jobs for workers and their answers: data, one JSON line each, no pickle."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import msgspec

from shaketable.boundary import Boundary
from shaketable.certificate import Counterexample, MutantResult
from shaketable.errors import UsageError
from shaketable.explore.budget import Budget
from shaketable.explore.certify import Examined
from shaketable.explore.progress import Progress
from shaketable.explore.shrink.real_shrinker import can_be_simulated
from shaketable.history import Event, Json
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding, Judgement, Reason
from shaketable.world import World
from shaketable.world_traits import Traits, traits_of


class Loader(msgspec.Struct, frozen=True):
    """Loads a worker's subject and world by functions that are named as `package.module:function`."""

    subject: str  # (name of the subject) -> Subject
    world: str  # (subject, name of the world) -> World
    world_name: str = "sim"
    patient: str = (
        ""  # like `world`; on real servers the one in which time passes no faster than services bear
    )

    @property
    def traits(self) -> Traits:
        """The traits of the world, as far as its name tells."""
        return traits_of(self.world_name)

    def load_subject(self, name: str) -> Subject:
        """Return the subject of this name. Raises UsageError when the function cannot be imported."""
        found = resolve(self.subject)(name)
        if not isinstance(found, Subject):
            raise UsageError(f"{self.subject}({name!r}) gave {type(found).__name__}, not a Subject")
        return found

    def load_world(self, subject: Subject) -> World:
        """Return the world for `subject`. Raises UsageError when the function cannot be imported."""
        made: World = resolve(self.world)(subject, self.world_name)
        return made

    def load_rehearsal(self, subject: Subject) -> World | None:
        """Return the simulated world, for a subject that runs on real servers and can be simulated too."""
        if not self.traits.has_servers or not can_be_simulated(subject):
            return None
        made: World = resolve(self.world)(subject, "sim")
        return made

    def load_patient(self, subject: Subject) -> World | None:
        """Return the world in which what a search on real servers found must show, too; None where there is none."""
        if not self.traits.has_servers or not self.patient:
            return None
        made: World = resolve(self.patient)(subject, self.world_name)
        return made


class Certify(msgspec.Struct, frozen=True, tag="certify"):
    """Certify one subject. Answered by `Certified`."""

    subject: str
    loader: Loader
    budget: Budget
    seed: int = 0


class Hunt(msgspec.Struct, frozen=True, tag="hunt"):
    """Try to kill one mutant. Answered by `Hunted`."""

    subject: str
    loader: Loader
    runs_max: int
    seed: int = 0


class Explore(msgspec.Struct, frozen=True, tag="explore"):
    """Make generated runs until they are enough, or as many as `budget.runs`; the coordinator adds them up.

    Answered by `Opened`, then `Ran` for each run, then `Explored`. One of several workers `leads`: it calibrates first.
    """

    subject: str
    loader: Loader
    budget: Budget
    seed: int
    leads: bool


class Shorten(msgspec.Struct, frozen=True, tag="shorten"):
    """Shrink one anomaly and run the result again. Answered by `Ran` for what else shows meanwhile, then `Shortened`."""

    subject: str
    loader: Loader
    budget: Budget
    finding: Finding
    run: int
    steps_first: int
    starts: tuple[Schedule, ...]
    schedule: Schedule
    events: tuple[Event, ...]


Job = Certify | Hunt | Explore | Shorten


class Certified(msgspec.Struct, frozen=True, tag="certified"):
    """One subject's result."""

    examined: Examined


class Hunted(msgspec.Struct, frozen=True, tag="hunted"):
    """One mutant's result. `interrupted`: stopped before its budget was spent, so alive proves nothing."""

    mutant: MutantResult
    interrupted: bool = False


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The harness, an adapter or a description is wrong, or the worker died; nothing is known of the subject."""

    subject: str
    reason: str  # one line
    usage: bool = False  # what was asked for cannot be used; nothing was executed
    hangs: bool = False  # a run of it does not end
    detail: str = ""  # a traceback, or the last lines the worker wrote; of a usage error its notes


def unusable(subject: str, error: UsageError) -> Failed:
    """Return the answer to a job that cannot be used: the error and its notes as they will be shown."""
    return Failed(subject, str(error), usage=True, detail="\n".join(getattr(error, "__notes__", ())))


class Ran(msgspec.Struct, frozen=True, tag="ran"):
    """One run: generated, or else made while shrinking and of interest because it shows something."""

    subject: str
    schedule: Schedule
    events: tuple[Event, ...]
    judgements: tuple[Judgement, ...]
    reason: Reason | None
    generated: bool


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """Servers are up: what calibration says (of the worker that leads), the boundaries of a fault-free run, the time's scale.

    `broken` are the runs of calibration in which a promise was broken.
    """

    subject: str
    calibration: tuple[str, ...]
    boundaries: tuple[Boundary, ...]
    scale: float
    leads: bool
    broken: tuple[Ran, ...] = ()


class Explored(msgspec.Struct, frozen=True, tag="explored"):
    """No more runs are generated."""

    subject: str


class Shortened(msgspec.Struct, frozen=True, tag="shortened"):
    """The counterexample with the history behind it; None when shrinking was given up."""

    subject: str
    executions: int
    example: Counterexample | None
    events: tuple[Event, ...] = ()
    withdrawn: str = ""
    """Why it is no violation after all."""


class Underway(msgspec.Struct, frozen=True, tag="underway"):
    """The progress of a job."""

    progress: Progress


class SoFar(msgspec.Struct, frozen=True, tag="so-far"):
    """The result of a certification as it stands: it is known then even if no other comes."""

    examined: Examined


class Obeying(msgspec.Struct, frozen=True, tag="obeying"):
    """The worker was told to stop, its run has ended, and it makes its answer."""


Result = Certified | Hunted | Failed
Final = Result | Explored | Shortened
"""The answer that ends a job."""
Streamed = Underway | SoFar | Opened | Ran | Obeying
Answer = Final | Streamed

_JOB = msgspec.json.Decoder(Job)
_ANSWER = msgspec.json.Decoder(Answer)


def encode(message: Job | Answer) -> bytes:
    """Return the message as one line."""
    return msgspec.json.encode(message) + b"\n"


def decode_job(line: bytes) -> Job:
    """Return the job on this line."""
    job: Job = _JOB.decode(line)
    return job


def decode_answer(line: bytes) -> Answer:
    """Return the answer on this line."""
    answer: Answer = _ANSWER.decode(line)
    return answer


def resolve(path: str) -> Callable[..., Json]:
    """Return the function `package.module:function`. Raises UsageError that says what is missing."""
    module_name, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{path!r} is no package.module:function: {error}") from None
    if not callable(found):
        raise UsageError(f"{path!r} is not a function")
    return found  # type: ignore[no-any-return]
